package store_test

import (
	"context"
	"fmt"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/lead"
)

// job does with the store what the touch job does, and stops at the first error.
func (w *testStore) job(t lead.Touch) error {
	ctx := context.Background()
	met, err := w.Meet(ctx, &t, t.ID)
	if err != nil {
		return err
	}
	if met.First != t.ID {
		t.State, t.MergedInto = lead.Merged, met.First
		if err := w.Repeated(ctx, met.First, t.ID); err != nil {
			return err
		}
		return w.Finish(ctx, &t, nil, lead.OutcomeMerged)
	}
	l, _, err := w.Add(ctx, &t, t.ID, met, take(&t))
	if err != nil {
		return err
	}
	t.LeadID, t.Deliveries = l.ID, []lead.Delivery{delivery("sales", lead.Waiting, 1)}
	if err := w.Finish(ctx, &t, l, lead.OutcomeWaiting); err != nil {
		return err
	}
	if _, err := w.UpdateLead(ctx, l.ID, 0, func(l *lead.Lead) error { l.Status = lead.Contacted; return nil }); err != nil {
		return err
	}
	return w.Deliver(ctx, []lead.Change{{TouchID: t.ID, Delivery: delivery("sales", lead.Sent, 2), Step: step(2, lead.StepSent, "sales"),
		Settled: true, Outcome: lead.OutcomeAlerted, Day: day}})
}

// The job dies at each of its commands in turn, before or after Redis did it,
// and runs again. What is in Redis at the end is always the same.
func TestStore_Crash(t *testing.T) {
	ada, bob := "ada@mail.example", "bob@mail.example"
	same := touch("last", 5, lead.Person{Email: ada})
	same.Content = "content-t0"
	tests := []struct {
		name   string
		before []lead.Person
		last   *lead.Touch
		held   bool // it was in quarantine before
	}{
		{"NewPerson", nil, touch("last", 5, lead.Person{Email: ada, Phone: phone}), false},
		{"NewPhone", nil, touch("last", 5, lead.Person{Phone: phone}), false},
		{"Nobody", nil, touch("last", 5, lead.Person{Name: "Ada"}), false},
		{"Known", []lead.Person{{Email: ada}}, touch("last", 5, lead.Person{Email: ada}), false},
		{"KnownWithNewPhone", []lead.Person{{Email: ada}}, touch("last", 5, lead.Person{Email: ada, Phone: phone}), false},
		{"PhoneGetsEmail", []lead.Person{{Phone: phone}}, touch("last", 5, lead.Person{Email: ada, Phone: phone}), false},
		{"SharedPhone", []lead.Person{{Phone: phone, Email: bob}}, touch("last", 5, lead.Person{Email: ada, Phone: phone}), false},
		{"Released", nil, touch("last", 5, lead.Person{Email: ada}), true},
		{"Repeat", []lead.Person{{Email: ada}}, same, false},
	}
	everywhere(t, func(t *testing.T, w *testStore) {
		for _, tt := range tests {
			prepare := func() {
				t.Helper()
				w.flush()
				w.bear()
				for i, p := range tt.before {
					if err := w.job(*touch(fmt.Sprintf("t%d", i), i, p)); err != nil {
						t.Fatal(err)
					}
				}
				if tt.held {
					held := *tt.last
					held.State = lead.Quarantined
					if err := w.Finish(t.Context(), &held, nil, lead.OutcomeQuarantined); err != nil {
						t.Fatal(err)
					}
				}
			}
			prepare()
			if err := w.job(*tt.last); err != nil {
				t.Fatal(err)
			}
			want := ageless(w.dump())
			for _, late := range []bool{false, true} {
				n := 1
				for ; n < 200; n++ {
					prepare()
					w.hook.lose(n, late)
					err := w.job(*tt.last)
					fired := w.hook.fired
					w.hook.lose(0, false)
					if !fired {
						break // n is beyond the last command
					}
					if err == nil {
						t.Errorf("%s: command %d was lost (late %v), and no error", tt.name, n, late)
					}
					if err := w.job(*tt.last); err != nil {
						t.Errorf("%s: run again after command %d (late %v): %v", tt.name, n, late, err)
						continue
					}
					if diff := cmp.Diff(want, ageless(w.dump())); diff != "" {
						t.Errorf("%s: after command %d was lost (late %v) (-want +got):\n%s", tt.name, n, late, diff)
					}
				}
				if n < 10 || n == 200 {
					t.Errorf("%s: the job has %d commands", tt.name, n-1)
				}
			}
		}
	})
}

var revision = regexp.MustCompile(`^\d+ |"revision":\d+,`)

// ageless leaves out the name of this life of Redis and the revisions of leads: the job's UpdateLead runs again.
func ageless(all map[string]any) map[string]any {
	delete(all, "lg:{who}:born") // each Redis has a name of its own
	for key, v := range all {
		if s, ok := v.(string); ok && len(key) > 5 && key[:5] == "lg:{l" {
			all[key] = revision.ReplaceAllString(s, "")
		}
	}
	return all
}
