package lead

import (
	"testing"
	"time"
)

// TestLead_Consent is what counts of several words on being contacted.
func TestLead_Consent(t *testing.T) {
	type word struct {
		consent Consent
		proven  bool
		marks   []string
	}
	for _, c := range []struct {
		name          string
		words         []word
		want          Consent
		asked, proven bool
	}{
		{"Never", []word{{NotAsked, true, nil}}, NotAsked, false, false},
		{"Given", []word{{Given, true, nil}}, Given, false, false},
		{"GivenUnproven", []word{{Given, false, nil}}, Given, false, false},
		{"RefusedAfter", []word{{Given, true, nil}, {Refused, false, nil}}, Refused, false, false},
		{"LiftedByProven", []word{{Refused, false, []string{MarkDoNotContact}}, {Given, true, nil}}, Given, false, false},
		{"NotLiftedByUnproven", []word{{Refused, true, nil}, {Given, false, nil}, {NotAsked, true, nil}}, Refused, false, true},
		{"DoNotContact", []word{{Refused, true, []string{MarkDoNotContact}}, {Given, false, nil}}, Refused, true, true},
		{"DoNotContactUnproven", []word{{Refused, false, []string{MarkDoNotContact}}}, Refused, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var l Lead
			for i, w := range c.words {
				touch := Touch{ID: NewID(time.Unix(int64(i), 0)), At: time.Unix(int64(1_700_000_000+i), 0), Consent: w.consent, Marks: w.marks}
				touch.Prove(w.proven)
				l.Take(&touch)
			}
			if got := l.Consent(); got != c.want {
				t.Errorf("Consent = %q, want %q", got, c.want)
			}
			if asked, proven := l.DoNotContact(); asked != c.asked || asked && proven != c.proven {
				t.Errorf("DoNotContact = %v, %v, want %v, %v", asked, proven, c.asked, c.proven)
			}
		})
	}
}

// TestTouch_UnprovenTest: what anybody can call a test swallows no touch and makes
// nobody a test lead.
func TestTouch_UnprovenTest(t *testing.T) {
	for _, proven := range []bool{true, false} {
		touch := Touch{ID: "t1", Test: true, Content: "c"}
		touch.Prove(proven)
		touch.Prove(proven)
		var l Lead
		l.Take(&touch)
		if l.Test != proven || (touch.ContentKey() == "c") != proven || touch.Unproven() == proven || len(touch.Marks) > 1 {
			t.Errorf("proven %v: test lead %v, key %q, marks %v", proven, l.Test, touch.ContentKey(), touch.Marks)
		}
	}
	plain := Touch{Content: "c"}
	if plain.Prove(false); plain.Unproven() {
		t.Error("a touch without consent and test mark is marked unproven")
	}
}
