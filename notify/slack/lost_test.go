package slack

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/notifytest"
)

// losing is Slack behind a network that loses the first answer about every
// message after it was posted. It can be asked for what stands in the channel.
type losing struct {
	mu     sync.Mutex
	posted []map[string]any // messages as conversations.history tells them
	lost   map[string]bool  // touches whose first answer is lost
	times  map[string]int   // touch -> how often it was posted
}

func (l *losing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.ParseForm()
	l.mu.Lock()
	defer l.mu.Unlock()
	switch r.URL.Path {
	case "/api/chat.postMessage":
		var meta map[string]any
		json.Unmarshal([]byte(r.Form.Get("metadata")), &meta)
		id := meta["event_payload"].(map[string]any)["touch_id"].(string)
		l.times[id]++
		ts := fmt.Sprintf("%d.%06d", notifytest.Received.Unix(), len(l.posted))
		l.posted = append(l.posted, map[string]any{"ts": ts, "metadata": meta})
		if !l.lost[id] {
			l.lost[id] = true
			panic(http.ErrAbortHandler)
		}
		fmt.Fprintf(w, `{"ok":true,"channel":"C0SALES","ts":%q}`, ts)
	case "/api/conversations.history":
		newest := l.posted[max(0, len(l.posted)-20):] // those since the attempt
		b, _ := json.Marshal(map[string]any{"ok": true, "messages": newest})
		w.Write(b)
	}
}

// TestSlack_EveryAnswerLost sends many alerts, each of whose first answers is
// lost after Slack has posted it.
func TestSlack_EveryAnswerLost(t *testing.T) {
	world := &losing{lost: map[string]bool{}, times: map[string]int{}}
	srv := httptest.NewServer(world)
	t.Cleanup(srv.Close)
	o := Options{Token: "xoxb-secret", APIURL: srv.URL + "/api/", Style: testStyle, Now: notifytest.ClockFrom(notifytest.Received.Add(-time.Hour), testStyle.Now)}
	s, err := Open(notify.Target{Name: "sales", Kind: "slack", Channel: "C0SALES"}, o)
	if err != nil {
		t.Fatal(err)
	}
	const sends = 1000
	lost := 0
	for i := range sends {
		a := notifytest.Grace(lead.HotAlert)
		a.Touch.ID, a.Lead.ID = "T"+strconv.Itoa(i), "L"+strconv.Itoa(i)
		for try := 0; ; try++ {
			_, err := s.Send(t.Context(), []notify.Alert{a})
			if err == nil {
				break
			}
			var e *notify.Error
			if !errors.As(err, &e) || !e.Ambiguous || try > 3 {
				t.Fatalf("Send %d, attempt %d = %v, want an ambiguous failure once", i, try, err)
			}
			lost++
		}
	}
	twice := 0
	for _, n := range world.times {
		twice += n - 1
	}
	if len(world.times) != sends || lost != sends || twice > 1 {
		t.Errorf("of %d alerts with %d lost answers %d are in Slack, with %d duplicates; want all, and at most 1", sends, lost, len(world.times), twice)
	}
	t.Logf("%d sends, %d lost answers, %d duplicates", sends, lost, twice)
}
