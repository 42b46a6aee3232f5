package slack

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/leadgate/leadgate/notify/message"
	"github.com/leadgate/leadgate/notify/notifytest"
)

// Whatever visitors send, in every kind and form: Slack takes it, and nothing in
// it is alive.
func TestSlack_AnythingIsInert(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		alerts := rapid.SliceOfN(rapid.Custom(notifytest.DrawAlert), 1, 3).Draw(t, "alerts")
		if rapid.IntRange(0, 9).Draw(t, "crowd") == 0 {
			for len(alerts) < message.MostLeads {
				alerts = append(alerts, alerts[0])
			}
		}
		style := message.Style{PublicURL: "https://leads.example.com", People: notifytest.People, Now: notifytest.Received.Add(time.Duration(rapid.IntRange(0, 900).Draw(t, "after")) * time.Second)}
		m := message.ComposeAll(alerts, style)
		if n := utf8.RuneCountInString(m.Text); n == 0 || n > 120 {
			t.Errorf("Text has %d characters: %q", n, m.Text)
		}
		for f := full; f <= plain; f++ {
			for how, r := range map[string]rendered{"with buttons": render(m, f, true), "without": render(m, f, false), "hook": renderHook(m, f)} {
				var raw json.RawMessage
				if len(r.blocks) > 0 {
					var err error
					if raw, err = json.Marshal(r.blocks); err != nil {
						t.Fatalf("%s %s: %v", f, how, err)
					}
				}
				for _, found := range auditMessage(r.text, raw, style.PublicURL) {
					t.Errorf("%s %s: %s", f, how, found)
				}
			}
		}
	})
}

// The checker itself must see what it is there for.
func TestAudit(t *testing.T) {
	section := func(text string, more string) string {
		b, _ := json.Marshal(text)
		return `[{"type":"section","text":{"type":"mrkdwn"` + more + `,"text":` + string(b) + `}}]`
	}
	for name, blocks := range map[string]string{
		"Channel":     section("<!channel>", `,"verbatim":true`),
		"User":        section("<@U1>", `,"verbatim":true`),
		"Link":        section("<http://evil.example|x>", `,"verbatim":true`),
		"NotVerbatim": section("http://evil.example", ""),
		"Label":       section("<https://leads.example.com/l/1|evil>", `,"verbatim":true`),
		"TooLong":     section(strings.Repeat("a", 3001), `,"verbatim":true`),
		"Empty":       section("", `,"verbatim":true`),
		"Invisible":   section("a\u202e", `,"verbatim":true`),
		"Many":        "[" + strings.Repeat(`{"type":"header","text":{"type":"plain_text","text":"a"}},`, 50) + `{"type":"header","text":{"type":"plain_text","text":"a"}}]`,
		"SameID":      `[{"type":"header","block_id":"a","text":{"type":"plain_text","text":"a"}},{"type":"header","block_id":"a","text":{"type":"plain_text","text":"a"}}]`,
		"RichLink":    `[{"type":"rich_text","elements":[{"type":"rich_text_quote","elements":[{"type":"link","url":"http://evil.example"}]}]}]`,
	} {
		if len(auditMessage("text", json.RawMessage(blocks), "https://leads.example.com")) == 0 {
			t.Errorf("%s: the audit finds nothing in %.200s", name, blocks)
		}
	}
	for _, text := range []string{"", "<!here>", "see http://evil.example", "evil.example"} {
		if len(auditMessage(text, nil, "https://leads.example.com")) == 0 {
			t.Errorf("the audit finds nothing in the plain text %q", text)
		}
	}
}
