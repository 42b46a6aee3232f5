package jobs

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// answering is an asker whose answers are as it says, one after another; beyond
// their end it knows the person.
type answering struct {
	ends []*lead.AskError
	at   []time.Time
	now  func() time.Time
}

func (a *answering) Ask(_ context.Context, t *lead.Touch, _ *lead.Request, _ bool) (*lead.Touch, error) {
	a.at = append(a.at, a.now())
	if len(a.ends) > 0 {
		err := a.ends[0]
		a.ends = a.ends[1:]
		return nil, err
	}
	whole := *t
	whole.NeedsFetch, whole.Person.Email = false, "ada@works.example"
	whole.Trail = append(whole.Trail, lead.Step{At: a.now(), Step: lead.StepFetched})
	return &whole, nil
}

// newAsking is a desk with a journal behind it, whose clock the test moves.
func newAsking(t *testing.T, a *answering) *ticking {
	t.Helper()
	b := newTicking(t, &scripted{most: 1}, noPace)
	a.now = b.j.now
	b.j.o.Asker = a
	return b
}

func stub(b *ticking, id string, action lead.Action) *lead.Touch {
	return &lead.Touch{ID: id, RequestID: "r-" + id, State: lead.Accepted, Source: "ads", Action: action, NeedsFetch: true, At: b.clock, ReceivedAt: b.clock}
}

// until moves the clock from errand to errand, until nothing is due before limit.
func (b *ticking) until(t *testing.T, limit time.Duration) {
	t.Helper()
	end := b.clock.Add(limit)
	for range 1000 {
		due, wake := b.j.desk.take(b.clock, b.j.o.MaxAge)
		for _, e := range due {
			b.j.attend(t.Context(), e)
			b.j.desk.done(e)
		}
		if len(due) > 0 {
			continue
		}
		if b.clock = b.clock.Add(wake); !b.clock.Before(end) {
			b.clock = end
			return
		}
	}
	t.Fatal("the desk does not come to rest")
}

func TestDesk(t *testing.T) {
	why := func(why string, after time.Duration) *lead.AskError {
		return &lead.AskError{Why: why, RetryAfter: after, Note: "n"}
	}
	down := why(lead.AskUnavailable, 0)
	for _, c := range []struct {
		name    string
		action  lead.Action
		ends    []*lead.AskError
		waits   []time.Duration // between calls: so long, and up to a fifth more
		sets    time.Duration   // out so long after it was accepted, and up to a second more
		without string          // the reason of going without; empty: it has its person
		open    bool            // it is asked for later on
	}{
		{"AtOnce", "demo_request", nil, nil, 0, "", false},
		{"Ladder", "webinar_registered", []*lead.AskError{down, down, down}, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}, 7 * time.Second, "", false},
		{"RetryAfter", "webinar_registered", []*lead.AskError{why(lead.AskLimited, 7*time.Second)}, []time.Duration{7 * time.Second}, 7 * time.Second, "", false},
		{"HotGoesOn", "demo_request", []*lead.AskError{down, down, down, down}, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}, 10 * time.Second, lead.AskUnavailable, true},
		{"HotWaitsForNoRetryAfter", "demo_request", []*lead.AskError{why(lead.AskLimited, time.Hour)}, nil, 10 * time.Second, lead.AskLimited, true},
		{"WarmGoesOn", "webinar_registered", []*lead.AskError{why(lead.AskUnavailable, time.Hour)}, nil, time.Minute, lead.AskUnavailable, true},
		{"NotYet", "demo_request", []*lead.AskError{why(lead.AskNotThere, 0)}, []time.Duration{time.Second}, time.Second, "", false},
		{"NoToken", "demo_request", []*lead.AskError{why(lead.AskNoToken, 0)}, nil, 0, lead.AskNoToken, true},
		{"Refused", "webinar_registered", []*lead.AskError{why(lead.AskRefused, 0)}, nil, 0, lead.AskRefused, true},
		{"Unreadable", "webinar_registered", []*lead.AskError{why(lead.AskUnreadable, 0)}, nil, 0, lead.AskUnreadable, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := &answering{ends: c.ends}
			b := newAsking(t, a)
			j, begin := b.j, b.clock
			if _, err := j.Accept(t.Context(), request(j), []*lead.Touch{stub(b, "a", c.action)}); err != nil {
				t.Fatal(err)
			}
			if onItsWay(j, "a") != nil || !j.desk.waits("a") || j.o.Journal.Len(questionShelf) != 1 {
				t.Error("a stub is on its way before it was asked about")
			}
			if c.sets > 0 {
				b.until(t, c.sets-time.Millisecond)
				if onItsWay(j, "a") != nil {
					t.Errorf("it set out before %s", c.sets)
				}
			}
			b.until(t, c.sets+c.sets/5+time.Second-b.clock.Sub(begin))
			if onItsWay(j, "a") == nil {
				t.Fatalf("it has not set out after %s", b.clock.Sub(begin))
			}
			got, _, err := j.asked("a")
			if err != nil || got.NeedsFetch != (c.without != "") || got.Trail[0].Step != lead.StepAccepted {
				t.Errorf("on the shelf = %+v, %v", got, err)
			}
			if last := got.Trail[len(got.Trail)-1]; last.Step != lead.StepFetched || last.Why != c.without {
				t.Errorf("its last step = %+v, want why %q", last, c.without)
			}
			if open := j.o.Journal.Len(questionShelf) == 1; open != c.open {
				t.Errorf("it is asked for later on: %v, want %v", open, c.open)
			}
			for i, want := range c.waits {
				if i+1 >= len(a.at) {
					t.Errorf("%d calls, want %d", len(a.at), len(c.waits)+1)
					break
				}
				if wait := a.at[i+1].Sub(a.at[i]); wait < want || wait > want*6/5 {
					t.Errorf("wait %d = %s, want %s and up to a fifth more", i+1, wait, want)
				}
			}
		})
	}
}

// A vendor is asked a few things at a time, hot leads first.
func TestDesk_FewAtATime(t *testing.T) {
	b := newAsking(t, &answering{})
	for i := range 10 {
		if _, err := b.j.Accept(t.Context(), request(b.j), []*lead.Touch{stub(b, fmt.Sprint("warm", i), "webinar_registered")}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.j.Accept(t.Context(), request(b.j), []*lead.Touch{stub(b, "hot", "demo_request")}); err != nil {
		t.Fatal(err)
	}
	due, _ := b.j.desk.take(b.clock, time.Hour)
	if len(due) != askAtOnce || due[0].id != "hot" {
		t.Errorf("%d calls at once, the first for %s; want %d, the hot one first", len(due), due[0].id, askAtOnce)
	}
	if more, _ := b.j.desk.take(b.clock, time.Hour); len(more) != 0 {
		t.Errorf("%d more calls while those go on", len(more))
	}
}

// A question outlives the process, and its touch is not handed over meanwhile.
func TestDesk_Load(t *testing.T) {
	b := newAsking(t, &answering{})
	if _, err := b.j.Accept(t.Context(), request(b.j), []*lead.Touch{stub(b, "a", "demo_request"), stub(b, "b", "webinar_registered")}); err != nil {
		t.Fatal(err)
	}
	b.j.desk = newDesk() // as after a start
	if err := b.j.loadQuestions(); err != nil {
		t.Fatal(err)
	}
	if !b.j.desk.waits("a") || !b.j.desk.waits("b") {
		t.Error("after a start touches are on their way before they were asked about")
	}
	b.until(t, time.Second)
	if touch := onItsWay(b.j, "a"); touch == nil || touch.NeedsFetch || b.j.o.Journal.Len(questionShelf) != 0 {
		t.Errorf("touch = %+v, want it on its way with its person", touch)
	}
}

// A touch that is found in the journal before the desk has it does not set out.
func TestDesk_Expect(t *testing.T) {
	d := newDesk()
	end := d.expect("a")
	if !d.waits("a") || d.waits("b") {
		t.Error("what is about to come does not wait, or something else does")
	}
	if end(); d.waits("a") {
		t.Error("what did not come waits for ever")
	}
}

// stepping keeps the steps that touches are given.
type stepping struct {
	keeper
	steps map[string][]lead.Step
	err   error
}

func (s *stepping) AddStep(_ context.Context, id string, st lead.Step) error {
	if s.err == nil {
		s.steps[id] = append(s.steps[id], st)
	}
	return s.err
}

// A person is asked for until MaxAge. Then the touch says so, here and in the
// store, and is kept apart until its retention is over.
func TestDesk_GivesUp(t *testing.T) {
	a := &answering{ends: []*lead.AskError{{Why: lead.AskUnavailable, RetryAfter: 24 * time.Hour, Note: "status 503"}}}
	b := newAsking(t, a)
	j, s := b.j, &stepping{steps: map[string][]lead.Step{}, err: errors.New("away")}
	use(j, s)
	j.redis.SetUp(true)
	if _, err := j.Accept(t.Context(), request(j), []*lead.Touch{stub(b, "a", "webinar_registered")}); err != nil {
		t.Fatal(err)
	}
	b.until(t, 2*time.Minute)
	touch := onItsWay(j, "a")
	if touch == nil || touch.Unnamed() != "unavailable: status 503" {
		t.Fatalf("touch on its way = %+v, want the reason why nobody is known", touch)
	}
	touch.State = lead.Settled
	if err := j.o.Journal.Settle(t.Context(), journal.Delete(repo.BulkShelf, "a"), journal.Put(repo.TouchShelf, "a", mustJSON(touch))); err != nil {
		t.Fatal(err)
	}
	b.until(t, 57*time.Minute)
	if n := j.o.Journal.Len(unnamedShelf); n != 0 {
		t.Errorf("given up after %s", b.clock.Sub(b.begin))
	}
	b.until(t, 2*time.Minute) // the store is away at first
	if n := j.o.Journal.Len(unnamedShelf); n != 0 || !j.desk.has("a") {
		t.Error("given up before the store knew")
	}
	s.err = nil
	b.until(t, 2*time.Second)
	got, _, err := j.asked("a")
	if err != nil || got.Unnamed() != "unavailable: status 503" || len(s.steps["a"]) != 1 || got.Trail[len(got.Trail)-1] != s.steps["a"][0] || s.steps["a"][0].Why != lead.AskGivenUp {
		t.Errorf("touch = %+v, %v, in the store %+v; want the step %s in both", got, err, s.steps, lead.AskGivenUp)
	}
	if counts, err := j.Unnamed(); err != nil || counts["ads"] != 1 || j.o.Journal.Len(questionShelf) != 0 || j.desk.has("a") {
		t.Errorf("unnamed = %v, %v, and %d open questions; want one of ads and none", counts, err, j.o.Journal.Len(questionShelf))
	}
	if len(a.at) != 1 {
		t.Errorf("asked %d times, want once", len(a.at))
	}
	j.tidy(t.Context(), b.clock.Add(j.o.Keep+time.Hour))
	if n := j.o.Journal.Len(unnamedShelf); n != 0 {
		t.Errorf("%d on the shelf after its retention", n)
	}
}
