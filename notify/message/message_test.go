package message

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/notifytest"
)

func TestCompose(t *testing.T) {
	without := func(f func(*lead.Person)) func(*lead.Lead, *lead.Touch) {
		return func(l *lead.Lead, t *lead.Touch) { f(&l.Person); t.Person = l.Person }
	}
	for _, tt := range []struct {
		name         string
		alert        notify.Alert
		header, text string
	}{
		{"Hot", notifytest.Grace(lead.HotAlert), "🔥 Grace Hopper, Acme Corp: demo request",
			"🔥 Grace Hopper, Acme Corp: demo request. +1 415 555 0100. Respond by 10:47."},
		{"JustTurnedHot", notifytest.Grace(lead.JustTurnedHot), "🔥 Just turned hot: Grace Hopper, Acme Corp: demo request",
			"🔥 Just turned hot: Grace Hopper, Acme Corp: demo request. +1 415 555 0100. Respond by 10:47."},
		{"Claimed", notifytest.Grace(lead.HotAlert, notifytest.Claimed), "✅ Dana has Grace Hopper, Acme Corp: demo request",
			"✅ Dana has Grace Hopper, Acme Corp: demo request. +1 415 555 0100"},
		{"Contacted", notifytest.Grace(lead.HotAlert, notifytest.Contacted), "☎️ Dana reached Grace Hopper, Acme Corp: demo request",
			"☎️ Dana reached Grace Hopper, Acme Corp: demo request. +1 415 555 0100"},
		{"WarmCopy", notifytest.Grace(lead.Copy, notifytest.Warm), "🌤️ Warm: Grace Hopper, Acme Corp: webinar attended",
			"🌤️ Warm: Grace Hopper, Acme Corp: webinar attended. +1 415 555 0100"},
		{"Repeat", notifytest.Grace(lead.Repeat, notifytest.Again), "Grace Hopper, Acme Corp: quote request, again (score 97)",
			"Grace Hopper, Acme Corp: quote request, again (score 97). +1 415 555 0100"},
		{"Test", notifytest.Grace(lead.TestAlert), "🧪 Test: Grace Hopper, Acme Corp: demo request",
			"🧪 Test: Grace Hopper, Acme Corp: demo request. +1 415 555 0100"},
		{"OnlyAnAddress", notifytest.Grace(lead.HotAlert, notifytest.Bare), "🔥 grace@gmail.com: demo request",
			"🔥 grace@gmail.com: demo request. grace@gmail.com. Respond by 10:47."},
		{"NoCompany_ItsDomain", notifytest.Grace(lead.HotAlert, without(func(p *lead.Person) { p.Company = "" })), "🔥 Grace Hopper, acme.example: demo request",
			"🔥 Grace Hopper, acme.example: demo request. +1 415 555 0100. Respond by 10:47."},
		{"NoCompany_FreeMail", notifytest.Grace(lead.HotAlert, without(func(p *lead.Person) { p.Company, p.Email = "", "grace@gmail.com" })), "🔥 Grace Hopper: demo request",
			"🔥 Grace Hopper: demo request. +1 415 555 0100. Respond by 10:47."},
		{"NoPhone_EmailFirst", notifytest.Grace(lead.HotAlert, without(func(p *lead.Person) { p.Phone = "" })), "🔥 Grace Hopper, Acme Corp: demo request",
			"🔥 Grace Hopper, Acme Corp: demo request. grace@acme.example. Respond by 10:47."},
		{"Nobody", notifytest.Grace(lead.HotAlert, without(func(p *lead.Person) { *p = lead.Person{} })), "🔥 Somebody: demo request",
			"🔥 Somebody: demo request. Respond by 10:47."},
		{"LongNames_KeepThePhone", notifytest.Grace(lead.HotAlert, without(func(p *lead.Person) { p.Name, p.Company = strings.Repeat("Grace ", 50), strings.Repeat("Acme ", 50) })),
			"🔥 " + strings.Repeat("Grace ", 9) + "Grace…, " + strings.Repeat("Acme ", 11) + "Acme…: demo request",
			"🔥 " + strings.Repeat("Grace ", 9) + "Grace…, Acme Acme Acme Acme…. +1 415 555 0100. Respond by 10:47."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := Compose(tt.alert, testStyle)
			if m.Header != tt.header {
				t.Errorf("Header = %q, want %q", m.Header, tt.header)
			}
			if m.Text != tt.text {
				t.Errorf("Text = %q, want %q", m.Text, tt.text)
			}
			if n := utf8.RuneCountInString(m.Text); n > 120 {
				t.Errorf("Text has %d characters, want at most 120", n)
			}
		})
	}
}

func TestCompose_Late(t *testing.T) {
	s := testStyle
	s.Now = notifytest.Received.Add(7 * time.Minute)
	m := Compose(notifytest.Grace(lead.HotAlert), s)
	if !m.Late || m.Delay != "delivered 7 min late" || !strings.HasSuffix(m.Text, "Late.") {
		t.Errorf("after 7 minutes Late = %v, Told = %q, Text = %q", m.Late, m.Delay, m.Text)
	}
}

func TestCompose_Zone(t *testing.T) {
	s := testStyle
	s.Zone = time.FixedZone("CET", 3600)
	s.RespondWithin = 10 * time.Minute
	if m := Compose(notifytest.Grace(lead.HotAlert), s); !strings.Contains(m.Text, "Respond by 11:52.") {
		t.Errorf("Text = %q, want the deadline 11:52 of the zone", m.Text)
	}
}

func TestCompose_LeavesLeadAndTouchAlone(t *testing.T) {
	a := notifytest.Grace(lead.HotAlert, func(l *lead.Lead, t *lead.Touch) { l.Person.Name, t.Person.Name = "", "" })
	Compose(a, testStyle)
	if a.Lead.Person.Name != "" || a.Touch.Person.Name != "" {
		t.Error("Compose changed the person")
	}
}

func TestCompose_Facts(t *testing.T) {
	m := Compose(notifytest.Grace(lead.HotAlert), testStyle)
	want := []Fact{
		{"Asked for", "demo request, Seats: 300"},
		{"Came from", "pricing-form, google / cpc / brand, www.acme.example/pricing"},
		{"Score", "92 of 100, hot, stage SQL"},
		{"Before this", "2 touches: webinar attended 14 Nov, ebook download 3 Nov"},
	}
	for i, f := range want {
		if i >= len(m.Facts) || m.Facts[i] != f {
			t.Errorf("Facts = %q, want %q", m.Facts, want)
			break
		}
	}
	if m.Why != "Why hot: asked for a demo +90, work e-mail +5, took part in a webinar -3" {
		t.Errorf("Why = %q", m.Why)
	}
	many := notifytest.Grace(lead.HotAlert, func(l *lead.Lead, _ *lead.Touch) { l.Reasons = append(l.Reasons, l.Reasons...) })
	if m := Compose(many, testStyle); !strings.HasSuffix(m.Why, ", 2 more") {
		t.Errorf("Why of six reasons = %q, want four and 2 more", m.Why)
	}
}

func TestComposeRollup(t *testing.T) {
	m := composeRollup(notifytest.Crowd(MostLeads+10), testStyle)
	if len(m.Leads) != MostLeads || m.Header != "🔥 100 hot leads at once" || utf8.RuneCountInString(m.Text) > 120 {
		t.Errorf("more alerts than fit give %d leads, Header %q, Text %q", len(m.Leads), m.Header, m.Text)
	}
	mixed := append(notifytest.Crowd(1), notifytest.Grace(lead.Copy, notifytest.Warm))
	if m := composeRollup(mixed, testStyle); m.Header != "2 leads at once" {
		t.Errorf("Header of a mixed rollup = %q", m.Header)
	}
	if m := composeRollup([]notify.Alert{notifytest.Grace(lead.DigestAlert, notifytest.Warm)}, testStyle); m.Kind != lead.DigestAlert || m.Header != "1 lead to look at" {
		t.Errorf("a digest of one is kind %q with Header %q", m.Kind, m.Header)
	}
}

// testStyle is that of messages 1.4 seconds after the lead came.
var testStyle = Style{PublicURL: "https://leads.example.com", Now: notifytest.Received.Add(1400 * time.Millisecond), People: notifytest.People}

// TestCompose_DoNotContact says first of somebody that they asked not to be
// contacted, and whether anybody may have said so.
func TestCompose_DoNotContact(t *testing.T) {
	for marks, want := range map[string]string{
		lead.MarkDoNotContact:                           "Asked not to be contacted",
		lead.MarkDoNotContact + " " + lead.MarkUnproven: "Asked not to be contacted, in a form that anybody can send",
		lead.MarkUnproven:                               "",
	} {
		a := notifytest.Grace(lead.HotAlert)
		l := *a.Lead
		l.History = []lead.Past{{ID: "1", Consent: lead.Refused, Marks: strings.Fields(marks)}}
		a.Lead = &l
		facts := Compose(a, testStyle).Facts
		got := ""
		if facts[0].Name == "Do not contact" {
			got = facts[0].Text
		}
		if got != want {
			t.Errorf("marks %s: %q, want %q", marks, got, want)
		}
	}
}
