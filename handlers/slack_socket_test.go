package handlers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/leadgate/leadgate/lead"
)

// socketSlack is Slack's side of Socket Mode: it hands each connection to the
// test, one after the other.
type socketSlack struct {
	*slackWorld
	conns  chan *websocket.Conn
	refuse chan string // what the next calls of apps.connections.open are refused with
}

func newSocketSlack(t *testing.T) *socketSlack {
	s := &socketSlack{slackWorld: &slackWorld{heard: make(chan struct{}, 100)}, conns: make(chan *websocket.Conn, 10), refuse: make(chan string, 10)}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *socketSlack) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasSuffix(r.URL.Path, "/apps.connections.open"):
		select {
		case word := <-s.refuse:
			fmt.Fprintf(w, `{"ok":false,"error":%q}`, word)
		default:
			fmt.Fprintf(w, `{"ok":true,"url":"ws%s/socket"}`, strings.TrimPrefix(s.URL, "http"))
		}
	case r.URL.Path == "/socket":
		c, err := (&websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}).Upgrade(w, r, nil)
		if err != nil {
			return
		}
		_ = c.WriteJSON(map[string]any{"type": "hello", "num_connections": 1})
		s.conns <- c
	default:
		s.slackWorld.ServeHTTP(w, r)
	}
}

// connected waits for the next connection.
func (s *socketSlack) connected(t *testing.T) *websocket.Conn {
	t.Helper()
	select {
	case c := <-s.conns:
		t.Cleanup(func() { c.Close() })
		return c
	case <-time.After(30 * time.Second):
		t.Fatal("no connection")
		return nil
	}
}

// envelope sends something and waits until it is acknowledged.
func envelope(t *testing.T, c *websocket.Conn, kind, id string, payload any) (answer string) {
	t.Helper()
	if err := c.WriteJSON(map[string]any{"type": kind, "envelope_id": id, "payload": payload, "accepts_response_payload": true}); err != nil {
		t.Fatal(err)
	}
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	var ack struct {
		EnvelopeID string          `json:"envelope_id"`
		Payload    json.RawMessage `json:"payload"`
	}
	if err := c.ReadJSON(&ack); err != nil || ack.EnvelopeID != id {
		t.Fatalf("acknowledged %+v, %v; want envelope %s", ack, err, id)
	}
	return string(ack.Payload)
}

// interaction is the payload of a click as Socket Mode carries it.
func (w *slackWorld) interaction(t *testing.T, action string) any {
	t.Helper()
	form, err := url.ParseQuery(w.click("U1", action, "v1.l1.3"))
	if err != nil {
		t.Fatal(err)
	}
	return json.RawMessage(form.Get("payload"))
}

// TestSlack_Socket: clicks and commands come over one connection after another,
// each counts once, and every envelope is acknowledged.
func TestSlack_Socket(t *testing.T) {
	world := newSocketSlack(t)
	world.refuse <- "internal_error" // the first attempt fails
	_, actor := slackServer(t, world.slackWorld, func(o *Options) {
		o.Slack.AppToken, o.Slack.SigningSecret, o.Slack.APIURL = "xapp-test", "", world.URL+"/api/"
	})
	conn := world.connected(t)
	if got := envelope(t, conn, "interactive", "e1", world.interaction(t, "lead.claim")); got != "" && got != "null" {
		t.Errorf("a click is answered %s, want nothing", got)
	}
	claim := func() string {
		if actor.l.Claim == nil {
			return ""
		}
		return actor.l.Claim.By
	}
	if claim() != "Display U1" {
		t.Fatalf("the lead is of %q after the click", claim())
	}

	// Slack, which saw no answer in time, sends the envelope again.
	actor.l.Claim, actor.l.Status = nil, lead.New
	envelope(t, conn, "interactive", "e1", world.interaction(t, "lead.claim"))
	if claim() != "" {
		t.Error("an envelope that came twice counted twice")
	}
	if got := envelope(t, conn, "slash_commands", "e2", map[string]any{"command": "/leads", "team_id": "T1", "api_app_id": "A1", "user_id": "U1"}); !strings.Contains(got, "Hot and unclaimed: 1") {
		t.Errorf("/leads is answered %s", got)
	}
	envelope(t, conn, "slash_commands", "e3", map[string]any{"command": "/leads", "team_id": "T2", "user_id": "U1"}) // a stranger, and no crash

	// Slack refreshes its connections now and then.
	if err := conn.WriteJSON(map[string]any{"type": "disconnect", "reason": "refresh_requested"}); err != nil {
		t.Fatal(err)
	}
	conn = world.connected(t)
	envelope(t, conn, "interactive", "e4", world.interaction(t, "lead.claim"))
	if claim() != "Display U1" {
		t.Errorf("the lead is of %q after a click on the second connection", claim())
	}

	// The network goes, and Slack refuses a while.
	world.refuse <- "ratelimited"
	conn.Close()
	conn = world.connected(t)
	envelope(t, conn, "interactive", "e5", world.interaction(t, "lead.unclaim"))
	if claim() != "" {
		t.Errorf("the lead is of %q after it was given back", claim())
	}
}
