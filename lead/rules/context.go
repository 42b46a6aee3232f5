package rules

import (
	"strings"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// evalContext is what a condition may look at: the person, the touch in question and
// all touches. Texts are folded when a condition first asks for them.
type evalContext struct {
	person *lead.Person
	now    time.Time
	touch  *touchView  // nil in rules about the person or several touches
	all    []touchView // by time, the latest first
	counts []*weight   // the touches that give points, each thing done once
	mail   string      // kind of e-mail address, once asked for
	asked  bool
}

// touchView is a touch with its texts in the form in which they are compared.
type touchView struct {
	*lead.Past
	message     []byte
	messageRead bool
	answers     []answer
	answersRead bool
}

// answer is one field of a touch: its folded label, and the value as it came.
type answer struct {
	label []byte
	value string
}

func (s *evalContext) mailKind() string {
	if !s.asked {
		s.mail, s.asked = lead.MailKind(s.person.Email), true
	}
	return s.mail
}

// anyTouch reports whether the touch in question fits, or, where none is in
// question, any of them.
func (s *evalContext) anyTouch(fits func(*touchView) bool) bool {
	if s.touch != nil {
		return fits(s.touch)
	}
	for i := range s.all {
		if fits(&s.all[i]) {
			return true
		}
	}
	return false
}

// anyAnswer reports whether an answer to one of the labels fits. Where no touch is
// in question the latest one that answers counts: people correct themselves.
func (s *evalContext) anyAnswer(labels func(label []byte) bool, fits func(value string) bool) bool {
	answered, found := false, false
	s.anyTouch(func(t *touchView) bool {
		for _, a := range t.fields() {
			if labels(a.label) {
				answered = true
				found = found || fits(a.value)
			}
		}
		return answered
	})
	return found
}

func (t *touchView) words() []byte {
	if !t.messageRead {
		t.message, t.messageRead = fold(t.Message), true
	}
	return t.message
}

func (t *touchView) fields() []answer {
	if t.answersRead {
		return t.answers
	}
	t.answersRead = true
	if len(t.Fields) == 0 {
		return nil
	}
	t.answers = make([]answer, 0, len(t.Fields))
	room := make([]byte, 0, 32*len(t.Fields))
	for label, value := range t.Fields {
		start := len(room)
		room = appendFolded(room, label, atCapitals)
		t.answers = append(t.answers, answer{label: room[start:len(room):len(room)], value: value})
	}
	return t.answers
}

func (t *touchView) age(now time.Time) time.Duration { return ageOf(t.At, now) }

// ageOf is how long ago something was. A sender's clock may be ahead of ours.
func ageOf(at, now time.Time) time.Duration {
	if at.IsZero() {
		return 0 // better too warm than lost for want of a time
	}
	return max(now.Sub(at), 0)
}

// page is the page's address without what follows ? and #.
func (t *touchView) page() string {
	if i := strings.IndexAny(t.PageURL, "?#"); i >= 0 {
		return t.PageURL[:i]
	}
	return t.PageURL
}
