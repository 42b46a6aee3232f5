package source

import (
	"container/list"
	"fmt"
	"math"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/leadgate/leadgate/handlers/problem"
)

// maxPeople is how many people one request may bring to a source that anybody
// can post to.
const maxPeople = 20

// BoundPeople refuses a request of an open source that holds too many people,
// and counts each but the first, which Bound has counted, against the rate.
func (e *Endpoint) BoundPeople(client netip.Addr, now time.Time, people int) error {
	if people <= 1 || e.Vendor() {
		return nil
	}
	if people > maxPeople && !e.Proven() {
		return problem.Problem{Code: problem.TooLarge, Detail: fmt.Sprintf("There are %d people in the request; %d at most come from a source without a token, header or signature. Send it in parts, or give the source a token.", people, maxPeople)}
	}
	return e.Bound(client, now, people-1)
}

// Proven says whether deliveries of the source prove where they come from.
func (e *Endpoint) Proven() bool {
	return e.Token != "" || len(e.Header) > 0 || e.Format.Verify != nil && len(e.View.Secrets) > 0
}

// Bound refuses a client that sends more leads than the source's rate.
func (e *Endpoint) Bound(client netip.Addr, now time.Time, leads int) error {
	if e.limit == nil {
		return nil
	}
	wait := e.limit.Take(client, now, leads)
	if wait == 0 {
		return nil
	}
	seconds := int(math.Ceil(wait.Seconds()))
	return problem.Problem{Code: problem.RateLimited, Retry: seconds, Detail: fmt.Sprintf("Try again in %d s.", seconds)}
}

// Limiter bounds each address. It remembers the latest of them only: whoever
// makes up more than that gets no further by it than by waiting.
type Limiter struct {
	rate  rate.Limit
	burst int
	most  int

	mu    sync.Mutex
	known map[netip.Addr]*list.Element // of *visitor
	used  list.List                    // latest first
}

type visitor struct {
	addr  netip.Addr
	limit *rate.Limiter
}

const mostVisitors = 10_000

// NewLimiter returns a limiter that lets so many requests through.
func NewLimiter(r Rate) *Limiter {
	return &Limiter{rate: rate.Limit(float64(r.N) / r.Per.Seconds()), burst: r.N, most: mostVisitors,
		known: map[netip.Addr]*list.Element{}}
}

// Take returns 0 when n leads of addr may pass, else how long they must wait. No
// number waits longer than the limit takes to fill up. What one client can easily
// have all of counts as one address.
func (l *Limiter) Take(addr netip.Addr, now time.Time, n int) time.Duration {
	addr = household(addr)
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.known[addr]
	if e == nil {
		if l.used.Len() >= l.most {
			oldest := l.used.Back()
			delete(l.known, oldest.Value.(*visitor).addr)
			l.used.Remove(oldest)
		}
		e = l.used.PushFront(&visitor{addr, rate.NewLimiter(l.rate, l.burst)})
		l.known[addr] = e
	}
	l.used.MoveToFront(e)
	r := e.Value.(*visitor).limit.ReserveN(now, min(n, max(1, l.burst-1)))
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now) // waiting is the client's, and costs it no turn
	}
	return wait
}
