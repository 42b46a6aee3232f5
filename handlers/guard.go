package handlers

import (
	"container/list"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/provider"
	"github.com/leadgate/leadgate/lead"
)

// What the guard notices, beside what becomes of a captcha (captcha.go). The
// first two hold a touch in quarantine; the last only stays on it as a mark.
const (
	markHoneypot = provider.MarkHoneypot // a field was filled that people do not see; the reader notices it
	markTooFast  = "too_fast"            // filled in faster than a person types
	markLinks    = "links"               // the message is full of links
)

// manyLinks in one message are a mark of spam, not a proof.
const manyLinks = 3

// startedField is a hidden field with the time at which the form was shown, in
// Unix milliseconds. A form without it is not judged: the visitor's browser may
// run no scripts.
const startedField = "_started"

// guard looks for spam. What it finds is answered like any other delivery, so
// that nobody learns from it, and is kept in quarantine with the reason; a
// watched source only marks it.
func (g *gate) guard(r *provider.Request, touches []*lead.Touch) {
	fast, captcha := g.tooFast(r), g.askCaptcha(r)
	for _, t := range touches {
		if fast {
			t.Marks = append(t.Marks, markTooFast)
		}
		if strings.Count(t.Message, "://") >= manyLinks {
			t.Marks = append(t.Marks, markLinks)
		}
		if captcha != "" {
			t.Marks = append(t.Marks, captcha)
		}
		if g.Watch || t.State != lead.Accepted {
			continue
		}
		for _, mark := range [...]string{markHoneypot, markTooFast, markCaptchaMissing} {
			if slices.Contains(t.Marks, mark) {
				t.State, t.Held = lead.Quarantined, mark
				break
			}
		}
	}
}

func (g *gate) tooFast(r *provider.Request) bool {
	if g.MinFill <= 0 {
		return false
	}
	ms, err := strconv.ParseInt(hidden(r.Header, r.Body, startedField), 10, 64)
	if err != nil {
		return false
	}
	took := r.Now.Sub(time.UnixMilli(ms))
	return took >= 0 && took < g.MinFill // a clock ahead of ours proves nothing
}

// maxPeople is how many people one request may bring to a source that anybody
// can post to.
const maxPeople = 20

// boundPeople refuses a request of an open source that holds too many people,
// and counts each but the first, which bound has counted, against the rate.
func (g *gate) boundPeople(client netip.Addr, now time.Time, people int) error {
	if people <= 1 || g.vendor() {
		return nil
	}
	if people > maxPeople && !g.proven() {
		return problem.Problem{Code: problem.TooLarge, Detail: fmt.Sprintf("There are %d people in the request; %d at most come from a source without a token, header or signature. Send it in parts, or give the source a token.", people, maxPeople)}
	}
	return g.bound(client, now, people-1)
}

// proven says whether deliveries of the source prove where they come from.
func (g *gate) proven() bool {
	return g.Token != "" || len(g.Header) > 0 || g.provider.Verify != nil && len(g.view.Secrets) > 0
}

// bound refuses a client that sends more leads than the source's rate.
func (g *gate) bound(client netip.Addr, now time.Time, leads int) error {
	if g.limit == nil {
		return nil
	}
	wait := g.limit.take(household(client), now, leads)
	if wait == 0 {
		return nil
	}
	seconds := int(math.Ceil(wait.Seconds()))
	return problem.Problem{Code: problem.RateLimited, Retry: seconds, Detail: fmt.Sprintf("Try again in %d s.", seconds)}
}

// limiter bounds each address. It remembers the latest of them only: whoever
// makes up more than that gets no further by it than by waiting.
type limiter struct {
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

func newLimiter(r Rate) *limiter {
	return &limiter{rate: rate.Limit(float64(r.N) / r.Per.Seconds()), burst: r.N, most: mostVisitors,
		known: map[netip.Addr]*list.Element{}}
}

// take returns 0 when n leads of addr may pass, else how long they must wait. No
// number waits longer than the limit takes to fill up.
func (l *limiter) take(addr netip.Addr, now time.Time, n int) time.Duration {
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
