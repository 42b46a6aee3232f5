package kind

import (
	"bytes"
	"testing"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify/notifytest"
)

// Teams takes messages of 28 KB.
// https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using#format-of-a-message-sent-from-a-connector
const teamsBytes = 28 << 10

// Every state of a lead has its card. What visitors wrote stands in text runs,
// which know no markup.
func TestTeams_Cards(t *testing.T) {
	for _, tt := range notifytest.States {
		if tt.Refused > 0 || !tt.Buttons || tt.Alerts[0].Kind == lead.ThreadReply { // forms that Slack alone has
			continue
		}
		t.Run(tt.Name, func(t *testing.T) {
			f := notifytest.NewServer(t, notifytest.Answer(202, "", "X-Ms-Workflow-Run-Id", "run-1"))
			alerts := tt.Alerts[:min(len(tt.Alerts), teamsMost)]
			if receipt, err := open(t, "teams", f).Send(t.Context(), alerts); err != nil || receipt != "run-1" {
				t.Fatalf("Send = %q, %v, want run-1", receipt, err)
			}
			sent := f.Got()[0].Body
			notifytest.Golden(t, "teams/"+tt.Name+".json", notifytest.Indented(t, sent))
			if len(sent) > teamsBytes {
				t.Errorf("the card has %d bytes, Teams takes %d", len(sent), teamsBytes)
			}
			if bytes.Contains(sent, []byte(`"TextBlock"`)) {
				t.Error("the card has a text block, which knows markup")
			}
		})
	}
}
