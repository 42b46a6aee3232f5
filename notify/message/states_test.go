package message

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/notifytest"
)

// TestComposeAll_States shows what every state of a lead says, in lines.
func TestComposeAll_States(t *testing.T) {
	var b strings.Builder
	for _, s := range notifytest.States {
		if s.Refused > 0 || !s.Buttons {
			continue
		}
		m := ComposeAll(s.Alerts, testStyle)
		fmt.Fprintf(&b, "== %s\n", s.Name)
		dump(&b, "", m)
		for i, one := range m.Leads[:min(len(m.Leads), 3)] {
			fmt.Fprintf(&b, "  %d. %s\n", i+1, one.Row())
		}
	}
	notifytest.Golden(t, "states.txt", []byte(b.String()))
}

func dump(b *strings.Builder, indent string, m Message) {
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(b, "%s%s: %s\n", indent, name, strings.ReplaceAll(value, "\n", " / "))
		}
	}
	line("header", m.Header)
	line("text", m.Text)
	line("due", m.DueLine())
	line("by", m.RespondByHour())
	line("state", m.State)
	line("for", strings.Join(append([]string{m.For.Name}, m.For.Slack...), " "))
	if m.Next.Name != "" {
		line("next", m.Next.Name+" at "+m.NextAt.Format(time.RFC3339))
	}
	line("overdue", m.Overdue)
	line("asked for", m.AskedFor())
	line("why", m.Why)
	line("summary", m.Summary())
	line("note", m.Note)
	line("more", m.More)
	line("delay", m.Delay)
	line("link", m.ClaimURL())
	for _, button := range append(m.Buttons, m.Menu...) {
		line("button", button.Label+" "+button.Action+" "+button.Value)
	}
}

func TestCompose_ErasedAndReplies(t *testing.T) {
	if m := Compose(notify.Alert{Kind: lead.Copy, Touch: &lead.Touch{ID: "t"}}, testStyle); !m.Erased || m.Header != erasedText || m.Kind != lead.HotAlert || m.ClaimURL() != "" {
		t.Errorf("the message about an erased person is %+v", m)
	}
	reply := notify.Alert{Kind: lead.ThreadReply, Lead: &lead.Lead{ID: "l"}, Touch: &lead.Touch{ID: "t"}, Note: "Dana\nhas it", Member: "U0DANA"}
	if m := Compose(reply, testStyle); m.Note != "Dana has it" || m.Member != "U0DANA" || m.LeadID != "l" {
		t.Errorf("the reply is %+v", m)
	}
	for _, member := range []string{"", "U1> <!channel", "u0dana", "B0DANA"} {
		reply.Member = member
		if m := Compose(reply, testStyle); m.Member != "" {
			t.Errorf("%q would be mentioned", member)
		}
	}
}

func TestMessage_Due(t *testing.T) {
	at := notifytest.Received
	for want, m := range map[string]Message{
		"":                                      {},
		"Dana has this lead":                    {Progress: Progress{Owner: "Dana", RespondBy: at}},
		"Respond by 10:42 UTC":                  {Progress: Progress{RespondBy: at}},
		"Late: the answer was due at 10:42 UTC": {Progress: Progress{RespondBy: at, Late: true}},
	} {
		if got := m.DueLine(); got != want {
			t.Errorf("DueLine = %q, want %q", got, want)
		}
	}
	m := Message{Received: at, Progress: Progress{RespondBy: at.AddDate(0, 0, 1)}}
	if got := m.RespondByHour(); got != "Mon 10:42" {
		t.Errorf("a deadline of another day is %q", got)
	}
}

func TestMessage_Defanged(t *testing.T) {
	evil := "see www.evil.example"
	a := notifytest.Grace(lead.HotAlert, func(l *lead.Lead, touch *lead.Touch) {
		l.Person.Name, l.Person.Company, touch.Message = "", "", evil
		l.Person.Phone = "evil.example/+1"
		touch.Fields = map[string]string{evil: evil}
		touch.Person = l.Person
	})
	whole := ComposeAll([]notify.Alert{a, a}, testStyle)
	m := whole.Defanged()
	for _, one := range append([]Message{Compose(a, testStyle).Defanged()}, m.Leads...) {
		if one.Who != "grace@acme.example" || !strings.Contains(one.Header, "grace@acme.example: ") {
			t.Errorf("the lead's own address is broken in %q, %q", one.Who, one.Header)
		}
		for _, f := range one.Facts {
			if strings.Contains(f.Text, "www.") || strings.Contains(f.Text, "evil.example") {
				t.Errorf("%s is %q", f.Name, f.Text)
			}
		}
		if one.Quote != "see www[.]evil[.]example" || one.Phone.Shown != "evil[.]example/+1" {
			t.Errorf("quote %q, phone %q", one.Quote, one.Phone.Shown)
		}
	}
	if whole.Leads[0].Quote != evil {
		t.Error("the message itself was changed")
	}
}

func TestStyle_Defaults(t *testing.T) {
	s := Style{PublicURL: "https://leads.example.com/"}.WithDefaults()
	if s.PublicURL != "https://leads.example.com" || s.Zone != time.UTC || s.Label("demo_request") != "demo request" || len(s.People().Reps) != 0 || s.RespondWithin != 5*time.Minute {
		t.Errorf("defaults = %+v", s)
	}
}

func TestExactly(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0 s", 48 * time.Second: "48 s", 2 * time.Minute: "2 min", 200 * time.Second: "3 min 20 s", 90 * time.Minute: "1 h 30 min", 50 * time.Hour: "2 days 2 h",
	} {
		if got := exactly(d); got != want {
			t.Errorf("exactly(%v) = %q, want %q", d, got, want)
		}
	}
	for d, want := range map[time.Duration]string{0: "alerted at once", 1400 * time.Millisecond: "alerted in 1.4 s", time.Hour: "delivered 1 h late"} {
		if got := delayOf(d); got != want {
			t.Errorf("delayOf(%v) = %q, want %q", d, got, want)
		}
	}
}
