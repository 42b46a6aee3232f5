package notify

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/leadgate/leadgate/lead"
)

// attacks are pieces that mean something to Slack, terminals or readers.
var attacks = []string{
	"<!channel>", "<!here|x>", "<@U0EVIL>", "<!subteam^S0EVIL>", "<http://evil.example|click>", "https://evil.example/x?a=b&c", "www.evil.example", "evil.example",
	"<mailto:x@evil.example|y>", "<tel:911|z>", "<!date^0^{time}^http://evil.example|x>", "*bold*", "_it_", "~strike~", "`code`", "```block```", "> quote", "&lt;!channel&gt;", "&", "<", ">", "|",
	"\u202e", "\u200b", "\u2066", "\x00", "\x1b[31m", "\r\n", "\n\n", "\u2028", "\ufeff", "\U000e0041", "\u3164", strings.Repeat("\u0301", 30), "\xff", "\ud7ff", "\ufffd",
	"javascript:alert(1)", "data:text/html,x", "=cmd()", "👩‍💻", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", strings.Repeat("A", 5000), strings.Repeat("&", 3000), strings.Repeat("€ ", 2000), " ",
}

// hostileText draws what a visitor could send in any field.
func hostileText() *rapid.Generator[string] {
	piece := rapid.OneOf(rapid.SampledFrom(attacks), rapid.StringN(0, 40, -1), rapid.SampledFrom([]string{"Grace", "Acme", "+14155550100", "grace@acme.example", ""}))
	return rapid.Map(rapid.SliceOfN(piece, 0, 6), func(p []string) string { return strings.Join(p, "") })
}

func drawAlert(t *rapid.T) Alert {
	text := hostileText()
	p := lead.Person{Name: text.Draw(t, "name"), Email: text.Draw(t, "email"), Phone: text.Draw(t, "phone"), Company: text.Draw(t, "company"), Title: text.Draw(t, "title")}
	touch := &lead.Touch{
		ID: lead.NewID(received0), Source: text.Draw(t, "source"), Action: lead.Action(text.Draw(t, "action")), ReceivedAt: received0, Person: p,
		Message: text.Draw(t, "message"), PageURL: text.Draw(t, "page"), Event: lead.Event{Title: text.Draw(t, "event")},
		UTM:    lead.UTM{Source: text.Draw(t, "utm"), Medium: text.Draw(t, "medium"), Campaign: text.Draw(t, "campaign")},
		Fields: rapid.MapOfN(text, text, 0, 4).Draw(t, "fields"),
	}
	l := &lead.Lead{ID: lead.NewID(received0), Person: p, Revision: rapid.Int64().Draw(t, "rev"),
		Status:  rapid.SampledFrom([]lead.Status{lead.New, lead.Claimed, lead.Contacted, lead.Closed, lead.Junk}).Draw(t, "status"),
		Verdict: lead.Verdict{Temperature: lead.Temperature(rapid.IntRange(0, 2).Draw(t, "temperature")), Score: rapid.IntRange(0, 100).Draw(t, "score"), NextStep: text.Draw(t, "next")},
	}
	if l.Status == lead.Claimed || l.Status == lead.Contacted {
		l.Claim = &lead.Claim{By: text.Draw(t, "by")}
	}
	for range rapid.IntRange(0, 8).Draw(t, "past") {
		l.Reasons = append(l.Reasons, lead.Reason{Because: text.Draw(t, "because"), Points: rapid.IntRange(-20, 90).Draw(t, "points")})
		l.History = append(l.History, lead.Past{ID: lead.NewID(received0), Action: lead.Action(text.Draw(t, "before")), At: received0})
	}
	kind := rapid.SampledFrom([]lead.AlertKind{lead.HotAlert, lead.JustTurnedHot, lead.Repeat, lead.TestAlert, lead.Escalated, lead.Copy, lead.DigestAlert}).Draw(t, "kind")
	a := Alert{Kind: kind, Lead: l, Touch: touch, Note: text.Draw(t, "note")}
	name := rapid.OneOf(rapid.SampledFrom([]string{"Dana", "Boss", "emea", "us"}), text)
	if rapid.Bool().Draw(t, "assigned") {
		l.Assigned = &lead.Assigned{To: name.Draw(t, "to")}
	}
	if rapid.Bool().Draw(t, "reminds") {
		a.Reminder = &Reminder{Waited: time.Hour, To: name.Draw(t, "level"), Next: name.Draw(t, "next level"), NextAt: received0.Add(30 * time.Hour), Late: time.Hour}
	}
	return a
}

// Whatever visitors send, in every kind and form: Slack takes it, and nothing in
// it is alive.
func TestSlack_AnythingIsInert(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		alerts := rapid.SliceOfN(rapid.Custom(drawAlert), 1, 3).Draw(t, "alerts")
		if rapid.IntRange(0, 9).Draw(t, "crowd") == 0 {
			for len(alerts) < MostLeads {
				alerts = append(alerts, alerts[0])
			}
		}
		style := Style{PublicURL: "https://leads.example.com", People: style0.People, Now: received0.Add(time.Duration(rapid.IntRange(0, 900).Draw(t, "after")) * time.Second)}
		m := composeAll(alerts, style)
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

// The console shows any visitor's text in a box that keeps its shape.
func TestLog_AnythingKeepsTheBox(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := box(Compose(rapid.Custom(drawAlert).Draw(t, "alert"), Style{PublicURL: "http://127.0.0.1:8080"}), false)
		for row := range strings.Lines(s) {
			row = strings.TrimSuffix(row, "\n")
			if strings.ContainsAny(row, "\x1b\r\x00\u202e") {
				t.Errorf("row %q steers the terminal", row)
			}
			if strings.HasPrefix(row, boxIndent+"│") && (columns(row) != len(boxIndent)+boxWidth+2 || !strings.HasSuffix(row, "│")) {
				t.Errorf("row %q is %d columns wide", row, columns(row))
			}
			if !strings.HasPrefix(row, boxIndent) {
				t.Errorf("row %q leaves the box", row)
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
