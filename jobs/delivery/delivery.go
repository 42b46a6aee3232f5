// Package delivery sends to targets: each target gets each message once, in
// order, at its pace, and is retried until it has it or its age ends it.
//
// It promises that a message whose receipt is known is not sent again, that of
// one lead a target is sent one message at a time, that a target in trouble
// backs off as a whole and raises one alarm when its failures persist, and that
// a pause holds on every replica and over a restart. It keeps items in memory:
// behind a touch's item stands the journal, behind a notification its schedule.
// It must not know how a touch is decided on or settled; that is the Sink's.
//
// To send something new that belongs to no touch, make an Item with a
// Notification, whose name is the same on every replica. To change when a failed
// attempt is repeated, see failure.go.
package delivery

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/journal/shelf"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/pace"
)

// SendTimeout bounds one attempt at a target that sets no other bound.
const SendTimeout = 12 * time.Second

// Outlet is a target with what sends to it and its pace. Targets that share a
// channel share the Pacer.
type Outlet struct {
	Target notify.Target
	Sender notify.Sender
	Pacer  *pace.Pacer
}

// Options of New. All but Peers and AlarmTo are required.
type Options struct {
	Outlets  []Outlet
	Journal  *journal.Journal
	Store    Store // waits for Redis
	Prompt   Store // the same store over a client that does not
	Peers    Peers // nil: this is the only replica
	Receipts Receipts
	Redis    Redis

	Node    string              // name of this journal among the replicas
	Launch  string              // names this run of the process
	MaxAge  time.Duration       // how long a delivery is tried
	AlarmTo string              // the target that alarms go to; empty: the first that works
	Latency prometheus.Observer // from acceptance to delivery

	Registry prometheus.Registerer
	Logger   *slog.Logger
	Now      func() time.Time
}

// Store is what delivery reads and writes in Redis.
type Store interface {
	TouchesByID(ctx context.Context, ids []string) ([]*lead.Touch, error)       // nil where there is none
	SetReceipts(ctx context.Context, receipts map[string]string) error          // by notification
	Receipts(ctx context.Context, notices ...string) (map[string]string, error) // of those that were sent
}

// Peers is how replicas coordinate what they send.
type Peers interface {
	Admit(ctx context.Context, a lead.Admission) (wait time.Duration, elsewhere []bool, err error)
	Hold(ctx context.Context, name string, d, every time.Duration, burst int) error
	Lease(ctx context.Context, name, owner string, d time.Duration) (bool, error)
	Pauses(ctx context.Context) (map[string]string, error)
	Pause(ctx context.Context, target, pause string) error
}

// Receipts is what this node knows of a touch's deliveries.
type Receipts interface {
	Receipt(touchID, target string) (lead.Delivery, bool) // of one that came to its end
	Settled(touchID string) bool                          // this node's journal keeps the touch as history
}

// Redis says whether Redis answers; *availability.Monitor.
type Redis interface {
	Up() bool
	ReportError(error)
}

// Sink records what becomes of the items that touches have here.
type Sink interface {
	// Delivered takes items that were sent in one message, or were given up: then
	// the state of d is lead.Failed. Notifications are not among them.
	Delivered(ctx context.Context, items []*Item, d lead.Delivery)
	// Failed takes items whose attempt failed and that wait for the next one.
	Failed(ctx context.Context, target notify.Target, items []*Item, err *notify.Error, wait time.Duration)
	// Dropped says that a touch no longer waits here: another replica sends it.
	Dropped(touchID string)
}

// Targets are all targets, each with its outbox. Create it with New, start it
// with Run.
type Targets struct {
	o        Options
	log      *slog.Logger
	now      func() time.Time
	sink     Sink
	pauseOf  *shelf.Shelf[pause]         // by target, where there are no peers to keep it
	sent     *shelf.Shelf[lead.Delivery] // of notifications, by name
	outboxes map[string]*outbox
	order    []*outbox // as configured
	alarms   alarms
	attempts *prometheus.CounterVec
	pauses   *prometheus.CounterVec
}

// New prepares targets, paused as they were when the process before this one
// ended; nothing is sent before Run.
func New(o Options) (*Targets, error) {
	t := &Targets{o: o, log: o.Logger, now: o.Now, outboxes: map[string]*outbox{}, alarms: newAlarms(),
		pauseOf: shelf.New[pause](o.Journal, pauseShelf, o.Logger), sent: shelf.New[lead.Delivery](o.Journal, noticeShelf, o.Logger),
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "leadgate_deliveries_total", Help: "Deliveries by how an attempt ended.",
		}, []string{"target", "kind", "state"}),
		pauses: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "leadgate_slack_paused_seconds_total", Help: "Time that Slack targets had to wait after a failed attempt.",
		}, []string{"target"}),
	}
	o.Registry.MustRegister(t.attempts, t.pauses)
	for _, out := range o.Outlets {
		t.add(out)
	}
	return t, t.restorePauses()
}

func (t *Targets) add(out Outlet) *outbox {
	b := newOutbox(t, out)
	t.outboxes[out.Target.Name] = b
	t.order = append(t.order, b)
	of := prometheus.Labels{"target": out.Target.Name}
	t.o.Registry.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "leadgate_target_paused", ConstLabels: of,
			Help: "1 while a target takes nothing: it keeps failing, or a person paused it."}, func() float64 {
			if b.stopped() {
				return 1
			}
			return 0
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "leadgate_target_waiting", ConstLabels: of,
			Help: "Deliveries that a target has still to take."}, func() float64 { return float64(b.len()) }))
	return b
}

// Run sends until ctx ends.
func (t *Targets) Run(ctx context.Context, sink Sink) {
	t.sink = sink
	t.firstPauses(ctx)
	var wg sync.WaitGroup
	for _, b := range t.order {
		wg.Go(func() { b.run(ctx) })
	}
	wg.Go(func() { t.sendAlarms(ctx) })
	wg.Go(func() { t.watchPauses(ctx) })
	wg.Wait()
}

// Known says whether there is a target of that name.
func (t *Targets) Known(target string) bool { return t.outboxes[target] != nil }

// Kind returns the kind of a known target.
func (t *Targets) Kind(target string) string { return t.outboxes[target].target.Kind }

// Send puts an item into its target's outbox, unless it waits there already.
func (t *Targets) Send(target string, i *Item) error {
	b := t.outboxes[target]
	if b == nil {
		return fmt.Errorf("%s: target %q: %w", i.ID(), target, lead.ErrNotFound)
	}
	b.add(i)
	return nil
}

// Has says whether a touch, or a notification, waits for a target.
func (t *Targets) Has(target, id string) bool {
	b := t.outboxes[target]
	return b != nil && b.has(id)
}

// Remove takes a touch out of every outbox. A message that is being sent is not
// called back.
func (t *Targets) Remove(touchID string) {
	for _, b := range t.order {
		b.remove(touchID)
	}
}

// peers are the other replicas, nil when there are none or they cannot be asked.
func (t *Targets) peers() Peers {
	if t.o.Peers == nil || !t.o.Redis.Up() {
		return nil
	}
	return t.o.Peers
}
