package enrich

import (
	"cmp"
	"slices"
	"time"

	"github.com/leadgate/leadgate/jobs/queue"
	"github.com/leadgate/leadgate/lead"
)

// How long a touch waits for an answer before it is worked on without. A
// salesperson would rather know at once that somebody asked for a demo, and who a
// moment later, than hear of it late; nobody is in a hurry for the rest.
const (
	hotPatience     = 10 * time.Second
	captchaPatience = 2 * time.Second // of a hot touch
	warmPatience    = time.Minute

	callTimeout    = 8 * time.Second
	callsAtOnce    = 4                // to one source's vendor
	notThereFor    = 10 * time.Minute // a vendor may announce a lead before its API knows it
	postponeFor    = time.Second      // when the journal or Redis cannot take the answer
	wakeAtTheLeast = time.Minute
)

// lookup is a touch that lacks something. It waits for as long as it may; then it
// is worked on without, and a person is looked up afterwards until MaxAge.
type lookup struct {
	Source string    `json:"source"`
	At     time.Time `json:"at"` // when the touch was received, or the lookup began anew

	id       string
	hot      bool      // waits for the hot lane
	kept     time.Time // when the journal had it; zero: in an earlier run
	due      time.Time // not before
	without  time.Time // when it is worked on without an answer; zero: it has been
	fails    int
	why      *lead.AskError // of the last attempt
	hopeless bool           // asking again will not help
	running  bool
}

// newLookup is the lookup of a touch that was kept at a moment.
func newLookup(t *lead.Touch, lane string, kept time.Time) *lookup {
	l := &lookup{Source: t.Source, At: t.ReceivedAt, id: t.ID, hot: lane == queue.Hot, kept: kept, due: kept, without: kept.Add(warmPatience)}
	switch {
	case l.hot && t.NeedsFetch:
		l.without = kept.Add(hotPatience)
	case l.hot:
		l.without = kept.Add(captchaPatience)
	}
	return l
}

// waits says whether its touch waits for the answer.
func (l *lookup) waits() bool { return !l.without.IsZero() }

// accepted is the time from which the touch counts as new to its lane; zero when
// an earlier run may have worked on it.
func (l *lookup) accepted(now time.Time) time.Time {
	if l.kept.IsZero() {
		return time.Time{}
	}
	return now
}

// reason is why there is no answer.
func (l *lookup) reason() *lead.AskError {
	if l.why == nil {
		return &lead.AskError{Why: lead.AskUnavailable, Note: "there was no answer yet"}
	}
	return l.why
}

// vendor is the vendor of one source.
type vendor struct {
	until   time.Time // called again at this time
	fails   int       // in a row
	running int
	stopped *lead.AskError // until Retry, or the next start: the settings may be better then
}

// action is what has to be done about a lookup.
type action struct {
	*lookup
	what actionKind
}

type actionKind uint8

const (
	call    actionKind = iota // ask the vendor
	proceed                   // let the touch be worked on without an answer
	giveUp                    // ask no more
)

// next is the next action of a lookup, and when.
func (l *lookup) next(v *vendor, maxAge time.Duration) (what actionKind, at time.Time) {
	old := l.At.Add(maxAge)
	at = l.due
	if v.until.After(at) {
		at = v.until
	}
	switch {
	case l.waits() && (l.hopeless || v.stopped != nil):
		return proceed, l.due
	case l.hopeless:
		return giveUp, l.due
	case l.waits() && !l.without.After(at):
		return proceed, l.without
	case !l.waits() && (v.stopped != nil || at.After(old)):
		if l.due.After(old) {
			old = l.due
		}
		return giveUp, old
	}
	return call, at
}

// take picks the actions whose time has come and says when to look again. No more
// than a few calls go to one source's vendor at once.
func (e *Enricher) take() (due []action, wait time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.o.Now()
	wake := now.Add(wakeAtTheLeast)
	soon := func(at time.Time) {
		if at.Before(wake) {
			wake = at
		}
	}
	for _, l := range e.open {
		if l.running {
			continue
		}
		if what, at := l.next(e.vendor(l.Source), e.o.MaxAge); at.After(now) {
			soon(at)
		} else {
			due = append(due, action{l, what})
		}
	}
	slices.SortFunc(due, func(a, b action) int {
		if a.hot != b.hot {
			if a.hot {
				return -1
			}
			return 1
		}
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.id, b.id))
	})
	picked := due[:0]
	for _, a := range due {
		v := e.vendor(a.Source)
		switch {
		case a.what != call:
		case v.running < callsAtOnce:
			v.running++
		case a.waits() && !a.without.After(now):
			a.what = proceed
		default: // a call that ends wakes Run
			if a.waits() {
				soon(a.without)
			}
			continue
		}
		a.running = true
		picked = append(picked, a)
	}
	return picked, wake.Sub(now)
}

// done ends an action.
func (e *Enricher) done(a action) {
	e.mu.Lock()
	defer e.mu.Unlock()
	a.running = false
	if a.what == call {
		e.vendor(a.Source).running--
	}
	e.wake()
}

// vendor returns the vendor of a source; the caller holds the lock.
func (e *Enricher) vendor(source string) *vendor {
	v := e.vendors[source]
	if v == nil {
		v = &vendor{}
		e.vendors[source] = v
	}
	return v
}

func (e *Enricher) wake() {
	select {
	case e.signal <- struct{}{}:
	default:
	}
}

func (e *Enricher) add(l *lookup) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.open[l.id] == nil {
		e.open[l.id] = l
		e.wake()
	}
}

func (e *Enricher) close(l *lookup) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.open, l.id)
}

// release notes that the touch of a lookup does not wait any longer.
func (e *Enricher) release(l *lookup) {
	e.mu.Lock()
	defer e.mu.Unlock()
	l.without = time.Time{}
}

// postpone puts a lookup off for a moment.
func (e *Enricher) postpone(l *lookup) {
	e.mu.Lock()
	defer e.mu.Unlock()
	l.due = e.o.Now().Add(postponeFor)
	if l.waits() && l.without.Before(l.due) {
		l.without = l.due
	}
}

// succeeded notes that a vendor answers.
func (e *Enricher) succeeded(l *lookup) {
	e.mu.Lock()
	defer e.mu.Unlock()
	v := e.vendor(l.Source)
	v.fails, v.until = 0, time.Time{}
}

// failed decides when a lookup is tried again after an attempt that failed, and
// whether its vendor is called at all: what failed for one touch for want of a
// token, of time or of calls fails for the next as well. stops says that the
// vendor is not called from now on.
func (e *Enricher) failed(l *lookup, why *lead.AskError) (stops bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	v, now := e.vendor(l.Source), e.o.Now()
	l.fails++
	l.why = why
	l.due = now
	switch why.Why {
	case lead.AskNoToken, lead.AskRefused:
		stops = v.stopped == nil
		v.stopped = why
	case lead.AskNotThere:
		l.due = now.Add(e.o.Backoff(l.fails))
		l.hopeless = now.Sub(l.At) > notThereFor
	case lead.AskUnreadable:
		l.hopeless = true
	default:
		if v.until.After(now) {
			break // another attempt of the same moment has counted this
		}
		v.fails++
		v.until = now.Add(e.o.Backoff(v.fails))
		if why.RetryAfter > 0 {
			v.until = now.Add(why.RetryAfter)
		}
	}
	return stops
}

// Retry calls vendors again that refused to be asked: their settings may be others
// now.
func (e *Enricher) Retry() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, v := range e.vendors {
		v.stopped = nil
	}
	e.wake()
}
