package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/ops"
)

// TestProgram_OneTargetDisturbsNoOther runs three CRMs beside Slack: one hangs,
// one fails, one is fine. The fine one and Slack hear at once, the failing one
// is said aloud in Slack, and when it is mended and let go on it gets exactly
// what it missed.
func TestProgram_OneTargetDisturbsNoOther(t *testing.T) {
	t.Parallel()
	onBothStores(t, func(t *testing.T, env []string) {
		var mu sync.Mutex
		got, traces, mended := map[string]int{}, map[string]bool{}, false
		crm := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/hangs" {
				io.Copy(io.Discard, r.Body) // only then is it seen that the client has gone
				<-r.Context().Done()
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if r.URL.Path == "/fails" && !mended {
				http.Error(w, "no such hook", http.StatusNotFound)
				return
			}
			got[r.URL.Path]++
			traces[r.Header.Get("Traceparent")] = true
			fmt.Fprint(w, `{"id": "42"}`)
		}))
		defer func() { crm.CloseClientConnections(); crm.Close() }()
		taken := func(path string) int { mu.Lock(); defer mu.Unlock(); return got[path] }
		slack := newFakeSlack(t)
		p := newProgram(t, append(env, append(slack.env(), "LEADGATE_ALLOW_PRIVATE_TARGETS=1")...)...)
		p.config(twoSources + strings.ReplaceAll(`
targets:
  - {name: hangs, kind: webhook, url: "CRM/hangs"}
  - {name: fails, kind: webhook, url: "CRM/fails"}
  - {name: fine, kind: http, url: "CRM/fine", body: '{"name": "{{.Name}}"}'}
routes:
  - {to: slack, at_least: hot}
  - {to: hangs, at_least: cold}
  - {to: fails, at_least: cold}
  - {to: fine, at_least: cold}
alarms: {to: slack}
`, "CRM", crm.URL))
		p.start()
		const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
		const leads = 6
		var last string
		for i := range leads {
			code, a := p.post("/in/warm", "application/json", fmt.Sprintf(`{"name":"Warm%dx","email":"warm%d@firma.example"}`, i, i), "Traceparent", trace)
			if code/100 != 2 {
				t.Fatalf("lead %d was answered %d", i, code)
			}
			last = a.ID
		}
		p.lead("hot", "Hotx Example")
		awaitFor(t, "Slack to hear of the hot lead", 5*time.Second, func() bool { return len(slack.about("Hotx")) == 1 })
		awaitFor(t, "the fine CRM to have all", 5*time.Second, func() bool { return taken("/fine") == leads+1 })
		awaitFor(t, "Slack to hear that a target takes nothing", 10*time.Second, func() bool { return len(slack.about("Target fails takes no leads")) == 1 })
		mu.Lock()
		if !traces[trace] {
			t.Errorf("the CRM saw the traces %v, want that of the requests", traces)
		}
		mended = true
		mu.Unlock()

		var targets struct{ Items []ops.Target }
		if code := p.get("/targets", &targets); code != http.StatusOK || len(targets.Items) != 4 {
			t.Fatalf("targets = %d %+v", code, targets)
		}
		for _, s := range targets.Items {
			if (s.Name == "fails") != (s.State == "broken") || s.Name == "fails" && (s.Waiting != leads+1 || !strings.HasPrefix(s.LastError, "http_404")) {
				t.Errorf("target %+v", s)
			}
		}
		if code := p.call("/targets/fails/resume", `{}`, nil); code != http.StatusOK {
			t.Errorf("resume = %d", code)
		}
		awaitFor(t, "the mended CRM to have all", 10*time.Second, func() bool { return taken("/fails") == leads+1 })
		awaitFor(t, "Slack to hear that it is mended", 10*time.Second, func() bool { return len(slack.about("Target fails takes leads again")) == 1 })
		want := map[string]lead.Delivery{"hangs": {State: lead.Waiting}, "fails": {State: lead.Sent, Receipt: "42"}, "fine": {State: lead.Sent, Receipt: "42"}}
		awaitFor(t, "the deliveries of the last lead to say so", 10*time.Second, func() bool {
			touch, _ := p.touch(last)
			ok := len(touch.Deliveries) == len(want)
			for _, d := range touch.Deliveries {
				ok = ok && d.State == want[d.Target].State && d.Receipt == want[d.Target].Receipt
			}
			return ok
		})
	})
}
