package rules

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/leadgate/leadgate/lead"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// did is one touch so many days before noon; more says what else it told, as
// key: value. Keys are event, page, message, source and test; others are fields.
func did(a lead.Action, daysAgo float64, more ...string) lead.Past {
	p := lead.Past{Action: a, At: noon.Add(-time.Duration(daysAgo * float64(day))), Source: "website"}
	for _, m := range more {
		key, value, _ := strings.Cut(m, ": ")
		switch key {
		case "event":
			p.Event = value
		case "page":
			p.PageURL = value
		case "message":
			p.Message = value
		case "source":
			p.Source = value
		case "test":
			p.Test = true
		default:
			if p.Fields == nil {
				p.Fields = map[string]string{}
			}
			p.Fields[key] = value
		}
	}
	return p
}

// leadOf is somebody who did all that.
func leadOf(p lead.Person, history ...lead.Past) *lead.Lead {
	for i := range history {
		if history[i].ID == "" {
			history[i].ID = fmt.Sprintf("t%02d", i+1)
		}
	}
	return &lead.Lead{Person: p, History: history}
}

var (
	nobody = lead.Person{}
	ann    = lead.Person{Email: "ann@acme.example"}
	boss   = lead.Person{Email: "kim@acme.example", Company: "Acme", Phone: "+14155550100", Title: "VP Engineering"}
	hobby  = lead.Person{Email: "sam@gmail.com"}
	burner = lead.Person{Email: "x1@mailinator.com"}
)

// histories are what people do, by chapter. The golden file shows the verdicts.
var histories = []struct {
	chapter string
	cases   []history
}{
	{"Heating: what adds up", []history{
		{"a webinar, attended after signing up", ann, []lead.Past{did("webinar_registered", 7, "event: Scale intake"), did("webinar_attended", 0.1, "event: Scale intake")}},
		{"two downloads", ann, []lead.Past{did("ebook_download", 3), did("whitepaper_download", 0.5)}},
		{"a third touch within 14 days makes hot", ann, []lead.Past{did("webinar_registered", 0.9, "event: A"), did("webinar_attended", 0.5, "event: A"), did("whitepaper_download", 0.1)}},
		{"the same three touches spread over two months do not", ann, []lead.Past{did("webinar_registered", 61, "event: A"), did("webinar_attended", 60, "event: A"), did("whitepaper_download", 0.1)}},
		{"a demo request after two months of reading", ann, []lead.Past{did("ebook_download", 60), did("blog_subscribe", 50), did("newsletter_signup", 40), did("demo_request", 0)}},
		{"many page views stay cold", ann, []lead.Past{did("page_view", 0.1, "page: https://acme.example/a"), did("page_view", 0.1, "page: https://acme.example/b"), did("page_view", 0.2, "page: https://acme.example/c")}},
		{"a pricing page on top of a webinar", ann, []lead.Past{did("webinar_attended", 2), did("pricing_page", 0)}},
		{"the score ends at 100", boss, []lead.Past{did("demo_request", 0), did("quote_request", 0), did("callback_request", 0)}},
	}},
	{"The same thing twice counts once", []history{
		{"a vendor reports one registration twice, a day apart", ann, []lead.Past{did("webinar_registered", 2, "event: A"), did("webinar_registered", 1, "event: A")}},
		{"pending, then approved", ann, []lead.Past{did("webinar_registration_pending", 2, "event: A"), did("webinar_registration_approved", 1, "event: A")}},
		{"two different webinars are two things", ann, []lead.Past{did("webinar_registered", 0.5, "event: A"), did("webinar_registered", 0.5, "event: B")}},
		{"a contact form sent again to correct a typo", ann, []lead.Past{did("contact_form", 0.2, "page: https://acme.example/contact"), did("contact_form", 0.1, "page: https://acme.example/contact")}},
		{"a contact form sent again three days later", ann, []lead.Past{did("contact_form", 3, "page: https://acme.example/contact"), did("contact_form", 0.1, "page: https://acme.example/contact")}},
		{"a demo requested, booked and moved is one demo", ann, []lead.Past{did("demo_requested", 0.3), did("demo_booked", 0.2), did("demo_rescheduled", 0.1)}},
	}},
	{"Cooling: only time makes colder", []history{
		{"a demo request, just now", ann, []lead.Past{did("demo_request", 0)}},
		{"... after 23 hours", ann, []lead.Past{did("demo_request", 23.0/24)}},
		{"... after 5 days", ann, []lead.Past{did("demo_request", 5)}},
		{"... after 6 days", ann, []lead.Past{did("demo_request", 6)}},
		{"... after 14 days", ann, []lead.Past{did("demo_request", 14)}},
		{"... after 28 days", ann, []lead.Past{did("demo_request", 28)}},
		{"... after 42 days", ann, []lead.Past{did("demo_request", 42)}},
		{"... after a year", ann, []lead.Past{did("demo_request", 365)}},
		{"a pricing page after a day", ann, []lead.Past{did("pricing_page", 1)}},
		{"an e-book after a day", ann, []lead.Past{did("ebook_download", 1)}},
		{"a demo two weeks ago, a newsletter today", ann, []lead.Past{did("demo_request", 15), did("newsletter_signup", 0)}},
	}},
	{"Touches that disagree", []history{
		{"a booked demo that was cancelled stays hot", ann, []lead.Past{did("demo_booked", 1), did("demo_cancelled", 0.1)}},
		{"a webinar that was cancelled stays what the sign-up was", ann, []lead.Past{did("webinar_registered", 1, "event: A"), did("webinar_cancelled", 0.1, "event: A")}},
		{"a no-show after a booked demo", ann, []lead.Past{did("demo_booked", 9), did("demo_no_show", 0.1)}},
		{"a no-show that was none", ann, []lead.Past{did("demo_no_show", 0.2), did("demo_no_show_reverted", 0.1)}},
		{"we missed the meeting", ann, []lead.Past{did("demo_booked", 4), did("host_no_show", 0)}},
		{"a customer's support request beside a demo request", ann, []lead.Past{did("demo_request", 0.1), did("support_request", 0)}},
		{"a support request and an imported list", ann, []lead.Past{did("list_import", 90), did("support_request", 0)}},
		{"support requests only", ann, []lead.Past{did("support_request", 3), did("support_request", 0)}},
		{"an unknown action", ann, []lead.Past{did("quiz_finished", 0)}},
		{"many unknown actions are not hot", ann, []lead.Past{did("quiz_finished", 0), did("poll_answered", 0), did("game_won", 0), did("chat_opened", 0), did("bot_asked", 0), did("form_seen", 0)}},
		{"an unknown action beside a webinar", ann, []lead.Past{did("quiz_finished", 0), did("webinar_attended", 0)}},
		{"a test beside a real touch", ann, []lead.Past{did("demo_request", 0, "test: yes"), did("ebook_download", 0)}},
		{"nothing but a test", ann, []lead.Past{did("demo_request", 0, "test: yes")}},
		{"no touch at all", ann, nil},
	}},
	{"Answers that make a listener a buyer", []history{
		{"signs up, wants to buy in 1-3 months", ann, []lead.Past{did("webinar_registered", 0, "purchasing_time_frame: 1-3 months")}},
		{"signs up, 4-6 months", ann, []lead.Past{did("webinar_registered", 0, "purchasing_time_frame: 4-6 months")}},
		{"signs up, no time frame", ann, []lead.Past{did("webinar_registered", 0, "purchasing_time_frame: No timeframe")}},
		{"signs up, would like a demo", ann, []lead.Past{did("webinar_registered", 0, "Would you like a demo?: Yes, please")}},
		{"signs up, would not", ann, []lead.Past{did("webinar_registered", 0, "Would you like a demo?: Not now")}},
		{"signs up, agrees to e-mails only", ann, []lead.Past{did("webinar_registered", 0, "May we contact you by e-mail about news?: Yes")}},
		{"signs up and asks a question", ann, []lead.Past{did("webinar_registered", 0, "message: Does it work with our CRM?")}},
		{"signs up and asks for the recording", ann, []lead.Past{did("webinar_registered", 0, "message: Will there be a recording?")}},
		{"signs up and looks forward", ann, []lead.Past{did("webinar_registered", 0, "message: Looking forward to the webinar")}},
		{"first 4-6 months, a week later within a month", ann, []lead.Past{did("webinar_registered", 7, "event: A", "purchasing_time_frame: 4-6 months"), did("webinar_registered", 0, "event: A", "purchasing_time_frame: Within a month")}},
		{"an ad's form asks for a call", ann, []lead.Past{did("social_ad_form", 0, "Should we call you?: yes")}},
	}},
	{"Contact forms that are not about buying", []history{
		{"topic support", ann, []lead.Past{did("contact_form", 0, "Topic: Support", "message: It does not start")}},
		{"topic support, asks for prices", ann, []lead.Past{did("contact_form", 0, "Topic: Support", "message: How much is the enterprise plan?")}},
		{"topic sales", ann, []lead.Past{did("contact_form", 0, "Topic: Sales")}},
		{"topic IT support, which may be what we sell", ann, []lead.Past{did("contact_form", 0, "Topic: IT support for 40 people")}},
		{"forgot the password", ann, []lead.Past{did("contact_form", 0, "message: I forgot my password, please help")}},
		{"applies for a job", ann, []lead.Past{did("contact_form", 0, "message: Hiermit bewerbe mich auf Ihre Stelle als Koch")}},
		{"sells search engine tricks", hobby, []lead.Past{did("contact_form", 0, "message: We can get your site to the first page of Google!")}},
		{"support yesterday, sales today", ann, []lead.Past{did("contact_form", 1, "Betreff: Kundendienst"), did("contact_form", 0, "Betreff: Angebot")}},
	}},
	{"Fit: who it is", []history{
		{"a demo request by a boss", boss, []lead.Past{did("demo_request", 0)}},
		{"by somebody with a free mailbox", hobby, []lead.Past{did("demo_request", 0)}},
		{"by a throw-away address, still hot", burner, []lead.Past{did("demo_request", 0)}},
		{"a webinar by a boss: warm, but sales qualified", boss, []lead.Past{did("webinar_registered", 0)}},
		{"a newsletter by a boss: fit alone warms nobody", boss, []lead.Past{did("newsletter_signup", 0)}},
		{"a page view by a boss", boss, []lead.Past{did("page_view", 0)}},
		{"a meeting with a boss stays below hot", boss, []lead.Past{did("meeting_held", 0)}},
		{"an assistant is not the boss", lead.Person{Email: "jo@acme.example", Title: "Assistant to the CEO"}, []lead.Past{did("webinar_registered", 0)}},
		{"a list of bosses is a list", boss, []lead.Past{did("list_import", 0)}},
		{"an e-book for a throw-away address", burner, []lead.Past{did("ebook_download", 0)}},
		{"a pricing page, seen by nobody we know", nobody, []lead.Past{did("pricing_page", 0)}},
		{"a pricing page, seen by somebody who left a phone number", lead.Person{Phone: "+14155550100"}, []lead.Past{did("pricing_page", 0)}},
	}},
	{"Late arrivals: time is the sender's, not ours", []history{
		{"the registration arrives after the attendance", ann, []lead.Past{did("webinar_attended", 0.1, "event: A"), did("webinar_registered", 7, "event: A")}},
		{"a demo request that was stuck for three weeks", ann, []lead.Past{did("newsletter_signup", 1), did("demo_request", 21)}},
		{"a sender's clock that is an hour ahead", ann, []lead.Past{did("demo_request", -1.0/24)}},
	}},
}

type history struct {
	title   string
	person  lead.Person
	touches []lead.Past
}

func TestRules_Verdicts(t *testing.T) {
	r := Default()
	var b strings.Builder
	b.WriteString("# What the default rules say. Rewritten by: go test ./lead -run Verdicts -update\n\n")
	b.WriteString("## Every action, by somebody with a work e-mail, just now\n\n")
	actions := r.Actions()
	slices.SortStableFunc(actions, func(x, y lead.Action) int { return r.known[y].score - r.known[x].score })
	for _, a := range actions {
		writeVerdict(&b, string(a), r.Classify(leadOf(ann, did(a, 0)), noon))
	}
	for _, c := range histories {
		fmt.Fprintf(&b, "\n## %s\n\n", c.chapter)
		for _, h := range c.cases {
			writeVerdict(&b, h.title, r.Classify(leadOf(h.person, h.touches...), noon))
		}
	}
	golden(t, "verdicts.golden", b.String())
}

func writeVerdict(b *strings.Builder, title string, v lead.Verdict) {
	class := strings.TrimSpace(v.Temperature.String() + " " + v.Stage.String())
	if v.NotALead {
		class = "not a lead"
	}
	if v.Unclassified {
		class += ", unclassified"
	}
	fmt.Fprintf(b, "%s\n    %s %d", title, class, v.Score)
	for i, x := range v.Reasons {
		sep := ","
		if i == 0 {
			sep = ":"
		}
		fmt.Fprintf(b, "%s %s %+d", sep, x.Because, x.Points)
	}
	b.WriteByte('\n')
	if v.NextStep != "" {
		fmt.Fprintf(b, "    -> %s\n", v.NextStep)
	}
}

// golden compares got with a file in testdata, or rewrites the file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}
