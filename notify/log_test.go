package notify

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/leadgate/leadgate/lead"
)

func TestLog(t *testing.T) {
	for _, tt := range []struct {
		name   string
		alerts []Alert
		color  bool
	}{
		{"hot", []Alert{grace(lead.HotAlert)}, false},
		{"hot_color", []Alert{grace(lead.HotAlert)}, true},
		{"bare", []Alert{grace(lead.HotAlert, bare)}, false},
		{"two", []Alert{grace(lead.HotAlert), grace(lead.Repeat, again)}, false},
		{"wide", []Alert{grace(lead.HotAlert, func(l *lead.Lead, _ *lead.Touch) { l.Person.Name = strings.Repeat("李小龍 ", 20) })}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			s := open(t, "log", newFake(t), func(_ *Target, e *Env) { e.Out, e.Color = &out, tt.color })
			receipt, err := s.Send(t.Context(), tt.alerts)
			if err != nil || receipt != "preview" {
				t.Fatalf("Send = %q, %v", receipt, err)
			}
			golden(t, "log/"+tt.name+".txt", out.Bytes())
		})
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("disk full of acme") }

func TestLog_WriteFails(t *testing.T) {
	s := open(t, "log", newFake(t), func(_ *Target, e *Env) { e.Out = broken{} })
	_, err := s.Send(t.Context(), []Alert{grace(lead.HotAlert)})
	var e *Error
	if !errors.As(err, &e) || e.Code != "write" || e.Class != Again || strings.Contains(err.Error(), "acme") {
		t.Errorf("Send to a broken console = %v", err)
	}
}
