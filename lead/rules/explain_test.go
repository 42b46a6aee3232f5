package rules

import (
	"slices"
	"strings"
	"testing"

	"github.com/leadgate/leadgate/lead"
	"pgregory.net/rapid"
)

// lineOf returns the line of a rule, about a touch if one is named.
func lineOf(t *testing.T, lines []lead.Line, rule, touchID string) lead.Line {
	t.Helper()
	i := slices.IndexFunc(lines, func(x lead.Line) bool { return x.Rule == rule && (touchID == "" || x.TouchID == touchID) })
	if i < 0 {
		t.Fatalf("no line of %s %s in %+v", rule, touchID, lines)
	}
	return lines[i]
}

func TestRules_Explain(t *testing.T) {
	tests := []struct {
		name    string
		person  lead.Person
		touches []lead.Past
		rule    string
		touchID string
		counted bool
		points  int
		near    bool
		missed  string
	}{
		{"Leading", ann, []lead.Past{did("demo_request", 0)}, "demo_request", "t01", true, 90, false, ""},
		{"Further", ann, []lead.Past{did("demo_request", 14), did("ebook_download", 0)}, "ebook_download", "t02", true, 8, false, ""},
		{"Fit", ann, []lead.Past{did("ebook_download", 0)}, "work_email", "", true, 5, false, ""},
		{"Raised", ann, []lead.Past{did("webinar_registered", 0, "purchasing_time_frame: 1-3 months")}, "buys_soon", "t01", true, 50, false, ""},
		{"NearlySoon", ann, []lead.Past{did("webinar_registered", 0, "purchasing_time_frame: 4-6 months")}, "buys_soon", "t01", false, 0, true, "is a time within 90 days"},
		{"NobodyAsked", ann, []lead.Past{did("webinar_registered", 0)}, "buys_soon", "t01", false, 0, false, "is a time within 90 days"},
		{"OtherTouches", ann, []lead.Past{did("page_view", 0)}, "wants_contact", "", false, 0, false, "no touch that it looks at"},
		{"NearlyThird", ann, []lead.Past{did("ebook_download", 1), did("whitepaper_download", 0)}, "third_touch", "", false, 0, true, "at least 3 different touches"},
		{"NotNearlyThird", ann, []lead.Past{did("ebook_download", 1)}, "third_touch", "", false, 0, false, "at least 3 different touches"},
		{"StoppedByUnless", ann, []lead.Past{did("contact_form", 0, "Topic: Support", "message: how much is it")}, "support_topic", "t01", false, 0, true, "but the message says"},
		{"TooOld", ann, []lead.Past{did("ebook_download", 20), did("demo_request", 0)}, "ebook_download", "t01", false, 0, false, "older than 14 days"},
		{"SameAgain", ann, []lead.Past{did("demo_requested", 0.2), did("demo_rescheduled", 0.1)}, "demo_rescheduled", "t02", false, 0, false, "the same is counted already"},
		{"AddsNothing", ann, []lead.Past{did("demo_booked", 1), did("webinar_left", 0)}, "webinar_left", "t02", false, 0, false, "adds nothing"},
		{"SupportBesideDemo", ann, []lead.Past{did("demo_booked", 1), did("support_request", 0)}, "support_request", "t02", false, 0, false, "not a lead's touch"},
		{"UnknownBesideKnown", ann, []lead.Past{did("demo_booked", 1), did("quiz_finished", 0)}, "unknown", "t02", false, 0, false, "no rule knows the action"},
		{"WornOut", ann, []lead.Past{did("demo_booked", 0), did("page_view", 13, "page: /a")}, "page_view", "t02", true, 1, false, ""},
		{"FitWithoutInterest", boss, []lead.Past{did("list_import", 0)}, "work_email", "", false, 0, false, "without interest"},
		{"NotALead", ann, []lead.Past{did("support_request", 0)}, "support_request", "", true, 0, false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := lineOf(t, Default().Explain(leadOf(tt.person, tt.touches...), noon), tt.rule, tt.touchID)
			if got.Counted != tt.counted || got.Points != tt.points || got.Near != tt.near {
				t.Errorf("line = %+v, want counted %v, points %d, near %v", got, tt.counted, tt.points, tt.near)
			}
			if missed := strings.Join(got.Missed, "; "); (missed == "") != tt.counted || !strings.Contains(missed, tt.missed) {
				t.Errorf("missed = %q, want %q", missed, tt.missed)
			}
		})
	}
}

// TestRules_Explain_Whole makes sure that an explanation leaves nothing out and
// agrees with the verdict.
func TestRules_Explain_Whole(t *testing.T) {
	r := Default()
	rapid.Check(t, func(t *rapid.T) {
		l := anyLead(r).Draw(t, "lead")
		v, lines := r.Classify(l, noon), r.Explain(l, noon)
		sum, nearOver, uncounted := 0, false, false
		for i, x := range lines {
			sum += x.Points
			if x.Counted != (i < len(v.Reasons)) {
				t.Fatalf("line %d: counted = %v, the verdict has %d reasons", i, x.Counted, len(v.Reasons))
			}
			if x.Counted {
				continue
			}
			uncounted = uncounted || !x.Near
			nearOver = nearOver || x.Near && uncounted
			if len(x.Missed) == 0 || x.Points != 0 || x.Rule == "" || x.Because == "" {
				t.Fatalf("line without what it missed: %+v", x)
			}
		}
		if sum != v.Score {
			t.Fatalf("the lines add up to %d, the score is %d", sum, v.Score)
		}
		if nearOver {
			t.Fatal("a rule that nearly fired stands below one that did not")
		}
		for _, name := range r.names {
			if !slices.ContainsFunc(lines, func(x lead.Line) bool { return x.Rule == name }) {
				t.Fatalf("no line of the rule %s", name)
			}
		}
	})
}
