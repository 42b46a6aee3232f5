package rules

import (
	"strings"
	"testing"

	"github.com/leadgate/leadgate/lead"
)

// withoutFit are the default rules as if nothing were known about people, so
// that scores are those of the touches alone.
func withoutFit(t *testing.T) *Set {
	t.Helper()
	src := "extends: default\nfit_rules:\n"
	for _, x := range Default().fit {
		src += "  - {name: " + x.name + ", off: true}\n"
	}
	return mustParse(t, src)
}

func mustParse(t *testing.T, src string) *Set {
	t.Helper()
	r, err := Parse("test.yaml", []byte(src))
	if err != nil {
		t.Fatalf("ParseRules:\n%v", err)
	}
	return r
}

// class is what a table line text: hot SQL 90.
type class struct {
	temperature lead.Temperature
	stage       lead.Stage
	score       int
}

func classOf(v lead.Verdict) class { return class{v.Temperature, v.Stage, v.Score} }

// TestRules_Table holds the default rules to the table that sales agreed on.
func TestRules_Table(t *testing.T) {
	table := map[class]string{
		{lead.Hot, lead.SQL, 95}:     "host_no_show",
		{lead.Hot, lead.SQL, 90}:     "demo_request quote_request contact_sales demo_booked demo_requested demo_paid",
		{lead.Hot, lead.SQL, 85}:     "consultation_request callback_request",
		{lead.Hot, lead.SQL, 80}:     "free_trial demo_rescheduled demo_rejected",
		{lead.Hot, lead.MQL, 75}:     "contact_form",
		{lead.Hot, lead.MQL, 70}:     "pricing_page",
		{lead.Warm, lead.SQL, 60}:    "meeting_held",
		{lead.Warm, lead.MQL, 45}:    "webinar_attended demo_no_show demo_cancelled form_abandoned referral",
		{lead.Warm, lead.MQL, 40}:    "webinar_replay_watched",
		{lead.Warm, lead.MQL, 35}:    "social_ad_form",
		{lead.Warm, lead.MQL, 30}:    "webinar_registered webinar_on_demand_registered webinar_registration_approved whitepaper_download brochure_download",
		{lead.Warm, lead.MQL, 25}:    "webinar_registration_pending webinar_no_show",
		{lead.Warm, lead.IQL, 25}:    "event_badge webinar_abandoned",
		{lead.Warm, lead.IQL, 20}:    "ebook_download blog_subscribe",
		{lead.Cold, lead.IQL, 10}:    "newsletter_signup",
		{lead.Cold, lead.IQL, 5}:     "page_view",
		{lead.Cold, lead.NoStage, 0}: "list_import webinar_cancelled webinar_registration_denied webinar_left demo_no_show_reverted support_request job_application vendor_pitch",
	}
	r, seen := withoutFit(t), 0
	for want, actions := range table {
		for a := range strings.FieldsSeq(actions) {
			seen++
			if !r.Knows(lead.Action(a)) {
				t.Errorf("Knows(%s) = false", a)
			}
			touch := &lead.Touch{ID: "t1", Action: lead.Action(a), At: noon, Person: ann}
			if got := classOf(r.ClassifyTouch(touch, noon)); got != want {
				t.Errorf("ClassifyTouch(%s) = %v, want %v", a, got, want)
			}
			l := leadOf(ann, did(lead.Action(a), 0))
			if got := classOf(r.Classify(l, noon)); got != want {
				t.Errorf("Classify(%s) = %v, want %v", a, got, want)
			}
		}
	}
	if len(r.Actions()) != seen {
		t.Errorf("the rules know %d actions, the table of this test has %d", len(r.Actions()), seen)
	}
}

func TestRules_Table_NotALead(t *testing.T) {
	for _, a := range Default().Actions() {
		want := a == "support_request" || a == "job_application" || a == "vendor_pitch"
		if v := Default().Classify(leadOf(ann, did(a, 0)), noon); v.NotALead != want {
			t.Errorf("Classify(%s).NotALead = %v, want %v", a, v.NotALead, want)
		}
	}
}

// TestRules_Articles takes the articles on sales leads that the defaults were
// distilled from, one row each: what the article names, and what we made of it
// where the articles disagree.
func TestRules_Articles(t *testing.T) {
	r := withoutFit(t)
	tests := []struct {
		article, row string
		touches      []lead.Past
		want         class
	}{
		{"000", "asks for information, first contact: hot", []lead.Past{did("contact_form", 0)}, class{lead.Hot, lead.MQL, 75}},
		{"003", "contacts sales: hot", []lead.Past{did("contact_sales", 0)}, class{lead.Hot, lead.SQL, 90}},
		{"002", "quote request: hot", []lead.Past{did("quote_request", 0)}, class{lead.Hot, lead.SQL, 90}},
		{"004", "requested a quote online: hot", []lead.Past{did("quote_request", 0)}, class{lead.Hot, lead.SQL, 90}},
		{"004", "called the hotline: hot", []lead.Past{did("callback_request", 0)}, class{lead.Hot, lead.SQL, 85}},
		{"002", "product demo: SQL", []lead.Past{did("demo_request", 0)}, class{lead.Hot, lead.SQL, 90}},
		{"002", "spoke with a sales representative: SQL", []lead.Past{did("meeting_held", 0)}, class{lead.Warm, lead.SQL, 60}},
		{"002", "several contacts with a representative: hot", []lead.Past{did("meeting_held", 0), did("meeting_held", 3)}, class{lead.Hot, lead.SQL, 81}},
		{"002", "pricing page: hot", []lead.Past{did("pricing_page", 0)}, class{lead.Hot, lead.MQL, 70}},
		{"003", "any site visit: warm there, cold here without more", []lead.Past{did("page_view", 0)}, class{lead.Cold, lead.IQL, 5}},
		{"004", "free trial: hot", []lead.Past{did("free_trial", 0)}, class{lead.Hot, lead.SQL, 80}},
		{"004", "free consultation: hot and warm there, hot here", []lead.Past{did("consultation_request", 0)}, class{lead.Hot, lead.SQL, 85}},
		{"002", "white paper: MQL", []lead.Past{did("whitepaper_download", 0)}, class{lead.Warm, lead.MQL, 30}},
		{"004", "white paper: hot there, never hot alone here", []lead.Past{did("whitepaper_download", 0)}, class{lead.Warm, lead.MQL, 30}},
		{"000", "e-book: IQL", []lead.Past{did("ebook_download", 0)}, class{lead.Warm, lead.IQL, 20}},
		{"000", "blog: IQL", []lead.Past{did("blog_subscribe", 0)}, class{lead.Warm, lead.IQL, 20}},
		{"004", "e-book on the way to hot: more in 14 days heats", []lead.Past{did("ebook_download", 2), did("webinar_attended", 1), did("whitepaper_download", 0)}, class{lead.Warm, lead.MQL, 67}},
		{"003", "brochure: warm", []lead.Past{did("brochure_download", 0)}, class{lead.Warm, lead.MQL, 30}},
		{"002", "webinar sign-up: MQL", []lead.Past{did("webinar_registered", 0)}, class{lead.Warm, lead.MQL, 30}},
		{"003", "webinar sign-ups are categorised by what they say", []lead.Past{did("webinar_registered", 0, "purchasing_time_frame: Within a month")}, class{lead.Hot, lead.SQL, 80}},
		{"000", "webinar attended: MQL", []lead.Past{did("webinar_attended", 0)}, class{lead.Warm, lead.MQL, 45}},
		{"004", "webinar: warm", []lead.Past{did("webinar_attended", 0)}, class{lead.Warm, lead.MQL, 45}},
		{"003", "social ad form: a lead to follow up", []lead.Past{did("social_ad_form", 0)}, class{lead.Warm, lead.MQL, 35}},
		{"004", "met at a networking event: warm", []lead.Past{did("event_badge", 0)}, class{lead.Warm, lead.IQL, 25}},
		{"000", "connected with in the past: warm", []lead.Past{did("event_badge", 3)}, class{lead.Warm, lead.IQL, 22}},
		{"002", "referral: a lead", []lead.Past{did("referral", 0)}, class{lead.Warm, lead.MQL, 45}},
		{"004", "referral: warm", []lead.Past{did("referral", 0)}, class{lead.Warm, lead.MQL, 45}},
		{"000", "only picked out as a potential customer: cold", []lead.Past{did("list_import", 0)}, class{lead.Cold, lead.NoStage, 0}},
		{"003", "no clear interest: cold", []lead.Past{did("newsletter_signup", 0)}, class{lead.Cold, lead.IQL, 10}},
		{"001", "comes back when ready: a new touch warms again", []lead.Past{did("demo_request", 200), did("webinar_attended", 0)}, class{lead.Warm, lead.SQL, 45}},
	}
	for _, tt := range tests {
		t.Run(tt.article+"/"+tt.row, func(t *testing.T) {
			if got := classOf(r.Classify(leadOf(ann, tt.touches...), noon)); got != tt.want {
				t.Errorf("Classify() = %v, want %v", got, tt.want)
			}
		})
	}
	t.Run("000/an ideal customer found by marketing: SQL", func(t *testing.T) {
		v := Default().Classify(leadOf(boss, did("webinar_registered", 0)), noon)
		if v.Temperature != lead.Warm || v.Stage != lead.SQL {
			t.Errorf("Classify() = %v, want warm SQL", classOf(v))
		}
	})
	t.Run("004/fits the market and nothing more: cold", func(t *testing.T) {
		if got, want := classOf(Default().Classify(leadOf(boss, did("list_import", 0)), noon)), (class{}); got != want {
			t.Errorf("Classify() = %v, want %v", got, want)
		}
	})
}

func TestRules_Label(t *testing.T) {
	r := Default()
	for a, want := range map[lead.Action]string{"demo_request": "demo request", "webinar_attended": "webinar", "quiz_finished": "quiz finished"} {
		if got := r.Label(a); got != want {
			t.Errorf("Label(%s) = %q, want %q", a, got, want)
		}
	}
	for _, a := range r.Actions() {
		if r.Label(a) == "" {
			t.Errorf("Label(%s) is empty", a)
		}
	}
}

func TestRules_NextStep(t *testing.T) {
	r := Default()
	for _, temperature := range []lead.Temperature{lead.Cold, lead.Warm, lead.Hot} {
		for _, stage := range []lead.Stage{lead.NoStage, lead.IQL, lead.MQL, lead.SQL} {
			if r.NextStep(lead.Verdict{Temperature: temperature, Stage: stage}) == "" {
				t.Errorf("NextStep(%v %v) is empty", temperature, stage)
			}
		}
	}
	if got := r.NextStep(lead.Verdict{NextStep: "Dance."}); got != "Dance." {
		t.Errorf("NextStep() = %q, want the verdict's own", got)
	}
	if got := r.NextStep(lead.Verdict{NotALead: true}); got != "" {
		t.Errorf("NextStep(not a lead) = %q, want nothing", got)
	}
}
