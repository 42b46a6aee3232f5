package load

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// slackServer is as much of Slack as an alert needs. It knows when each lead was
// sent and when its alert came, so that it can tell how long that took.
type slackServer struct {
	url    string // of the Web API, with a slash at the end
	server *http.Server
	served chan struct{}

	mu     sync.Mutex
	sent   map[uint64]time.Time // by person: when the lead was sent
	seen   map[uint64]time.Time // when an alert first showed them
	again  int                  // alerts that showed somebody once more
	posted int
}

// newSlackServer listens at a loopback address, such as 127.0.0.1:0.
func newSlackServer(listen string) (*slackServer, error) {
	ln, err := net.Listen("tcp", listen)
	if err != nil {
		return nil, fmt.Errorf("listen for slack: %w", err)
	}
	s := &slackServer{url: "http://" + ln.Addr().String() + "/api/", served: make(chan struct{}),
		sent: map[uint64]time.Time{}, seen: map[uint64]time.Time{}}
	s.server = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		defer close(s.served)
		_ = s.server.Serve(ln) // it only ends with close
	}()
	return s, nil
}

func (s *slackServer) close() {
	s.server.Close()
	<-s.served
}

// expect says that the lead of a person was sent and accepted.
func (s *slackServer) expect(id uint64, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent[id] = at
}

// ServeHTTP takes chat.postMessage and answers the other calls of a client that
// starts or updates a message. An unknown method is an error, as with Slack.
func (s *slackServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	at := time.Now()
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return // the caller went away
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	channel := channelOf(r.Header.Get("Content-Type"), body)
	switch strings.TrimPrefix(r.URL.Path, "/api/") {
	case "chat.postMessage":
		fmt.Fprintf(w, `{"ok":true,"channel":%q,"ts":%q}`, channel, s.post(at, body))
	case "chat.update":
		fmt.Fprintf(w, `{"ok":true,"channel":%q,"ts":"1.000001"}`, channel)
	case "auth.test":
		io.WriteString(w, `{"ok":true,"team":"load","user":"leadgate","team_id":"T0LOAD","user_id":"U0LOAD"}`)
	case "conversations.history":
		io.WriteString(w, `{"ok":true,"messages":[],"has_more":false}`)
	default:
		io.WriteString(w, `{"ok":false,"error":"unknown_method"}`)
	}
}

// post takes down whom a message shows and gives it its name.
func (s *slackServer) post(at time.Time, body []byte) (ts string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.posted++
	for id := range idsIn(body) {
		if _, ok := s.seen[id]; ok {
			s.again++
			continue
		}
		s.seen[id] = at
	}
	return fmt.Sprintf("%d.%06d", at.Unix(), s.posted%1_000_000)
}

// idsIn are the people that a message shows, each once.
func idsIn(body []byte) map[uint64]bool {
	ids := map[uint64]bool{}
	for {
		_, rest, ok := bytes.Cut(body, []byte(mark))
		if !ok || len(rest) < 16 {
			return ids
		}
		if id, err := strconv.ParseUint(string(rest[:16]), 16, 64); err == nil {
			ids[id] = true
		}
		body = rest
	}
}

func channelOf(contentType string, body []byte) string {
	if strings.Contains(contentType, "json") {
		var m struct{ Channel string }
		_ = json.Unmarshal(body, &m) // unreadable: no channel, which the caller notices
		return m.Channel
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return ""
	}
	return form.Get("channel")
}

// drained waits until every lead that was expected has been seen, or ctx ends.
func (s *slackServer) drained(ctx context.Context) bool {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for s.missing() > 0 {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

func (s *slackServer) missing() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.sent {
		if _, ok := s.seen[id]; !ok {
			n++
		}
	}
	return n
}

// fill completes a report with how long each expected lead's alert took, from
// when the lead was sent.
func (s *slackServer) fill(a *alerts) {
	h := &histogram{}
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, at := range s.sent {
		if seen, ok := s.seen[id]; ok {
			h.add(seen.Sub(at))
		}
	}
	a.Sent, a.Alerts, a.Never, a.Twice, a.Latency = len(s.sent), int(h.n), len(s.sent)-int(h.n), s.again, latencyOf(h)
}
