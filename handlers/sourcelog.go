package handlers

import (
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// notebook keeps what is known of sources over a restart. jobs.Jobs is one.
type notebook interface {
	KeepNote(source string, note []byte) error
	Notes() (map[string][]byte, error)
}

// sourceLogs remember of each source what its owner wants to know when leads
// stay away. No person is in them.
type sourceLogs struct {
	book notebook // nil: nothing outlives the process

	mu  sync.Mutex
	all map[string]*sourceLog
}

type sourceLog struct {
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
	mostRefusals = 10               // of one source are remembered
	noteEvery    = 10 * time.Second // a busy source is written down so often
)

func newSourceLogs(book notebook) (*sourceLogs, error) {
	logs := &sourceLogs{book: book, all: map[string]*sourceLog{}}
	if book == nil {
		return logs, nil
	}
	notes, err := book.Notes()
	if err != nil {
		return nil, err
	}
	for source, note := range notes {
		l := &sourceLog{}
		if json.Unmarshal(note, l) == nil { // what cannot be read is only forgotten
			logs.all[source] = l
		}
	}
	return logs, nil
}

// change changes the log of a source and writes it down: at once when somebody
// waits for it to be known, else now and then. An error leaves it in memory.
func (s *sourceLogs) change(source string, now time.Time, atOnce bool, change func(*sourceLog)) error {
	s.mu.Lock()
	l := s.all[source]
	if l == nil {
		l = &sourceLog{}
		s.all[source] = l
	}
	change(l)
	if s.book == nil || !atOnce && now.Sub(l.kept) < noteEvery {
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

func (s *sourceLogs) handshake(source string, now time.Time) error {
	return s.change(source, now, true, func(l *sourceLog) { l.Handshake = now })
}

func (s *sourceLogs) accepted(source string, now time.Time, touches []*lead.Touch) error {
	return s.change(source, now, false, func(l *sourceLog) {
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

func (s *sourceLogs) ignored(source string, now time.Time) error {
	return s.change(source, now, false, func(l *sourceLog) { l.begin(now); l.Ignored++ })
}

// begin starts the counts of a day when they are of another one.
func (l *sourceLog) begin(now time.Time) {
	if day := now.Format(time.DateOnly); l.Day != day {
		l.Day, l.Accepted, l.Unread, l.Ignored = day, 0, 0, 0
	}
}

// refused is bounded, in memory, and never written down: strangers cause it.
func (s *sourceLogs) refused(source string, r Refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.all[source]
	if l == nil {
		l = &sourceLog{}
		s.all[source] = l
	}
	if len(l.refusals) == mostRefusals {
		l.refusals = slices.Delete(l.refusals, 0, 1)
	}
	l.refusals = append(l.refusals, r)
}

// of returns what is known of a source.
func (s *sourceLogs) of(source string) sourceLog {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.all[source]
	if l == nil {
		return sourceLog{}
	}
	known := *l
	known.refusals = slices.Clone(l.refusals)
	return known
}
