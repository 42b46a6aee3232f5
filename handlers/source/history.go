package source

import (
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// notebook keeps what is known of sources over a restart. notes.Notes is one.
type notebook interface {
	KeepNote(source string, note []byte) error
	Notes() (map[string][]byte, error)
}

// history remember of each source what its owner wants to know when leads
// stay away. No person is in them.
type history struct {
	book notebook

	mu  sync.Mutex
	all map[string]*record
}

type record struct {
	Handshake time.Time `json:"handshake,omitzero"` // the last that its vendor was answered
	Touch     time.Time `json:"touch,omitzero"`     // when the last touch was accepted
	Day       string    `json:"day,omitempty"`      // UTC, of the counts
	Accepted  int       `json:"accepted,omitempty"` // touches
	Unread    int       `json:"unread,omitempty"`   // of these
	Ignored   int       `json:"ignored,omitempty"`  // deliveries that are about no lead
	Thin      bool      `json:"thin,omitempty"`     // it has sent a delivery whose person must be fetched

	refusals []Refusal // latest last
	kept     time.Time // when the notebook had it
}

// Refusal is a delivery or a handshake that was turned away.
type Refusal struct {
	At   time.Time `json:"at"`
	Why  string    `json:"why"`  // the code of the answer, or handshake_refused
	Says string    `json:"says"` // the same in words
	Do   string    `json:"do"`   // what the owner of the source can do about it
}

const (
	MaxRefusals = 10               // of one source are remembered
	noteEvery   = 10 * time.Second // a busy source is written down so often
)

func newHistory(book notebook) (*history, error) {
	logs := &history{book: book, all: map[string]*record{}}
	notes, err := book.Notes()
	if err != nil {
		return nil, err
	}
	for source, note := range notes {
		l := &record{}
		if json.Unmarshal(note, l) == nil { // what cannot be read is only forgotten
			logs.all[source] = l
		}
	}
	return logs, nil
}

// change changes the log of a source and writes it down: at once when somebody
// waits for it to be known, else now and then. An error leaves it in memory.
func (s *history) change(source string, now time.Time, atOnce bool, change func(*record)) error {
	s.mu.Lock()
	l := s.all[source]
	if l == nil {
		l = &record{}
		s.all[source] = l
	}
	change(l)
	if !atOnce && now.Sub(l.kept) < noteEvery {
		s.mu.Unlock()
		return nil
	}
	if !atOnce {
		l.kept = now
	}
	note, err := json.Marshal(l)
	s.mu.Unlock()
	if err != nil {
		return err
	}
	return s.book.KeepNote(source, note)
}

func (s *history) handshake(source string, now time.Time) error {
	return s.change(source, now, true, func(l *record) { l.Handshake = now })
}

func (s *history) accepted(source string, now time.Time, touches []*lead.Touch) error {
	return s.change(source, now, false, func(l *record) {
		l.begin(now)
		l.Touch = now
		l.Accepted += len(touches)
		for _, t := range touches {
			if t.State == lead.Unread {
				l.Unread++
			}
		}
		l.Thin = l.Thin || slices.ContainsFunc(touches, func(t *lead.Touch) bool { return t.NeedsFetch })
	})
}

func (s *history) ignored(source string, now time.Time) error {
	return s.change(source, now, false, func(l *record) { l.begin(now); l.Ignored++ })
}

// begin starts the counts of a day when they are of another one.
func (l *record) begin(now time.Time) {
	if day := now.Format(time.DateOnly); l.Day != day {
		l.Day, l.Accepted, l.Unread, l.Ignored = day, 0, 0, 0
	}
}

// refused is bounded, in memory, and never written down: strangers cause it.
func (s *history) refused(source string, r Refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.all[source]
	if l == nil {
		l = &record{}
		s.all[source] = l
	}
	if len(l.refusals) == MaxRefusals {
		l.refusals = slices.Delete(l.refusals, 0, 1)
	}
	l.refusals = append(l.refusals, r)
}

// of returns what is known of a source.
func (s *history) of(source string) record {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.all[source]
	if l == nil {
		return record{}
	}
	known := *l
	known.refusals = slices.Clone(l.refusals)
	return known
}
