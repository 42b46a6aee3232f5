package delivery

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/pace"
)

var (
	down   = &notify.Error{Class: notify.Again, Code: "http_503", Err: errors.New("the answer was status 503")}
	gone   = &notify.Error{Class: notify.BadTarget, Code: "http_404", Err: errors.New("the answer was status 404")}
	revoke = &notify.Error{Class: notify.BadToken, Code: "http_401", Err: errors.New("the answer was status 401")}
	refuse = &notify.Error{Class: notify.BadContent, Code: "http_400", Err: errors.New("the answer was status 400")}
)

// hearing is a sender that can be told alarms.
type hearing struct {
	scripted
	alarms []notify.Alarm
	deaf   bool
}

func (h *hearing) Alarm(_ context.Context, a notify.Alarm) error {
	if h.deaf {
		return down
	}
	h.alarms = append(h.alarms, a)
	return nil
}

func titles(alarms []notify.Alarm) (all []string) {
	for _, a := range alarms {
		all = append(all, a.Title)
	}
	return all
}

// beside puts another target next to the one under test.
func (b *ticking) beside(name string, s notify.Sender) {
	t := notify.Target{Name: name, Kind: "webhook", Pace: noPace}
	b.t.add(Outlet{Target: t, Sender: s, Pacer: pace.New(t.PaceName(), t.Pace)})
}

// ringing tells the alarms that wait.
func (b *ticking) ringing(t *testing.T) {
	t.Helper()
	for len(b.t.alarms.waiting) > 0 {
		b.t.sendAlarm(t.Context(), <-b.t.alarms.waiting)
	}
}

func TestOutbox_PausedLoudlyAndResumes(t *testing.T) {
	for _, tt := range []struct {
		name  string
		ends  []error
		after int // failures until it is said aloud; 0: it is not
	}{
		{"PassesSoon", []error{down, down, down, down}, 0},
		{"KeepsFailing", []error{down, down, down, down, down, down}, 5},
		{"Token", []error{revoke}, 1},
		{"Target", []error{gone}, 1},
		{"RefusesEverybody", []error{refuse, refuse, refuse, refuse}, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, managers := &scripted{most: 1, ends: tt.ends}, &hearing{}
			b := newTicking(t, s, noPace)
			managers.now = s.now
			b.beside("managers", managers)
			b.hot("a", "b", "c", "d")
			for len(s.at) < len(tt.ends) {
				b.step(t)
				if loud := tt.after > 0 && len(s.at) >= tt.after; loud != (b.state().State == "broken") || loud != b.stopped() {
					t.Errorf("after %d failures the state is %q, want loud %v", len(s.at), b.state().State, loud)
				}
			}
			if st := b.state(); st.Waiting == 0 || st.Oldest.IsZero() || !strings.Contains(st.LastError, "http_") || !st.NextTry.After(b.clock.Add(-time.Second)) {
				t.Errorf("state of a failing target = %+v", st)
			}
			b.work(t)
			b.ringing(t)
			var want []string
			if tt.after > 0 {
				want = []string{"Target sales takes no leads", "Target sales takes leads again"}
			}
			if got := titles(managers.alarms); !slices.Equal(got, want) {
				t.Errorf("alarms = %q, want %q", got, want)
			}
			if st := b.state(); st.State != "ok" || st.Waiting != 0 || b.stopped() {
				t.Errorf("state in the end = %+v, want ok", st)
			}
			if sent := len(s.sent); tt.name != "RefusesEverybody" && sent != 4 {
				t.Errorf("%d leads were told, want 4", sent)
			}
		})
	}
}

// After two refusals in a row the third lead is not given up: it is the target
// that refuses everything.
func TestOutbox_RefusalsInARow(t *testing.T) {
	s := &scripted{most: 1, ends: []error{refuse, refuse, refuse, refuse, refuse}}
	b := newTicking(t, s, noPace)
	b.hot("a", "b", "c", "d")
	b.work(t)
	failed := 0
	for _, id := range []string{"a", "b", "c", "d"} {
		if d, _ := b.sink.Receipt(id, "sales"); d.State == lead.Failed {
			failed++
		}
	}
	if failed != refusedMost || len(s.sent) != 4-refusedMost {
		t.Errorf("%d given up, %d told, want %d and %d", failed, len(s.sent), refusedMost, 4-refusedMost)
	}
}

// One lead that a CRM stumbles over lets the others pass.
func TestOutbox_OneDoesNotStopAll(t *testing.T) {
	s := &stumbling{over: "a"}
	b := newTicking(t, &scripted{most: 1}, noPace)
	b.sender = s
	b.hot("a", "b", "c", "d")
	begin := b.clock
	for len(s.told) < 3 {
		b.step(t)
	}
	if took := b.clock.Sub(begin); took > time.Minute {
		t.Errorf("the others waited %s for one that fails", took)
	}
	if !b.has("a") {
		t.Error("the one that fails was dropped")
	}
}

type stumbling struct {
	over string
	told []string
}

func (s *stumbling) Most() int { return 1 }
func (s *stumbling) Send(_ context.Context, alerts []notify.Alert) (string, error) {
	if alerts[0].Touch.ID == s.over {
		return "", down
	}
	s.told = append(s.told, alerts[0].Touch.ID)
	return "1", nil
}

func TestOutbox_AlertsBeforeCopies(t *testing.T) {
	s := &scripted{most: 1}
	b := newTicking(t, s, noPace)
	touch := &lead.Touch{ID: "copy", ReceivedAt: b.clock.Add(-time.Hour), State: lead.Accepted}
	b.add(&Item{Alert: notify.Alert{Kind: lead.Copy, Touch: touch, Lead: &lead.Lead{ID: "copy"}}, Direct: true})
	b.hot("hot")
	b.work(t)
	if want := [][]string{{"hot"}, {"copy"}}; !slices.EqualFunc(s.sent, want, slices.Equal) {
		t.Errorf("order = %v, want %v", s.sent, want)
	}
}

// Several messages are on their way at once, of one lead never two.
func TestOutbox_Concurrency(t *testing.T) {
	b := newTicking(t, &scripted{most: 1}, noPace)
	b.target.Concurrency = 3
	at := b.clock
	for i, id := range []string{"a", "a2", "b", "c", "d"} {
		touch := &lead.Touch{ID: id, ReceivedAt: at.Add(time.Duration(i)), State: lead.Accepted}
		b.add(&Item{Alert: notify.Alert{Kind: lead.Copy, Touch: touch, Lead: &lead.Lead{ID: id[:1]}}, Direct: true})
	}
	var flying [][]*Item
	for range 3 {
		notes, _ := b.next()
		flying = append(flying, notes)
	}
	var ids []string
	for _, notes := range flying {
		for _, n := range notes {
			ids = append(ids, n.Touch.ID)
		}
	}
	if want := []string{"a", "b", "c"}; !slices.Equal(ids, want) {
		t.Errorf("on their way at once = %v, want %v", ids, want)
	}
	if notes, wait := b.next(); len(notes) > 0 || wait != 0 {
		t.Errorf("a fourth goes out: %v, %s", notes, wait)
	}
	for _, notes := range flying {
		b.send(t.Context(), notes)
	}
	b.work(t)
	if b.has("a2") {
		t.Error("the second touch of a lead still waits")
	}
}

func TestOutbox_HotIsTriedSoonAfterAReturn(t *testing.T) {
	ends := make([]error, 200)
	for i := range ends {
		ends[i] = down
	}
	s := &scripted{most: 40, ends: ends}
	b := newTicking(t, s, noPace)
	b.hot("a")
	b.work(t)
	for i := 1; i < len(s.at); i++ {
		if gap := s.at[i].Sub(s.at[i-1]); gap > hotWait {
			t.Fatalf("attempt %d came %s after the one before, want at most %s", i+1, gap, hotWait)
		}
	}
}

// What is too old fails even while it only waits behind others.
func TestOutbox_ExpiresWhatWaits(t *testing.T) {
	ends := make([]error, 2000)
	for i := range ends {
		ends[i] = down
	}
	b := newTicking(t, &scripted{most: 1, ends: ends}, noPace)
	b.hot("a", "b", "c")
	b.work(t)
	if took := b.clock.Sub(b.begin); took < time.Hour || took > time.Hour+time.Minute {
		t.Errorf("given up after %s, want an hour", took)
	}
	for _, id := range []string{"a", "b", "c"} {
		if d, ok := b.sink.Receipt(id, "sales"); !ok || d.State != lead.Failed || d.Error != "http_503" {
			t.Errorf("%s after an hour = %+v, want failed with http_503", id, d)
		}
	}
}

func TestTargets_PauseAndResume(t *testing.T) {
	s := &scripted{most: 1}
	b := newTicking(t, s, noPace)
	if err := b.t.Pause(t.Context(), "sales", "Dana", "CRM moves"); err != nil {
		t.Fatal(err)
	}
	b.hot("a")
	if notes, wait := b.next(); len(notes) > 0 || wait != 0 {
		t.Fatalf("a paused target is told %v", notes)
	}
	restarted := b.t.o
	restarted.Registry = prometheus.NewRegistry()
	next, err := New(restarted)
	if err != nil {
		t.Fatal(err)
	}
	again := next.outboxes["sales"]
	if st := again.state(); st.State != "paused" || st.PausedBy != "Dana" || st.PausedWhy != "CRM moves" || !again.stopped() {
		t.Errorf("after a restart the state is %+v, want paused by Dana", st)
	}
	if err := b.t.Resume(t.Context(), "sales"); err != nil {
		t.Fatal(err)
	}
	b.work(t)
	if len(s.sent) != 1 {
		t.Errorf("after the pause %v was told, want a", s.sent)
	}
	for _, err := range []error{b.t.Pause(t.Context(), "nobody", "Dana", ""), b.t.Resume(t.Context(), "nobody")} {
		if !errors.Is(err, lead.ErrNotFound) {
			t.Errorf("pausing a target that is not there = %v, want lead.ErrNotFound", err)
		}
	}
}

// Resuming tries a failing target at once, but not before its Retry-After.
func TestTargets_ResumeTriesNow(t *testing.T) {
	limited := &notify.Error{Class: notify.Again, Code: "http_429", RetryAfter: time.Hour, Err: errors.New("429")}
	for _, tt := range []struct {
		name string
		end  error
		now  bool
	}{{"Down", revoke, true}, {"RetryAfter", limited, false}} {
		t.Run(tt.name, func(t *testing.T) {
			b := newTicking(t, &scripted{most: 1, ends: []error{tt.end}}, noPace)
			b.hot("a")
			b.step(t)
			if err := b.t.Resume(t.Context(), "sales"); err != nil {
				t.Fatal(err)
			}
			notes, wait := b.next()
			if got := len(notes) > 0; got != tt.now || !tt.now && wait < 59*time.Minute {
				t.Errorf("after Resume: %d notes, wait %s, want one now: %v", len(notes), wait, tt.now)
			}
		})
	}
}

func TestTargets_AlarmTargets(t *testing.T) {
	for _, tt := range []struct {
		name, to, about string
		broken          string
		want            []string
	}{
		{"First", "", "", "", []string{"b", "c", "d"}},
		{"Configured", "c", "", "", []string{"c", "b", "d"}},
		{"NotAboutItself", "c", "c", "", []string{"b", "d"}},
		{"InTroubleLast", "", "", "b", []string{"c", "b", "d"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newTicking(t, &scripted{}, noPace) // sales cannot hear
			for _, name := range []string{"b", "c", "d"} {
				b.beside(name, &hearing{})
			}
			b.t.outboxes["d"].target.Kind = "log"
			b.t.o.AlarmTo = tt.to
			if tt.broken != "" {
				b.t.outboxes[tt.broken].health.broken = true
			}
			var got []string
			for _, box := range b.t.alarmTargets(tt.about) {
				got = append(got, box.target.Name)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("alarmTargets = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestTargets_Alarm(t *testing.T) {
	b := newTicking(t, &scripted{}, noPace)
	deaf, ear := &hearing{deaf: true}, &hearing{}
	b.beside("deaf", deaf)
	b.beside("ear", ear)
	for _, a := range []notify.Alarm{{Key: "k", Title: "one"}, {Key: "k", Title: "the same"}, {Key: "other", Title: "two"}, {Title: "no key"}, {Title: "no key"}} {
		b.t.Alarm(t.Context(), a)
	}
	b.clock = b.clock.Add(alarmEvery)
	b.t.Alarm(t.Context(), notify.Alarm{Key: "k", Title: "later"})
	b.ringing(t)
	if got, want := titles(ear.alarms), []string{"one", "two", "no key", "no key", "later"}; !slices.Equal(got, want) {
		t.Errorf("alarms = %q, want %q", got, want)
	}
	for range 2 * alarmsMost { // nobody listens: the caller does not wait
		b.t.Alarm(t.Context(), notify.Alarm{Title: "flood"})
	}
}

func TestTargets_TargetMetrics(t *testing.T) {
	r := prometheus.NewRegistry()
	b := newTicking(t, &scripted{most: 1, ends: []error{revoke}}, noPace, func(o *Options) { o.Registry = r })
	b.hot("a", "b")
	b.step(t)
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.Metric {
			if m.Gauge == nil {
				continue
			}
			got[f.GetName()+"/"+m.Label[0].GetValue()] = m.Gauge.GetValue()
		}
	}
	if want := map[string]float64{"leadgate_target_paused/sales": 1, "leadgate_target_waiting/sales": 2}; !maps.Equal(got, want) {
		t.Errorf("metrics = %v, want %v", got, want)
	}
	if got := b.t.States(); len(got) != 1 || got[0].Name != "sales" || got[0].Kind != "slack" || fmt.Sprint(got[0].Fails) != "1" {
		t.Errorf("States = %+v", got)
	}
}
func TestBackoff(t *testing.T) {
	for fails, want := range map[int]time.Duration{0: 1, 1: 1, 2: 2, 3: 4, 4: 8, 5: 15, 6: 30, 7: 60, 8: 60, 1000: 60} {
		for range 100 {
			if got := Backoff(fails); got < want*time.Second || got >= want*time.Second*11/10 {
				t.Fatalf("Backoff(%d) = %s, want %ds and up to a tenth more", fails, got, want)
			}
		}
	}
}
