package load

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

type slackAnswer struct {
	OK                 bool
	Error, TS, Channel string
}

func callLoadSlack(t *testing.T, s *slackServer, method, contentType, body string) (a slackAnswer) {
	t.Helper()
	resp, err := http.Post(s.url+method, contentType, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &a); err != nil {
		t.Fatalf("%s: %v in %s", method, err, raw)
	}
	return a
}

func personOf(id uint64) string { return fmt.Sprintf("%s%016x", mark, id) }

func TestSlack(t *testing.T) {
	s, err := newSlackServer("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	begin := time.Now()
	for id := range uint64(3) {
		s.expect(id, begin.Add(-time.Second))
	}
	const form = "application/x-www-form-urlencoded"
	message := func(ids ...uint64) string {
		blocks := ""
		for _, id := range ids {
			blocks += fmt.Sprintf(`[{"type":"header","text":"Ada %s"},{"text":"mailto:%s@works.example"}]`, personOf(id), personOf(id))
		}
		return url.Values{"channel": {"C0LOAD1"}, "blocks": {blocks}}.Encode()
	}
	first := callLoadSlack(t, s, "chat.postMessage", form, message(0))
	second := callLoadSlack(t, s, "chat.postMessage", "application/json", fmt.Sprintf(`{"channel":"C0LOAD2","text":"%s"}`, personOf(1)))
	if !first.OK || first.Channel != "C0LOAD1" || first.TS == "" || second.Channel != "C0LOAD2" || second.TS == "" || second.TS == first.TS {
		t.Errorf("answers %+v and %+v, want ok, the channel, and a name of its own each", first, second)
	}
	if s.missing() != 1 {
		t.Errorf("missing = %d, want 1", s.missing())
	}
	waiting, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if s.drained(waiting) {
		t.Error("drained with a lead missing")
	}
	callLoadSlack(t, s, "chat.postMessage", form, message(2, 0)) // a rollup that shows 0 again
	if !s.drained(t.Context()) {
		t.Error("not drained, but everybody was shown")
	}
	var a alerts
	s.fill(&a)
	if a.Sent != 3 || a.Alerts != 3 || a.Never != 0 || a.Twice != 1 {
		t.Errorf("sent %d alerts %d never %d twice %d, want 3 3 0 1", a.Sent, a.Alerts, a.Never, a.Twice)
	}
	if a.Latency.P50 < 1000 || a.Latency.P50 > 1000+float64(time.Since(begin).Milliseconds())+10 {
		t.Errorf("p50 = %v ms, want a second and what the calls took", a.Latency.P50)
	}
}

func TestSlack_OtherCalls(t *testing.T) {
	s, err := newSlackServer("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	for _, method := range []string{"chat.update", "auth.test", "conversations.history"} {
		if a := callLoadSlack(t, s, method, "application/x-www-form-urlencoded", "channel=C1"); !a.OK {
			t.Errorf("%s = %+v, want ok", method, a)
		}
	}
	if a := callLoadSlack(t, s, "files.upload", "application/x-www-form-urlencoded", "%zz"); a.OK || a.Error != "unknown_method" {
		t.Errorf("files.upload = %+v, want unknown_method", a)
	}
	if _, err := newSlackServer(strings.TrimSuffix(strings.TrimPrefix(s.url, "http://"), "/api/")); err == nil {
		t.Error("a second server on the same address, want an error")
	}
}

func TestIDs_Hostile(t *testing.T) {
	for _, s := range []string{"", "lgt", "lgt12", "lgtzzzzzzzzzzzzzzzz", strings.Repeat("lgt", 50)} {
		if got := idsIn([]byte(s)); len(got) != 0 {
			t.Errorf("idsIn(%q) = %v, want nobody", s, got)
		}
	}
}
