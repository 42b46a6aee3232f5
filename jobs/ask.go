package jobs

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/leadgate/leadgate/jobs/queue"
	"github.com/leadgate/leadgate/lead"
)

// asker asks vendors what a touch lacks: who a stub is about, whether a form's
// visitor is a person. handlers.Vendors is one. It returns a completed copy, or
// a *lead.AskError; again says that the same was asked before.
type asker interface {
	Ask(ctx context.Context, t *lead.Touch, r *lead.Request, again bool) (*lead.Touch, error)
}

// question is a touch that lacks something. It waits here, before its lane, for
// as long as it may; then it goes on without, and a person is asked for
// afterwards until MaxAge.
type question struct {
	Source string    `json:"source"`
	At     time.Time `json:"at"` // when the touch was received, or asked about anew

	id       string
	hot      bool      // waits for the hot lane
	kept     time.Time // when the journal had it; zero: in an earlier run
	due      time.Time // not before
	goOn     time.Time // when it goes on without an answer; zero: it has
	fails    int
	why      *lead.AskError // of the last attempt
	hopeless bool           // asking again will not help
	running  bool
}

// What a touch waits for an answer before it goes on without. A salesperson
// would rather know at once that somebody asked for a demo, and who a moment
// later, than be told late; nobody is in a hurry for the rest.
const (
	hotPatience     = 10 * time.Second
	captchaPatience = 2 * time.Second // of a hot touch
	warmPatience    = time.Minute

	askTimeout  = 8 * time.Second
	askAtOnce   = 4                // questions to one source's vendor at a time
	notThereFor = 10 * time.Minute // a vendor may tell of a lead before its API knows it
	askLater    = time.Second      // when the journal or Redis cannot take the answer
)

// desk holds all open questions of this node and what is known of the vendors.
type desk struct {
	signal chan struct{}

	mu      sync.Mutex
	open    map[string]*question // touch id ->
	coming  map[string]bool      // touch id -> it is being journalled and will be here in a moment
	vendors map[string]*vendor   // source -> its vendor
}

// vendor is the vendor of one source as the desk sees it.
type vendor struct {
	until   time.Time // asked again at this time
	fails   int       // in a row
	running int
	stopped *lead.AskError // until AskAnew, or the next start: the settings may be better then
}

func newDesk() *desk {
	return &desk{signal: make(chan struct{}, 1), open: map[string]*question{}, coming: map[string]bool{}, vendors: map[string]*vendor{}}
}

func (d *desk) nudge() {
	select {
	case d.signal <- struct{}{}:
	default:
	}
}

// waits says whether a touch waits here and is not on its way.
func (d *desk) waits(id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	q := d.open[id]
	return d.coming[id] || q != nil && !q.goOn.IsZero()
}

// expect says that a touch is about to be journalled that will wait here, so
// that nobody who finds it in the journal first takes it on its way. The
// returned function ends that.
func (d *desk) expect(id string) (end func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.coming[id] = true
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.coming, id)
	}
}

// has says whether a question about a touch is open.
func (d *desk) has(id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.open[id] != nil
}

func (d *desk) add(q *question) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open[q.id] == nil {
		d.open[q.id] = q
		d.nudge()
	}
}

// vendor returns the vendor of a source; the caller holds the lock.
func (d *desk) vendor(source string) *vendor {
	v := d.vendors[source]
	if v == nil {
		v = &vendor{}
		d.vendors[source] = v
	}
	return v
}

// asks says whether a touch has to be asked about before it goes its way.
// Without a journal it must be in Redis before its sender is answered, and its
// job asks.
func (j *Jobs) asks(t *lead.Touch) bool {
	return j.o.Asker != nil && !j.o.Sync && t.State == lead.Accepted && t.Lacks()
}

// question is the question about a touch that was kept at a moment.
func (j *Jobs) question(t *lead.Touch, l string, kept time.Time) *question {
	q := &question{Source: t.Source, At: t.ReceivedAt, id: t.ID, hot: l == queue.Hot, kept: kept, due: kept, goOn: kept.Add(warmPatience)}
	switch {
	case q.hot && t.NeedsFetch:
		q.goOn = kept.Add(hotPatience)
	case q.hot:
		q.goOn = kept.Add(captchaPatience)
	}
	return q
}

// loadQuestions finds the questions of earlier runs in the journal. Each is
// asked once more before its touch goes on without an answer.
func (j *Jobs) loadQuestions() error {
	now := j.now()
	return j.o.Journal.Each(questionShelf, "", func(id string, b []byte) bool {
		q := &question{id: id, due: now, fails: 1}
		if err := json.Unmarshal(b, q); err != nil {
			j.log.Error("a question in the journal cannot be read; its touch goes on", "touch_id", id, "error", err)
			q.hopeless = true
		}
		if _, err := j.repo.Waiting(queue.Hot, id); err == nil {
			q.hot, q.goOn = true, now.Add(hotPatience)
		} else if _, err := j.repo.Waiting(queue.Bulk, id); err == nil {
			q.goOn = now.Add(warmPatience)
		}
		j.desk.add(q)
		return true
	})
}

// ask runs the desk until ctx ends: it asks what is due, hot touches first, and
// lets go on what has waited long enough.
func (j *Jobs) ask(ctx context.Context) {
	if j.o.Asker == nil {
		return
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	for ctx.Err() == nil {
		now := j.now()
		chores, wake := j.desk.take(now, j.o.MaxAge)
		for _, e := range chores {
			wg.Go(func() {
				j.attend(ctx, e)
				j.desk.done(e)
			})
		}
		timer := time.NewTimer(wake)
		select {
		case <-j.desk.signal:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// chore is what has to be done about a question.
type chore struct {
	*question
	what choreKind
}

type choreKind uint8

const (
	call  choreKind = iota // ask the vendor
	goOn                   // let the touch go its way without an answer
	forgo                  // ask no more
)

// next is the next chore of a question, and when.
func (q *question) next(v *vendor, maxAge time.Duration) (what choreKind, at time.Time) {
	waits, old := !q.goOn.IsZero(), q.At.Add(maxAge)
	at = q.due
	if v.until.After(at) {
		at = v.until
	}
	switch {
	case waits && (q.hopeless || v.stopped != nil):
		return goOn, q.due
	case q.hopeless:
		return forgo, q.due
	case waits && !q.goOn.After(at):
		return goOn, q.goOn
	case !waits && (v.stopped != nil || at.After(old)):
		if q.due.After(old) {
			old = q.due
		}
		return forgo, old
	}
	return call, at
}

// take picks the chores whose time has come and says when to look again. No
// more than a few calls go to one source's vendor at once.
func (d *desk) take(now time.Time, maxAge time.Duration) (due []chore, wake time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	look := now.Add(time.Minute)
	soon := func(at time.Time) {
		if at.Before(look) {
			look = at
		}
	}
	for _, q := range d.open {
		if q.running {
			continue
		}
		if what, at := q.next(d.vendor(q.Source), maxAge); at.After(now) {
			soon(at)
		} else {
			due = append(due, chore{q, what})
		}
	}
	slices.SortFunc(due, func(a, b chore) int {
		if a.hot != b.hot {
			if a.hot {
				return -1
			}
			return 1
		}
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.id, b.id))
	})
	picked := due[:0]
	for _, e := range due {
		v := d.vendor(e.Source)
		switch waits := !e.goOn.IsZero(); {
		case e.what != call:
		case v.running < askAtOnce:
			v.running++
		case waits && !e.goOn.After(now):
			e.what = goOn
		default: // a call that ends wakes the desk
			if waits {
				soon(e.goOn)
			}
			continue
		}
		e.running = true
		picked = append(picked, e)
	}
	return picked, look.Sub(now)
}

// done takes a chore back that has ended.
func (d *desk) done(e chore) {
	d.mu.Lock()
	defer d.mu.Unlock()
	e.running = false
	if e.what == call {
		d.vendor(e.Source).running--
	}
	d.nudge()
}

// again puts a question off.
func (d *desk) again(q *question, at time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	q.due = at
	if !q.goOn.IsZero() && q.goOn.Before(at) {
		q.goOn = at
	}
}

// AskAnew asks vendors again that refused to be asked: their settings may be
// others now.
func (j *Jobs) AskAnew() {
	d := j.desk
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, v := range d.vendors {
		v.stopped = nil
	}
	d.nudge()
}

// close ends a question.
func (d *desk) close(q *question) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.open, q.id)
}
