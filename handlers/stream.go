package handlers

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/lead"
)

// watcher tells what happens as it happens. jobs.Jobs is one.
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

// stream answers GET /api/v1/stream with server-sent events that do not end
// (https://html.spec.whatwg.org/multipage/server-sent-events.html): the event is
// the kind of news, the data its JSON, the id its place. Last-Event-ID, or
// ?after= where a header cannot be sent, goes on after that place.
func (s *Server) stream(c echo.Context) error {
	q := query{values: c.QueryParams()}
	q.only("source", "temperature", "after")
	f := newsFilter{source: q.text("source"), temperature: q.oneOf("temperature", "cold", "warm", "hot")}
	place := q.text("after")
	if q.err != nil {
		return q.err
	}
	if s.o.Watcher == nil {
		return lead.ErrUnavailable
	}
	if n := s.streams.Add(1); n > mostStreams {
		s.streams.Add(-1)
		return problem.Problem{Code: problem.Unavailable, Retry: 30, Detail: "Too many streams are open. Close some, or read the lists instead."}
	}
	defer s.streams.Add(-1)
	ctx, cancel := context.WithCancel(c.Request().Context())
	defer cancel()
	defer context.AfterFunc(s.closing, cancel)() // a shutdown waits for nobody who only watches

	if last := c.Request().Header.Get("Last-Event-ID"); last != "" {
		place = last
	}
	if place == "" {
		place = s.o.Watcher.Place()
	}
	return newStreamWriter(c).run(ctx, s.o.Watcher, f, place)
}

// streamWriter writes news to one client.
type streamWriter struct {
	out     http.ResponseWriter
	control *http.ResponseController
	buf     bytes.Buffer
}

func newStreamWriter(c echo.Context) *streamWriter {
	h := c.Response().Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would gather it
	h.Set("X-Content-Type-Options", "nosniff")
	w := &streamWriter{out: c.Response(), control: http.NewResponseController(c.Response())}
	// The server's limits are for requests that end.
	_ = w.control.SetReadDeadline(time.Time{}) // not every writer has one, and such a writer has no limit
	c.Response().WriteHeader(http.StatusOK)
	return w
}

// run writes until ctx ends or the client does not read.
func (w *streamWriter) run(ctx context.Context, from watcher, f newsFilter, place string) error {
	w.buf.WriteString("retry: 2000\n")
	w.beat(place)
	for w.flush() == nil && ctx.Err() == nil {
		wait, cancel := context.WithTimeout(ctx, streamBeat)
		news := from.News(wait, place)
		cancel()
		for _, n := range news {
			place = n.ID
			if f.wants(n) {
				w.write(n)
			}
		}
		if w.buf.Len() == 0 && len(news) == 0 && ctx.Err() == nil {
			w.beat(place)
		}
		gather(ctx, streamPace)
	}
	return nil
}

// write adds one piece of news. Its JSON is one line, whatever is in it.
func (w *streamWriter) write(n lead.News) {
	data, err := json.Marshal(n)
	if err != nil {
		return // strings, numbers and a time within the years 0 to 9999
	}
	for _, part := range []string{"id: ", n.ID, "\nevent: ", string(n.Kind), "\ndata: ", string(data), "\n\n"} {
		w.buf.WriteString(part)
	}
}

// beat adds a place without news: the client remembers it, and proxies see life.
func (w *streamWriter) beat(place string) { w.buf.WriteString("id: " + place + "\n: alive\n\n") }

// flush sends what was added.
func (w *streamWriter) flush() error {
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

// gather waits for more news to come.
func gather(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
