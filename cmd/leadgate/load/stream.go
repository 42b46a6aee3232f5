package load

import (
	"context"
	"errors"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// stream sends leads over keep-alive connections: at a rate, on a timetable
// that waits for nobody, or each as soon as the last one is answered.
type stream struct {
	addr     string
	paths    []string // intake paths, taken in turn
	conns    int
	rate     float64       // a second over all connections; 0: closed loop
	warmup   time.Duration // sent and not counted
	duration time.Duration // counted
	most     int64         // requests, warm-up included; 0: no limit
	timeout  time.Duration // of one request; default 10 s

	ids  *atomic.Uint64                          // the last person invented
	sent func(id uint64, at time.Time, code int) // after each counted request; nil: nobody asks
	cpu  []func() time.Duration                  // processor time so far of each process that matters
}

// tally is what came of a stream, the warm-up left out.
type tally struct {
	took     histogram // from when a request was due until it was answered
	late     histogram // how late the generator itself woke up for a request
	requests uint64    // sent
	ok       uint64    // answered 2xx
	unsent   uint64    // due, and no connection became free to send them
	status   map[string]uint64
	errors   map[string]uint64
	cpu      []time.Duration // used meanwhile, as asked for
}

func (t *tally) merge(o *tally) {
	t.took.merge(&o.took)
	t.late.merge(&o.late)
	t.requests += o.requests
	t.ok += o.ok
	for k, n := range o.status {
		t.status[k] += n
	}
	for k, n := range o.errors {
		t.errors[k] += n
	}
}

func newTally() *tally {
	return &tally{status: map[string]uint64{}, errors: map[string]uint64{}}
}

// window is when a stream begins, begins to count, and ends.
type window struct {
	begin, count, end time.Time
	step              time.Duration // between two requests; 0: closed loop
}

// run sends until the duration is over, the requests are used up, or ctx ends.
func (s stream) run(ctx context.Context) *tally {
	if s.timeout == 0 {
		s.timeout = 10 * time.Second
	}
	w := window{begin: time.Now()}
	w.count = w.begin.Add(s.warmup)
	w.end = w.count.Add(s.duration)
	if s.rate > 0 {
		w.step = time.Duration(float64(time.Second) / s.rate)
	}
	// What was sent before the end may still be answered; nothing outlives this.
	ctx, cancel := context.WithDeadline(ctx, w.end.Add(s.timeout+time.Second))
	defer cancel()

	var next atomic.Int64
	var wg sync.WaitGroup
	parts := make([]*tally, s.conns)
	for i := range parts {
		wg.Go(func() { parts[i] = s.drive(ctx, w, &next) })
	}
	all := newTally()
	if waitUntil(ctx, w.count) {
		for _, used := range s.cpu {
			all.cpu = append(all.cpu, -used())
		}
	}
	wg.Wait()
	for i := range all.cpu {
		all.cpu[i] += s.cpu[i]()
	}
	for _, p := range parts {
		all.merge(p)
	}
	if planned := uint64(s.rate * s.duration.Seconds()); planned > all.requests && s.most == 0 && ctx.Err() == nil {
		all.unsent = planned - all.requests
	}
	return all
}

// drive is one connection. In an open loop each request has its moment, and
// the time it waits for a free connection counts: a server that stalls cannot
// hide it by not being asked.
func (s stream) drive(ctx context.Context, w window, next *atomic.Int64) *tally {
	t := newTally()
	c := newConn(s.addr, s.paths, s.timeout)
	defer c.close()
	for ctx.Err() == nil {
		k := next.Add(1) - 1
		due := w.begin.Add(w.step * time.Duration(k))
		if s.most > 0 && k >= s.most || !due.Before(w.end) {
			break
		}
		from := time.Now()
		if w.step == 0 {
			due = from
		} else if from.Before(due) {
			if !waitUntil(ctx, due) {
				break
			}
			// The connection was free in good time: waking up late is the
			// generator's own fault, so it is told apart from the server's.
			from = time.Now()
			if !due.Before(w.count) {
				t.late.add(from.Sub(due))
			}
		} else {
			from = due
		}
		if !time.Now().Before(w.end) {
			break
		}
		id := s.ids.Add(1)
		code, err := c.shoot(ctx, int(k%int64(len(s.paths))), id)
		done := time.Now()
		if !due.Before(w.count) {
			t.add(code, err, done.Sub(from))
			if s.sent != nil {
				s.sent(id, from, code)
			}
		}
		if err != nil {
			waitUntil(ctx, done.Add(2*time.Millisecond)) // a dead server is not hammered
		}
	}
	return t
}

func (t *tally) add(code int, err error, took time.Duration) {
	t.requests++
	if err != nil {
		t.errors[errorWord(err)]++
		return
	}
	t.took.add(took)
	t.status[strconv.Itoa(code)]++
	if code/100 == 2 {
		t.ok++
	}
}

func errorWord(err error) string {
	var timeout net.Error
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	case errors.Is(err, errConnect):
		return "connect"
	}
	return "broken"
}

// waitUntil waits for a moment; false when ctx ended first.
func waitUntil(ctx context.Context, at time.Time) bool {
	d := time.Until(at)
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
