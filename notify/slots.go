package notify

import (
	"cmp"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// Slots is what the templates of an http target are filled with: the lead as it
// is, and the touch that it is told for. Unknown is empty.
type Slots struct {
	LeadID  string
	TouchID string
	Kind    string // hot_alert, just_turned_hot, copy, ...

	Email, Name, FirstName, LastName, Phone, Company, Title string // of the lead, else of the touch

	Action  string // demo_request
	Label   string // demo request
	Source  string // the source's name
	Message string // the person's own words
	PageURL string
	At      string // when it happened, RFC 3339 in UTC
	Consent string // given, refused, not_asked
	Test    bool
	Event   struct{ ID, Title, Start string }
	UTM     struct{ Source, Medium, Campaign, Term, Content string }

	ClickIDs map[string]string // {{.ClickIDs.gclid}}
	Fields   map[string]string // everything else that was sent: {{index .Fields "Team size"}}

	Temperature string // cold, warm, hot
	Stage       string // IQL, MQL, SQL
	Score       int    // 0..100
	Why         string // the rules that counted, in words
	NextStep    string
	Owner       string // who claimed the lead
	URL         string // of the lead in the inbox

	Receipt string            // what the target called this lead before; empty: it does not know it
	Got     map[string]string // what the calls before this one kept, by their names
}

func slotsOf(a Alert, s Style) Slots {
	s = s.defaults()
	l, t := a.Lead, a.Touch
	p := l.Person
	m := Compose(a, s)
	out := Slots{LeadID: l.ID, TouchID: t.ID, Kind: string(a.Kind),
		Email: cmp.Or(p.Email, t.Person.Email), FirstName: cmp.Or(p.FirstName, t.Person.FirstName), LastName: cmp.Or(p.LastName, t.Person.LastName),
		Phone: cmp.Or(p.Phone, t.Person.Phone), Company: cmp.Or(p.Company, t.Person.Company), Title: cmp.Or(p.Title, t.Person.Title), Name: person(l, t).Name,
		Action: string(t.Action), Label: s.Label(t.Action), Source: t.Source, Message: t.Message, PageURL: t.PageURL, At: t.At.UTC().Format(time.RFC3339),
		Consent: string(cmp.Or(t.Consent, lead.NotAsked)), Test: t.Test, ClickIDs: t.ClickIDs, Fields: t.Fields,
		Temperature: l.Temperature.String(), Score: l.Score, Why: m.Why, NextStep: l.NextStep, Owner: m.Owner, URL: m.URL,
		Receipt: a.Receipt, Got: map[string]string{}}
	out.Event.ID, out.Event.Title, out.Event.Start = t.Event.ID, t.Event.Title, t.Event.Start
	out.UTM.Source, out.UTM.Medium, out.UTM.Campaign, out.UTM.Term, out.UTM.Content = t.UTM.Source, t.UTM.Medium, t.UTM.Campaign, t.UTM.Term, t.UTM.Content
	if l.Stage != lead.NoStage {
		out.Stage = l.Stage.String()
	}
	if hasNoID(out.Receipt) {
		out.Receipt = ""
	}
	return out
}

// samples are what templates are tried with before anybody counts on them:
// everything known, with characters that break out of careless ones, and next
// to nothing.
func samples() []Slots {
	full := slotsOf(Alert{Kind: lead.HotAlert, Receipt: "0031",
		Lead: &lead.Lead{ID: "01HXSAMPLE0000000000000001", Person: lead.Person{Email: "ada+x@example.com", Name: "Ada \"Countess\" O'Neil & Co", FirstName: "Ada",
			LastName: "O'Neil \"Countess\" & Co", Phone: "+14155550100", Company: "Brandt \\ {{.}} <GmbH>, 100 %", Title: "VP\nSales"},
			Verdict: lead.Verdict{Temperature: lead.Hot, Stage: lead.SQL, Score: 90, NextStep: "Call now"}},
		Touch: &lead.Touch{ID: "01HXSAMPLE0000000000000001", Action: "demo_request", Source: "contact", Message: "Hello,\n\"quotes\" & \\ back\tslashes: {\"a\": 1}, 50 %",
			PageURL: "https://www.example.com/?a=b&c=d", Fields: map[string]string{"Seats": "3\"00"}, ClickIDs: map[string]string{"gclid": "x&y"}},
	}, Style{PublicURL: "https://leads.example.com"})
	bare := slotsOf(Alert{Kind: lead.Copy, Lead: &lead.Lead{ID: "01HXSAMPLE0000000000000002"}, Touch: &lead.Touch{ID: "01HXSAMPLE0000000000000002", Person: lead.Person{Email: "ada@example.com"}}}, Style{})
	return []Slots{full, bare}
}
