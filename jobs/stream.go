package jobs

import (
	"context"
	"strconv"
	"strings"
	"sync"

	"github.com/leadgate/leadgate/lead"
)

// streamKept is how many pieces of news a node remembers for those who read
// slowly or come back; about 1 MB.
const streamKept = 4096

// stream is what happened lately, for any number of watchers. There is one ring
// for all of them and nobody is waited for: a watcher who is too far behind is
// told so by a reset, and reads the lists again. A place is the name of this run
// of the process and a number that goes up by one.
type stream struct {
	launch string

	mu   sync.Mutex
	ring [streamKept]heardOf
	next int64         // number of the next piece of news
	wake chan struct{} // closed at the next piece of news; nil: nobody waits
}

// heardOf is a piece of news and whether another node told it.
type heardOf struct {
	lead.News
	elsewhere bool
}

func newStream(launch string) *stream { return &stream{launch: launch, next: 1} }

// tell adds news. It never waits.
func (s *stream) tell(elsewhere bool, news ...lead.News) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range news {
		s.ring[s.next%streamKept] = heardOf{n, elsewhere}
		s.next++
	}
	if s.wake != nil {
		close(s.wake)
		s.wake = nil
	}
}

// place is where the stream is now.
func (s *stream) place() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.name(s.next - 1)
}

func (s *stream) name(number int64) string { return s.launch + "-" + strconv.FormatInt(number, 10) }

// number reads a place; ok is false for one of another run or node.
func (s *stream) number(place string) (number int64, ok bool) {
	launch, digits, _ := strings.Cut(place, "-")
	number, err := strconv.ParseInt(digits, 10, 64)
	return number, err == nil && launch == s.launch && number >= 0
}

// after returns the news after a place, waiting until there is some, and the
// place behind it. Lost says that there was more than is remembered.
func (s *stream) after(ctx context.Context, number int64) (news []heardOf, last int64, lost bool) {
	for {
		s.mu.Lock()
		if number >= s.next { // of the future: no place of this stream
			number, lost = s.next-1, true
		}
		if oldest := max(1, s.next-streamKept); number+1 < oldest {
			number, lost = oldest-1, true
		}
		if lost || number+1 < s.next {
			for n := number + 1; n < s.next; n++ {
				h := s.ring[n%streamKept]
				h.ID = s.name(n)
				news = append(news, h)
			}
			last = s.next - 1
			s.mu.Unlock()
			return news, last, lost
		}
		if s.wake == nil {
			s.wake = make(chan struct{})
		}
		wake := s.wake
		s.mu.Unlock()
		select {
		case <-wake:
		case <-ctx.Done():
			return nil, number, false
		}
	}
}

// Place is where the stream of this node is now: what happens later comes
// after it.
func (j *Jobs) Place() string { return j.stream.place() }

// News returns what happened after a place, on any node, in order, waiting
// until something has; none when ctx ended first. What cannot be told any more
// (a place of another run or node, or too long ago) is one reset in its stead.
func (j *Jobs) News(ctx context.Context, place string) []lead.News {
	s := j.stream
	number, ok := s.number(place)
	if !ok {
		return []lead.News{{ID: s.place(), Kind: lead.ResetNews, At: j.now().UTC()}}
	}
	found, last, lost := s.after(ctx, number)
	if lost {
		return []lead.News{{ID: s.name(last), Kind: lead.ResetNews, At: j.now().UTC()}}
	}
	news := make([]lead.News, len(found))
	for i, h := range found {
		news[i] = h.News
	}
	return news
}
