package jobs

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
)

// note is one touch that one target is to hear of.
type note struct {
	notify.Alert
	notice   *notice // nil: a touch's own telling
	direct   bool    // from the journal, while Redis was away
	attempts int
	rest     time.Time // until then others go first
	failed   bool      // its last attempt did
	passedOn bool      // the target's fallback hears of it
}

func (n *note) delivery(d lead.Delivery) lead.Delivery {
	d.Attempts = n.attempts
	return d
}

// outbox is the only door to a target. It holds what the target is to hear,
// alerts before copies and the oldest first, keeps the target's pace, rolls up
// what would have to wait, and tries again until the target has it or its age
// ends it. Of one lead it tells one thing at a time. It lives in memory: behind
// it is the journal.
type outbox struct {
	j      *Jobs
	target notify.Target
	sender notify.Sender
	pacer  *notify.Pacer
	signal chan struct{}

	mu      sync.Mutex
	waiting []*note
	ids     map[string]*note // by Alert.ID: waiting or being sent
	leads   map[string]bool  // leads that are being told of
	sending int              // messages on their way
	health  health
}

// sendTimeout bounds one attempt.
const sendTimeout = 12 * time.Second

func newOutbox(j *Jobs, o Outlet) *outbox {
	return &outbox{j: j, target: o.Target, sender: o.Sender, pacer: o.Pacer, signal: make(chan struct{}, 1),
		ids: map[string]*note{}, leads: map[string]bool{}}
}

// add lets the target hear of a touch, unless it waits for that already.
func (b *outbox) add(n *note) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.ids[n.ID()]; ok {
		return
	}
	b.ids[n.ID()] = n
	b.insert(n)
	b.nudge()
}

// insert puts a note where it belongs; the caller holds the lock.
func (b *outbox) insert(n *note) {
	at, _ := slices.BinarySearchFunc(b.waiting, n, func(a, b *note) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), a.since().Compare(b.since()), cmp.Compare(a.ID(), b.ID()))
	})
	b.waiting = slices.Insert(b.waiting, at, n)
}

// rank lets nobody wait for a copy.
func rank(n *note) int {
	if n.Kind == lead.Copy {
		return 1
	}
	return 0
}

func (b *outbox) nudge() {
	select {
	case b.signal <- struct{}{}:
	default:
	}
}

// has says whether a touch waits here.
func (b *outbox) has(touchID string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ids[touchID] != nil
}

func (b *outbox) len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.waiting)
}

// run sends until ctx ends, as many messages at once as the target takes.
func (b *outbox) run(ctx context.Context) {
	var sends sync.WaitGroup
	defer sends.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		notes, wait := b.next()
		if len(notes) > 0 {
			sends.Go(func() { b.send(ctx, notes) })
			continue
		}
		idle(ctx, timer, b.signal, wait)
	}
}

// idle waits for a signal, for a while if wait says how long, or for ctx to end.
func idle(ctx context.Context, timer *time.Timer, signal <-chan struct{}, wait time.Duration) {
	var ready <-chan time.Time
	if wait > 0 {
		timer.Reset(wait)
		ready = timer.C
	}
	select {
	case <-signal:
	case <-ready:
	case <-ctx.Done():
	}
}

// next picks what goes into the next message, if it may go now. Without notes:
// how long to wait, 0 for a change.
func (b *outbox) next() ([]*note, time.Duration) {
	now := b.j.now()
	if wait, ok := b.ready(now); !ok {
		return nil, wait
	}
	if wait := b.pacer.Reserve(now); wait > 0 {
		return nil, wait
	}
	return b.take(now), 0
}

// ready says whether there is something to send, and a hand free to do so. A
// target in trouble gets one message at a time.
func (b *outbox) ready(now time.Time) (wait time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	most := notify.Concurrency(b.target)
	if b.health.fails > 0 {
		most = 1
	}
	if b.health.pause != nil || b.sending >= most {
		return 0, false
	}
	held := map[string]bool{}
	for _, n := range b.waiting {
		rest := n.rest.Sub(now)
		if !b.leads[n.Lead.ID] && !held[n.Lead.ID] && rest <= 0 {
			return 0, true
		}
		held[n.Lead.ID] = true
		if rest > 0 && (wait == 0 || rest < wait) {
			wait = rest
		}
	}
	return wait, false
}

// take picks what goes into the next message: all that can be rolled up, or
// one. What failed alone before goes alone again.
func (b *outbox) take(now time.Time) (notes []*note) {
	b.mu.Lock()
	defer b.mu.Unlock()
	most, held, picked := b.sender.Most(), map[string]bool{}, map[*note]bool{}
	for _, n := range b.waiting {
		free := !b.leads[n.Lead.ID] && !held[n.Lead.ID] && !n.rest.After(now)
		held[n.Lead.ID] = true
		if !free || len(notes) > 0 && !rollable(n) {
			continue
		}
		notes, picked[n] = append(notes, n), true
		if len(notes) >= most || !rollable(n) {
			break
		}
	}
	b.waiting = slices.DeleteFunc(b.waiting, func(n *note) bool { return picked[n] })
	for _, n := range notes {
		b.leads[n.Lead.ID] = true
	}
	b.sending++
	return notes
}

func rollable(n *note) bool {
	return !n.failed && (n.Kind == lead.HotAlert || n.Kind == lead.JustTurnedHot)
}

// send makes one attempt and does what its outcome asks for.
func (b *outbox) send(ctx context.Context, notes []*note) {
	defer b.sent(slices.Clone(notes))
	wait := time.Duration(0)
	if notes = b.due(ctx, notes); len(notes) > 0 {
		notes, wait = b.admit(ctx, notes)
	}
	if wait > 0 {
		b.pacer.PauseUntil(b.j.now().Add(wait))
		b.putBack(notes, func(*note) {}) // to be rolled up with what comes meanwhile
		notes = nil
	}
	if len(notes) == 0 {
		b.pacer.Return()
		return
	}
	if b.recall(ctx, notes) != nil { // without it the target might get a lead twice
		b.pacer.Return()
		b.putBack(notes, func(n *note) { n.rest = b.j.now().Add(time.Second) })
		return
	}
	var alerts []notify.Alert
	for _, n := range notes {
		n.attempts++
		alerts = append(alerts, n.Alert)
		if n.notice != nil {
			alerts = append(alerts, n.notice.more...)
		}
	}
	began := b.j.now()
	attempt, cancel := context.WithTimeout(ctx, sendTimeout)
	receipt, err := b.sender.Send(notify.Traced(attempt, notes[0].Touch.Trace), alerts)
	cancel()
	now := b.j.now()
	if err != nil {
		if ctx.Err() != nil {
			return // stopping; the journal has them
		}
		b.miss(ctx, notes, err, began, now)
		return
	}
	b.well(ctx, now)
	for _, n := range notes {
		if n.notice == nil {
			b.j.metrics.hop("alert", now.Sub(n.since()))
		}
	}
	state := lead.Sent
	if b.target.Kind == "log" {
		state = lead.Previewed
	}
	d := lead.Delivery{Target: b.target.Name, Kind: b.target.Kind, State: state, Receipt: receipt, At: now.UTC()}
	if len(notes) > 1 && b.j.mirrors[b.target.Name] != nil {
		for _, n := range notes {
			d.With = append(d.With, n.Touch.ID)
		}
	}
	b.finish(ctx, notes, d)
}

// sent gives back what take took.
func (b *outbox) sent(notes []*note) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range notes {
		delete(b.leads, n.Lead.ID)
	}
	b.sending--
	b.nudge()
}

// finish takes the outcome of a message down.
func (b *outbox) finish(ctx context.Context, notes []*note, d lead.Delivery) {
	b.j.metrics.deliveries.WithLabelValues(d.Target, d.Kind, string(d.State)).Add(float64(len(notes)))
	// What was sent must be taken down even when the end has come.
	b.j.heard(context.WithoutCancel(ctx), notes, d)
	b.drop(notes...)
}

// drop forgets notes that no longer wait.
func (b *outbox) drop(notes ...*note) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range notes {
		delete(b.ids, n.ID())
	}
}

// due leaves out what the target has by now.
func (b *outbox) due(ctx context.Context, notes []*note) []*note {
	var due []*note
	told := b.toldElsewhere(ctx, notes)
	for _, n := range notes {
		if n.notice != nil {
			if b.dueNotice(ctx, n) {
				due = append(due, n)
			}
			continue
		}
		d, ok := b.j.receipt(n.Touch.ID, b.target.Name)
		if !ok {
			d, ok = told[n.Touch.ID]
		}
		if ok {
			b.finish(ctx, []*note{n}, d)
			continue
		}
		if n.direct && b.j.settled(n.Touch.ID) { // another replica told it while it waited here
			b.drop(n)
			continue
		}
		due = append(due, n)
	}
	return due
}

// toldElsewhere are the deliveries, by touch, of notes that waited here so long
// that another replica may have told them meanwhile.
func (b *outbox) toldElsewhere(ctx context.Context, notes []*note) map[string]lead.Delivery {
	now := b.j.now()
	var ids []string
	for _, n := range notes {
		if n.notice == nil && now.Sub(n.since()) > waitedLong {
			ids = append(ids, n.Touch.ID)
		}
	}
	if len(ids) == 0 || !b.j.shared() {
		return nil
	}
	found, err := b.j.o.Prompt.TouchesByID(ctx, ids)
	if err != nil {
		b.j.redis.ReportError(err)
		return nil
	}
	told := map[string]lead.Delivery{}
	for _, t := range found {
		if t == nil {
			continue
		}
		for _, d := range t.Deliveries {
			if d.Target == b.target.Name && d.Final() && t.Counts(d) {
				told[t.ID] = d
			}
		}
	}
	return told
}

// waitedLong is less than what the direct way waits for.
const waitedLong = directAfter / 2

// leaseFor is longer than an attempt can last.
const leaseFor = sendTimeout + 3*time.Second

// shared says that other replicas may be at work, and can be asked.
func (j *Jobs) shared() bool { return !j.o.Embedded && j.redis.Up() }
