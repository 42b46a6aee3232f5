package rules

import (
	"testing"

	"github.com/leadgate/leadgate/lead"
)

// busyTouch is a sign-up with a form as long as they get.
func busyTouch(a lead.Action) *lead.Touch {
	return &lead.Touch{ID: "t1", Action: a, At: noon, Person: boss,
		Message: "We need single sign-on for 300 seats before January. Could somebody walk us through it this week?",
		Fields: map[string]string{"purchasing_time_frame": "1-3 months", "country": "US", "no_of_employees": "1-20",
			"budget": "10k", "role_in_purchase_process": "Influencer"}}
}

func BenchmarkRules_LooksHot(b *testing.B) {
	r := Default()
	for _, a := range []lead.Action{"demo_request", "newsletter_signup", "webinar_registered", "contact_form"} {
		t := busyTouch(a)
		b.Run(string(a), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.LooksHot(t, noon)
			}
		})
	}
}

func BenchmarkRules_ClassifyTouch(b *testing.B) {
	r := Default()
	plain := &lead.Touch{ID: "t1", Action: "demo_request", At: noon, Person: ann}
	b.Run("plain", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r.ClassifyTouch(plain, noon)
		}
	})
	for _, a := range []lead.Action{"demo_request", "webinar_registered", "contact_form"} {
		t := busyTouch(a)
		b.Run(string(a), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.ClassifyTouch(t, noon)
			}
		})
	}
}

func BenchmarkRules_Classify20(b *testing.B) {
	r := Default()
	actions := []lead.Action{"webinar_registered", "webinar_attended", "page_view", "ebook_download", "contact_form"}
	l := &lead.Lead{Person: boss}
	for i := range 20 {
		p := lead.PastOf(busyTouch(actions[i%len(actions)]))
		p.ID, p.At = string(rune('a'+i)), noon.AddDate(0, 0, -i)
		l.History = append(l.History, p)
	}
	b.ReportAllocs()
	for b.Loop() {
		r.Classify(l, noon)
	}
}

func BenchmarkParseRules(b *testing.B) {
	for b.Loop() {
		if _, err := Parse("rules.yaml", []byte(defaultFile)); err != nil {
			b.Fatal(err)
		}
	}
}
