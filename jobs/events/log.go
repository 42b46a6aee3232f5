// Package events answers one question: what happened, in order, on all nodes?
//
// It promises that whoever reads on from a place gets every later event of this
// node once and in order, or a reset in place of what is lost; events of other
// nodes follow within milliseconds while Redis is up. Publish never waits. It
// must not know who reads, nor carry anything that a visitor typed.
//
// To add an event, publish it where it happens, or, when it is a change of a lead
// or the end of a touch, let it go through Store, which publishes those.
package events

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// kept is how many events a node remembers for those who read slowly or come
// back; about 1 MB.
const kept = 4096

// Log is what happened lately, for any number of readers. There is one ring for
// all of them and nobody is waited for. A place is the name of this run of the
// process and a number that goes up by one.
type Log struct {
	launch string
	now    func() time.Time

	mu   sync.Mutex
	ring [kept]event
	next int64         // number of the next event
	wake chan struct{} // closed at the next event; nil: nobody waits
}

// event is an event and whether another node published it.
type event struct {
	lead.News
	remote bool
}

// NewLog returns an empty log. launch names this run of the process; it must not
// contain a hyphen.
func NewLog(launch string, now func() time.Time) *Log {
	return &Log{launch: launch, now: now, next: 1}
}

// Publish adds what happened on this node. It never waits.
func (l *Log) Publish(news ...lead.News) { l.add(false, news...) }

func (l *Log) add(remote bool, news ...lead.News) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range news {
		l.ring[l.next%kept] = event{n, remote}
		l.next++
	}
	if l.wake != nil {
		close(l.wake)
		l.wake = nil
	}
}

// reset tells readers that events are lost.
func (l *Log) reset() { l.add(true, lead.News{Kind: lead.ResetNews, At: l.now().UTC()}) }

// Place is where the log is now: what happens later comes after it.
func (l *Log) Place() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.name(l.next - 1)
}

func (l *Log) name(number int64) string { return l.launch + "-" + strconv.FormatInt(number, 10) }

// number reads a place; ok is false for one of another run or node.
func (l *Log) number(place string) (number int64, ok bool) {
	launch, digits, _ := strings.Cut(place, "-")
	number, err := strconv.ParseInt(digits, 10, 64)
	return number, err == nil && launch == l.launch && number >= 0
}

// News returns what happened after a place, on any node, in order, waiting until
// something has; none when ctx ended first. What is lost (after a place of
// another run or node, or one too long ago) is one reset in its stead.
func (l *Log) News(ctx context.Context, place string) []lead.News {
	reset := func(at string) []lead.News {
		return []lead.News{{ID: at, Kind: lead.ResetNews, At: l.now().UTC()}}
	}
	number, ok := l.number(place)
	if !ok {
		return reset(l.Place())
	}
	found, last, lost := l.after(ctx, number)
	if lost {
		return reset(l.name(last))
	}
	news := make([]lead.News, len(found))
	for i, e := range found {
		news[i] = e.News
	}
	return news
}

// after returns the events after a number, waiting until there is one, and the
// number of the last. lost says that there were more than are kept.
func (l *Log) after(ctx context.Context, number int64) (found []event, last int64, lost bool) {
	for {
		l.mu.Lock()
		if number >= l.next { // of the future: no place of this log
			number, lost = l.next-1, true
		}
		if oldest := max(1, l.next-kept); number+1 < oldest {
			number, lost = oldest-1, true
		}
		if lost || number+1 < l.next {
			for n := number + 1; n < l.next; n++ {
				e := l.ring[n%kept]
				e.ID = l.name(n)
				found = append(found, e)
			}
			last = l.next - 1
			l.mu.Unlock()
			return found, last, lost
		}
		if l.wake == nil {
			l.wake = make(chan struct{})
		}
		wake := l.wake
		l.mu.Unlock()
		select {
		case <-wake:
		case <-ctx.Done():
			return nil, number, false
		}
	}
}
