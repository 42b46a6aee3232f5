package lead

import "testing"

// busyTouch is a sign-up with a form as long as they get.
func busyTouch(a Action) *Touch {
	return &Touch{ID: "t1", Action: a, At: noon, Person: boss,
		Message: "We need single sign-on for 300 seats before January. Could somebody walk us through it this week?",
		Fields: map[string]string{"purchasing_time_frame": "1-3 months", "country": "US", "no_of_employees": "1-20",
			"budget": "10k", "role_in_purchase_process": "Influencer"}}
}

func BenchmarkRules_LooksHot(b *testing.B) {
	r := DefaultRules()
	for _, a := range []Action{"demo_request", "newsletter_signup", "webinar_registered", "contact_form"} {
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
	r := DefaultRules()
	plain := &Touch{ID: "t1", Action: "demo_request", At: noon, Person: ann}
	b.Run("plain", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r.ClassifyTouch(plain, noon)
		}
	})
	for _, a := range []Action{"demo_request", "webinar_registered", "contact_form"} {
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
	r := DefaultRules()
	actions := []Action{"webinar_registered", "webinar_attended", "page_view", "ebook_download", "contact_form"}
	l := &Lead{Person: boss}
	for i := range 20 {
		p := PastOf(busyTouch(actions[i%len(actions)]))
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
		if _, err := ParseRules("rules.yaml", []byte(defaultFile)); err != nil {
			b.Fatal(err)
		}
	}
}
