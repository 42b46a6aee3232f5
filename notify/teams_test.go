package notify

import (
	"bytes"
	"testing"

	"github.com/leadgate/leadgate/lead"
)

// Teams takes messages of 28 KB.
// https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using#format-of-a-message-sent-from-a-connector
const teamsBytes = 28 << 10

// Every state of a lead has its card. What visitors wrote stands in text runs,
// which know no markup.
func TestTeams_Cards(t *testing.T) {
	for _, tt := range states {
		if tt.refused > 0 || !tt.buttons || tt.alerts[0].Kind == lead.Remark { // forms that Slack alone has
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t, says(202, "", "X-Ms-Workflow-Run-Id", "run-1"))
			alerts := tt.alerts[:min(len(tt.alerts), teamsMost)]
			if receipt, err := open(t, "teams", f).Send(t.Context(), alerts); err != nil || receipt != "run-1" {
				t.Fatalf("Send = %q, %v, want run-1", receipt, err)
			}
			sent := f.got()[0].Body
			golden(t, "teams/"+tt.name+".json", indented(t, sent))
			if len(sent) > teamsBytes {
				t.Errorf("the card has %d bytes, Teams takes %d", len(sent), teamsBytes)
			}
			if bytes.Contains(sent, []byte(`"TextBlock"`)) {
				t.Error("the card has a text block, which knows markup")
			}
		})
	}
}
