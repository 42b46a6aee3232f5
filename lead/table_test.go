package lead

import (
	"strings"
	"testing"
)

// withoutFit are the default rules as if nothing were known about people, so
// that scores are those of the touches alone.
func withoutFit(t *testing.T) *Rules {
	t.Helper()
	src := "extends: default\nfit_rules:\n"
	for _, x := range DefaultRules().fit {
		src += "  - {name: " + x.name + ", off: true}\n"
	}
	return mustParse(t, src)
}

func mustParse(t *testing.T, src string) *Rules {
	t.Helper()
	r, err := ParseRules("test.yaml", []byte(src))
	if err != nil {
		t.Fatalf("ParseRules:\n%v", err)
	}
	return r
}

// class is what a table line says: hot SQL 90.
type class struct {
	temperature Temperature
	stage       Stage
	score       int
}

func classOf(v Verdict) class { return class{v.Temperature, v.Stage, v.Score} }

// TestRules_Table holds the default rules to the table that sales agreed on.
func TestRules_Table(t *testing.T) {
	table := map[class]string{
		{Hot, SQL, 95}:     "host_no_show",
		{Hot, SQL, 90}:     "demo_request quote_request contact_sales demo_booked demo_requested demo_paid",
		{Hot, SQL, 85}:     "consultation_request callback_request",
		{Hot, SQL, 80}:     "free_trial demo_rescheduled demo_rejected",
		{Hot, MQL, 75}:     "contact_form",
		{Hot, MQL, 70}:     "pricing_page",
		{Warm, SQL, 60}:    "meeting_held",
		{Warm, MQL, 45}:    "webinar_attended demo_no_show demo_cancelled form_abandoned referral",
		{Warm, MQL, 40}:    "webinar_replay_watched",
		{Warm, MQL, 35}:    "social_ad_form",
		{Warm, MQL, 30}:    "webinar_registered webinar_on_demand_registered webinar_registration_approved whitepaper_download brochure_download",
		{Warm, MQL, 25}:    "webinar_registration_pending webinar_no_show",
		{Warm, IQL, 25}:    "event_badge webinar_abandoned",
		{Warm, IQL, 20}:    "ebook_download blog_subscribe",
		{Cold, IQL, 10}:    "newsletter_signup",
		{Cold, IQL, 5}:     "page_view",
		{Cold, NoStage, 0}: "list_import webinar_cancelled webinar_registration_denied webinar_left demo_no_show_reverted support_request job_application vendor_pitch",
	}
	r, seen := withoutFit(t), 0
	for want, actions := range table {
		for a := range strings.FieldsSeq(actions) {
			seen++
			if !r.Knows(Action(a)) {
				t.Errorf("Knows(%s) = false", a)
			}
			touch := &Touch{ID: "t1", Action: Action(a), At: noon, Person: ann}
			if got := classOf(r.ClassifyTouch(touch, noon)); got != want {
				t.Errorf("ClassifyTouch(%s) = %v, want %v", a, got, want)
			}
			l := leadOf(ann, did(Action(a), 0))
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
	for _, a := range DefaultRules().Actions() {
		want := a == "support_request" || a == "job_application" || a == "vendor_pitch"
		if v := DefaultRules().Classify(leadOf(ann, did(a, 0)), noon); v.NotALead != want {
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
		touches      []Past
		want         class
	}{
		{"000", "asks for information, first contact: hot", []Past{did("contact_form", 0)}, class{Hot, MQL, 75}},
		{"003", "contacts sales: hot", []Past{did("contact_sales", 0)}, class{Hot, SQL, 90}},
		{"002", "quote request: hot", []Past{did("quote_request", 0)}, class{Hot, SQL, 90}},
		{"004", "requested a quote online: hot", []Past{did("quote_request", 0)}, class{Hot, SQL, 90}},
		{"004", "called the hotline: hot", []Past{did("callback_request", 0)}, class{Hot, SQL, 85}},
		{"002", "product demo: SQL", []Past{did("demo_request", 0)}, class{Hot, SQL, 90}},
		{"002", "spoke with a sales representative: SQL", []Past{did("meeting_held", 0)}, class{Warm, SQL, 60}},
		{"002", "several contacts with a representative: hot", []Past{did("meeting_held", 0), did("meeting_held", 3)}, class{Hot, SQL, 81}},
		{"002", "pricing page: hot", []Past{did("pricing_page", 0)}, class{Hot, MQL, 70}},
		{"003", "any site visit: warm there, cold here without more", []Past{did("page_view", 0)}, class{Cold, IQL, 5}},
		{"004", "free trial: hot", []Past{did("free_trial", 0)}, class{Hot, SQL, 80}},
		{"004", "free consultation: hot and warm there, hot here", []Past{did("consultation_request", 0)}, class{Hot, SQL, 85}},
		{"002", "white paper: MQL", []Past{did("whitepaper_download", 0)}, class{Warm, MQL, 30}},
		{"004", "white paper: hot there, never hot alone here", []Past{did("whitepaper_download", 0)}, class{Warm, MQL, 30}},
		{"000", "e-book: IQL", []Past{did("ebook_download", 0)}, class{Warm, IQL, 20}},
		{"000", "blog: IQL", []Past{did("blog_subscribe", 0)}, class{Warm, IQL, 20}},
		{"004", "e-book on the way to hot: more in 14 days heats", []Past{did("ebook_download", 2), did("webinar_attended", 1), did("whitepaper_download", 0)}, class{Warm, MQL, 67}},
		{"003", "brochure: warm", []Past{did("brochure_download", 0)}, class{Warm, MQL, 30}},
		{"002", "webinar sign-up: MQL", []Past{did("webinar_registered", 0)}, class{Warm, MQL, 30}},
		{"003", "webinar sign-ups are categorised by what they say", []Past{did("webinar_registered", 0, "purchasing_time_frame: Within a month")}, class{Hot, SQL, 80}},
		{"000", "webinar attended: MQL", []Past{did("webinar_attended", 0)}, class{Warm, MQL, 45}},
		{"004", "webinar: warm", []Past{did("webinar_attended", 0)}, class{Warm, MQL, 45}},
		{"003", "social ad form: a lead to follow up", []Past{did("social_ad_form", 0)}, class{Warm, MQL, 35}},
		{"004", "met at a networking event: warm", []Past{did("event_badge", 0)}, class{Warm, IQL, 25}},
		{"000", "connected with in the past: warm", []Past{did("event_badge", 3)}, class{Warm, IQL, 22}},
		{"002", "referral: a lead", []Past{did("referral", 0)}, class{Warm, MQL, 45}},
		{"004", "referral: warm", []Past{did("referral", 0)}, class{Warm, MQL, 45}},
		{"000", "only picked out as a potential customer: cold", []Past{did("list_import", 0)}, class{Cold, NoStage, 0}},
		{"003", "no clear interest: cold", []Past{did("newsletter_signup", 0)}, class{Cold, IQL, 10}},
		{"001", "comes back when ready: a new touch warms again", []Past{did("demo_request", 200), did("webinar_attended", 0)}, class{Warm, SQL, 45}},
	}
	for _, tt := range tests {
		t.Run(tt.article+"/"+tt.row, func(t *testing.T) {
			if got := classOf(r.Classify(leadOf(ann, tt.touches...), noon)); got != tt.want {
				t.Errorf("Classify() = %v, want %v", got, tt.want)
			}
		})
	}
	t.Run("000/an ideal customer found by marketing: SQL", func(t *testing.T) {
		v := DefaultRules().Classify(leadOf(boss, did("webinar_registered", 0)), noon)
		if v.Temperature != Warm || v.Stage != SQL {
			t.Errorf("Classify() = %v, want warm SQL", classOf(v))
		}
	})
	t.Run("004/fits the market and nothing more: cold", func(t *testing.T) {
		if got, want := classOf(DefaultRules().Classify(leadOf(boss, did("list_import", 0)), noon)), (class{}); got != want {
			t.Errorf("Classify() = %v, want %v", got, want)
		}
	})
}

func TestRules_Label(t *testing.T) {
	r := DefaultRules()
	for a, want := range map[Action]string{"demo_request": "demo request", "webinar_attended": "webinar", "quiz_finished": "quiz finished"} {
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
	r := DefaultRules()
	for _, temperature := range []Temperature{Cold, Warm, Hot} {
		for _, stage := range []Stage{NoStage, IQL, MQL, SQL} {
			if r.NextStep(Verdict{Temperature: temperature, Stage: stage}) == "" {
				t.Errorf("NextStep(%v %v) is empty", temperature, stage)
			}
		}
	}
	if got := r.NextStep(Verdict{NextStep: "Dance."}); got != "Dance." {
		t.Errorf("NextStep() = %q, want the verdict's own", got)
	}
	if got := r.NextStep(Verdict{NotALead: true}); got != "" {
		t.Errorf("NextStep(not a lead) = %q, want nothing", got)
	}
}
