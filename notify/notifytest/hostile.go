package notifytest

import (
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
)

// attacks are pieces that mean something to Slack, terminals or readers.
var attacks = []string{
	"<!channel>", "<!here|x>", "<@U0EVIL>", "<!subteam^S0EVIL>", "<http://evil.example|click>", "https://evil.example/x?a=b&c", "www.evil.example", "evil.example",
	"<mailto:x@evil.example|y>", "<tel:911|z>", "<!date^0^{time}^http://evil.example|x>", "*bold*", "_it_", "~strike~", "`code`", "```block```", "> quote", "&lt;!channel&gt;", "&", "<", ">", "|",
	"\u202e", "\u200b", "\u2066", "\x00", "\x1b[31m", "\r\n", "\n\n", "\u2028", "\ufeff", "\U000e0041", "\u3164", strings.Repeat("\u0301", 30), "\xff", "\ud7ff", "\ufffd",
	"javascript:alert(1)", "data:text/html,x", "=cmd()", "👩‍💻", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", strings.Repeat("A", 5000), strings.Repeat("&", 3000), strings.Repeat("€ ", 2000), " ",
}

// HostileText draws what a visitor could send in any field.
func HostileText() *rapid.Generator[string] {
	piece := rapid.OneOf(rapid.SampledFrom(attacks), rapid.StringN(0, 40, -1), rapid.SampledFrom([]string{"Grace", "Acme", "+14155550100", "grace@acme.example", ""}))
	return rapid.Map(rapid.SliceOfN(piece, 0, 6), func(p []string) string { return strings.Join(p, "") })
}

// DrawAlert draws an alert whose every text is hostile.
func DrawAlert(t *rapid.T) notify.Alert {
	text := HostileText()
	p := lead.Person{Name: text.Draw(t, "name"), Email: text.Draw(t, "email"), Phone: text.Draw(t, "phone"), Company: text.Draw(t, "company"), Title: text.Draw(t, "title")}
	touch := &lead.Touch{
		ID: lead.NewID(Received), Source: text.Draw(t, "source"), Action: lead.Action(text.Draw(t, "action")), ReceivedAt: Received, Person: p,
		Message: text.Draw(t, "message"), PageURL: text.Draw(t, "page"), Event: lead.Event{Title: text.Draw(t, "event")},
		UTM:    lead.UTM{Source: text.Draw(t, "utm"), Medium: text.Draw(t, "medium"), Campaign: text.Draw(t, "campaign")},
		Fields: rapid.MapOfN(text, text, 0, 4).Draw(t, "fields"),
	}
	l := &lead.Lead{ID: lead.NewID(Received), Person: p, Revision: rapid.Int64().Draw(t, "rev"),
		Status:  rapid.SampledFrom([]lead.Status{lead.New, lead.Claimed, lead.Contacted, lead.Closed, lead.Junk}).Draw(t, "status"),
		Verdict: lead.Verdict{Temperature: lead.Temperature(rapid.IntRange(0, 2).Draw(t, "temperature")), Score: rapid.IntRange(0, 100).Draw(t, "score"), NextStep: text.Draw(t, "next")},
	}
	if l.Status == lead.Claimed || l.Status == lead.Contacted {
		l.Claim = &lead.Claim{By: text.Draw(t, "by")}
	}
	for range rapid.IntRange(0, 8).Draw(t, "past") {
		l.Reasons = append(l.Reasons, lead.Reason{Because: text.Draw(t, "because"), Points: rapid.IntRange(-20, 90).Draw(t, "points")})
		l.History = append(l.History, lead.Past{ID: lead.NewID(Received), Action: lead.Action(text.Draw(t, "before")), At: Received})
	}
	kind := rapid.SampledFrom([]lead.AlertKind{lead.HotAlert, lead.JustTurnedHot, lead.Repeat, lead.TestAlert, lead.Escalated, lead.Copy, lead.DigestAlert}).Draw(t, "kind")
	a := notify.Alert{Kind: kind, Lead: l, Touch: touch, Note: text.Draw(t, "note")}
	name := rapid.OneOf(rapid.SampledFrom([]string{"Dana", "Boss", "emea", "us"}), text)
	if rapid.Bool().Draw(t, "assigned") {
		l.Assigned = &lead.Assigned{To: name.Draw(t, "to")}
	}
	if rapid.Bool().Draw(t, "reminds") {
		a.Reminder = &lead.Reminder{Waited: time.Hour, To: name.Draw(t, "level"), Next: name.Draw(t, "next level"), NextAt: Received.Add(30 * time.Hour), Late: time.Hour}
	}
	return a
}
