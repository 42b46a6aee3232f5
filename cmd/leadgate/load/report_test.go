package load

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func ackWith(rps, p50, p99 float64) *answers {
	return &answers{Connections: 64, Seconds: 1, Requests: 100, OK: 100, RPS: rps, Latency: latency{P50: p50, P99: p99}, ServerCPU: 10}
}

func TestComparison(t *testing.T) {
	c := &comparison{Connections: 64}
	for _, r := range [][3]float64{{50000, 25000, 30000}, {40000, 24000, 24000}, {60000, 20000, 40000}} {
		c.Rounds = append(c.Rounds, map[string]*answers{
			Echo: ackWith(r[0], 1, 2), Naive: ackWith(r[1], 2, 8), "leadgate": ackWith(r[2], 2, 6)})
	}
	c.sum()
	// Ratios are taken within each round: .6 .6 .667 and 1.2 1 2.
	if d := cmp.Diff(map[string]ratios{Echo: {RPS: .6, P99: 3}, Naive: {RPS: 1.2, P99: .75}}, c.Ratios); d != "" {
		t.Errorf("ratios (-want +got):\n%s", d)
	}
	var b strings.Builder
	c.print(&b)
	want := `
medians of 3 rounds, 64 connections
echo         50000 accepts/s  p50 1.00  p99 2.00 ms   10.0 us of server CPU a request
naive        24000 accepts/s  p50 2.00  p99 8.00 ms   10.0 us of server CPU a request
leadgate     30000 accepts/s  p50 2.00  p99 6.00 ms   10.0 us of server CPU a request
leadgate: 1.20x the accepts of naive at 0.75x its p99; 0.60x the accepts of echo at 3.00x its p99
`
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Errorf("print (-want +got):\n%s", d)
	}
}

func TestReport_Print(t *testing.T) {
	hot, warm := ackWith(5, .5, .9), ackWith(1000, .4, 1.1)
	hot.RateAsked, warm.RateAsked = 5, 1000
	warm.OK, warm.Unsent, warm.Status, warm.Errors = 98, 7, map[string]uint64{"202": 98, "503": 1}, map[string]uint64{"timeout": 1}
	warm.RedisCPU = 12.5
	a := &alerts{HotRate: 5, Channels: 8, Sent: 50, Alerts: 49, Never: 1, Twice: 2, Latency: latency{1.5, 2, 2.5, 3, 3.25}, Ack: hot, Warm: warm}
	var b strings.Builder
	a.print(&b)
	want := `alert     lead sent to Slack called: p50 1.50  p90 2.00  p99 2.50  p99.9 3.00  max 3.25 ms  (49 alerts of 50, 5 hot/s over 8 channels, behind 1000 warm/s)
  hot            5 accepts/s  p50 0.50  p90 0.00  p99 0.90  p99.9 0.00  max 0.00 ms  (64 connections, 5/s asked for)
              10.0 us of server CPU a request
  warm        1000 accepts/s  p50 0.40  p90 0.00  p99 1.10  p99.9 0.00  max 0.00 ms  (64 connections, 1000/s asked for)
              10.0 us of server CPU a request, 12.5 of Redis
          98 of 100 accepted, 7 never sent; answers map[202:98 503:1], errors map[timeout:1]
`
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Errorf("print (-want +got):\n%s", d)
	}
	err := (&Report{Alert: a}).Verdict()
	for _, says := range []string{"2 of 100 requests were not accepted", "1 of 50 hot leads were never alerted", "2 alerts came twice"} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("verdict = %v, want %q", err, says)
		}
	}
	bad := ackWith(1, 1, 1)
	bad.OK = 0
	if err := (&Report{Compare: &comparison{Rounds: []map[string]*answers{{Naive: bad}}}}).Verdict(); err == nil || !strings.Contains(err.Error(), "naive: 100 of 100") {
		t.Errorf("verdict = %v, want that naive accepted nothing", err)
	}
	if err := (&Report{Ack: ackWith(1, 1, 1)}).Verdict(); err != nil {
		t.Errorf("verdict = %v of a good run", err)
	}
}
