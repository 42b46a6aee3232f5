package notify

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Alarm is what leadgate says about itself when a human must know.
type Alarm struct {
	Key   string // alarms with the same key are told once in a while, by one replica
	About string // the target that is in trouble, and so not the one to tell; empty: none is
	Title string // one line, without a person's name or address
	Text  string // what happens meanwhile, and what to do
	URL   string // where to look; empty: nowhere
	At    time.Time
}

// Alarmer is a Sender that can tell more than leads. It tries once; its errors
// are those of Send.
type Alarmer interface {
	Alarm(ctx context.Context, a Alarm) error
}

// alarmBody is what a webhook's receiver gets of an alarm.
type alarmBody struct {
	Type      string    `json:"type"` // alarm
	Timestamp time.Time `json:"timestamp"`
	Data      struct {
		Title  string `json:"title"`
		Text   string `json:"text"`
		Target string `json:"target,omitempty"`
		URL    string `json:"url,omitempty"`
	} `json:"data"`
}

// Alarm posts the alarm as JSON of the type "alarm", signed like leads.
func (w *webhook) Alarm(ctx context.Context, a Alarm) error {
	body := alarmBody{Type: "alarm", Timestamp: a.At.UTC()}
	body.Data.Title, body.Data.Text, body.Data.Target, body.Data.URL = a.Title, a.Text, a.About, a.URL
	_, err := w.postJSON(ctx, "alarm_"+a.Key+"_"+body.Timestamp.Format(time.RFC3339Nano), body)
	return err
}

// Alarm writes the alarm where previews go.
func (p *preview) Alarm(_ context.Context, a Alarm) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := fmt.Fprintf(p.out, "%s⚠️ %s\n%s   %s\n", boxIndent, line(a.Title, 200), boxIndent, line(a.Text, 1000)); err != nil {
		return &Error{Code: "write", Err: errors.New("the alarm could not be written")}
	}
	return nil
}
