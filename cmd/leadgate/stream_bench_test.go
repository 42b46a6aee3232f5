package main

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// TestStreamLatency prints how soon after its 2xx a lead is in an open stream
// and can be read, at fifty leads a second, one in ten of them hot:
//
//	LEADGATE_MEASURE=1 go test ./cmd/leadgate -run TestStreamLatency -v
func TestStreamLatency(t *testing.T) {
	if os.Getenv("LEADGATE_MEASURE") == "" {
		t.Skip("measures only with LEADGATE_MEASURE=1")
	}
	const rate, n = 50, 500
	for name, real := range map[string]bool{"Builtin": false, "Server": true} {
		t.Run(name, func(t *testing.T) {
			slack := newFakeSlack(t)
			env := slack.env()
			if real {
				env = append(env, "LEADGATE_REDIS_URL="+newRealRedis(t).url())
			}
			p := newProgram(t, env...)
			p.config("sources:\n  - {name: warm, provider: json, action: webinar_registered}\n  - {name: hot, provider: json, action: demo_request}\n")
			p.start()
			answered, seen := map[string]time.Time{}, map[string]time.Time{}
			var mu sync.Mutex
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+p.addr+"/api/v1/stream", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+apiToken)
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			go func() {
				for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
					var m lead.News
					data, ok := strings.CutPrefix(lines.Text(), "data: ")
					if !ok || json.Unmarshal([]byte(data), &m) != nil || m.Kind != lead.LeadNews || m.TouchID == "" {
						continue
					}
					p.get("/leads/"+m.LeadID, new(lead.Lead)) // as the open inbox does for its row
					mu.Lock()
					if seen[m.TouchID].IsZero() {
						seen[m.TouchID] = time.Now()
					}
					mu.Unlock()
				}
			}()
			tick := time.NewTicker(time.Second / rate)
			defer tick.Stop()
			var posts sync.WaitGroup
			for i := range n {
				<-tick.C
				posts.Go(func() {
					source := "warm"
					if i%10 == 0 {
						source = "hot"
					}
					a := p.lead(source, "Visitor "+strings.Repeat("x", i%7)+string(rune('a'+i%26))+string(rune('a'+i/26)))
					mu.Lock()
					answered[a.ID] = time.Now()
					mu.Unlock()
				})
			}
			posts.Wait()
			p.await("all to be seen", 30*time.Second, func() bool { mu.Lock(); defer mu.Unlock(); return len(seen) >= len(answered) })
			var took []time.Duration
			for id, at := range answered {
				took = append(took, max(0, seen[id].Sub(at)))
			}
			slices.Sort(took)
			t.Logf("%d leads at %d/s: from the 2xx to the row, p50 %s, p99 %s, max %s", len(took), rate, took[len(took)/2], took[len(took)*99/100], took[len(took)-1])
			if took[len(took)*99/100] > 250*time.Millisecond {
				t.Error("p99 is above 250 ms")
			}
		})
	}
}
