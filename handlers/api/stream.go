package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/lead"
)

// watcher tells what happens as it happens. events.Log is one.
type watcher interface {
	// Place is where the stream is now.
	Place() string
	// News is what happened after a place, in order, waiting until something
	// has; none when ctx ended first. A single reset stands for what is lost.
	News(ctx context.Context, place string) []lead.News
}

const (
	mostStreams = 256 // open at once
	// streamBeat is how often a stream says that it lives. Proxies cut a
	// connection that is silent for a minute.
	streamBeat = 15 * time.Second
	// streamPace gathers news, so that a flood makes few writes; well below what
	// a person notices.
	streamPace = 20 * time.Millisecond
	// streamPatience is how long a client may take to read; then it is dropped
	// and comes back with the place where it was.
	streamPatience = 10 * time.Second
)

// newsFilter chooses news. Empty fields choose all; a reset is always chosen.
type newsFilter struct{ source, temperature string }

func (f newsFilter) wants(n lead.News) bool {
	return n.Kind == lead.ResetNews ||
		(f.source == "" || n.Source == f.source) && (f.temperature == "" || n.Temperature == f.temperature)
}

// Stream answers GET /api/v1/stream with server-sent events that do not end
// (https://html.spec.whatwg.org/multipage/server-sent-events.html): the event is
// the kind of news, the data its JSON, the id its place. Last-Event-ID, or
// ?after= where a header cannot be sent, goes on after that place.
func (s *API) Stream(c echo.Context) error {
	q := query{values: c.QueryParams()}
	q.only("source", "temperature", "after")
	f := newsFilter{source: q.text("source"), temperature: q.oneOf("temperature", "cold", "warm", "hot")}
	place := q.text("after")
	if q.err != nil {
		return q.err
	}
	w, err := s.OpenStream(c, place)
	if err != nil {
		return err
	}
	defer w.Close()
	return w.run(f)
}

// Stream sends server-sent events to one client until it goes or the server is
// shut down.
type Stream struct {
	ctx     context.Context
	stop    func()
	news    watcher
	place   string // of the last event that was sent
	out     http.ResponseWriter
	control *http.ResponseController
	buf     bytes.Buffer
}

// OpenStream begins a stream after a place, or that of Last-Event-ID, or now. The
// caller closes it.
func (s *API) OpenStream(c echo.Context, after string) (*Stream, error) {
	if n := s.streams.Add(1); n > mostStreams {
		s.streams.Add(-1)
		return nil, problem.Problem{Code: problem.Unavailable, Retry: 30, Detail: "Too many streams are open. Close some, or read the lists instead."}
	}
	ctx, cancel := context.WithCancel(c.Request().Context())
	atShutdown := context.AfterFunc(s.closing, cancel) // a shutdown does not wait for streams
	place := cmp.Or(c.Request().Header.Get("Last-Event-ID"), after)
	if place == "" {
		place = s.o.Watcher.Place()
	}
	h := c.Response().Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would gather it
	h.Set("X-Content-Type-Options", "nosniff")
	w := &Stream{ctx: ctx, news: s.o.Watcher, place: place, out: c.Response(), control: http.NewResponseController(c.Response()),
		stop: func() { cancel(); atShutdown(); s.streams.Add(-1) }}
	// The server's limits are for requests that end.
	_ = w.control.SetReadDeadline(time.Time{}) // not every writer has one, and such a writer has no limit
	c.Response().WriteHeader(http.StatusOK)
	w.buf.WriteString("retry: 2000\n")
	w.Beat()
	return w, nil
}

// Close ends the stream.
func (w *Stream) Close() { w.stop() }

// Context ends with the stream.
func (w *Stream) Context() context.Context { return w.ctx }

// News returns what happened after the last event, waiting for it no longer than
// a proxy would.
func (w *Stream) News() []lead.News {
	wait, cancel := context.WithTimeout(w.ctx, streamBeat)
	defer cancel()
	return w.news.News(wait, w.place)
}

// Send adds an event at a place; data is one line. An event without a name is a
// message, one without data moves the place alone.
func (w *Stream) Send(place, event, data string) {
	w.place = place
	if data == "" {
		return
	}
	w.buf.WriteString("id: " + place + "\n")
	if event != "" {
		w.buf.WriteString("event: " + event + "\n")
	}
	w.buf.WriteString("data: " + data + "\n\n")
}

// Beat adds the place without news: the client remembers it, and proxies see that
// the stream is alive.
func (w *Stream) Beat() { w.buf.WriteString("id: " + w.place + "\n: alive\n\n") }

// Flush sends what was added.
func (w *Stream) Flush() error {
	if w.buf.Len() == 0 {
		return nil
	}
	_ = w.control.SetWriteDeadline(time.Now().Add(streamPatience)) // as above
	_, err := w.out.Write(w.buf.Bytes())
	w.buf.Reset()
	if err != nil {
		return err
	}
	return w.control.Flush()
}

// Pause lets more news come before the next are read.
func (w *Stream) Pause(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-w.ctx.Done():
	}
}

// run sends news until the stream ends or the client does not read.
func (w *Stream) run(f newsFilter) error {
	for w.Flush() == nil && w.ctx.Err() == nil {
		news := w.News()
		for _, n := range news {
			data, err := json.Marshal(n)
			if err != nil || !f.wants(n) {
				data = nil // strings, numbers and a time within the years 0 to 9999 make no error
			}
			w.Send(n.ID, string(n.Kind), string(data))
		}
		if w.buf.Len() == 0 && len(news) == 0 && w.ctx.Err() == nil {
			w.Beat()
		}
		w.Pause(streamPace)
	}
	return nil
}

// Place is where the stream is now.
func (s *API) Place() string { return s.o.Watcher.Place() }
