package load

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// Report is what load measured. Latencies are in milliseconds, processor
// time in microseconds.
type Report struct {
	Mode     string      `json:"mode"`
	Version  string      `json:"version"`
	Redis    string      `json:"redis,omitempty"`
	InMemory bool        `json:"data_in_memory,omitempty"` // no disk took part
	Alert    *alerts     `json:"alert,omitempty"`
	Ack      *answers    `json:"ack,omitempty"`
	Compare  *comparison `json:"compare,omitempty"`
}

// latency are quantiles in milliseconds.
type latency struct {
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p99_9"`
	Max  float64 `json:"max"`
}

func latencyOf(h *histogram) latency {
	q := func(p float64) float64 { return float64(h.quantile(p).Microseconds()) / 1000 }
	return latency{P50: q(.5), P90: q(.9), P99: q(.99), P999: q(.999), Max: q(1)}
}

func (l latency) String() string {
	return fmt.Sprintf("p50 %.2f  p90 %.2f  p99 %.2f  p99.9 %.2f  max %.2f ms", l.P50, l.P90, l.P99, l.P999, l.Max)
}

// answers is how requests were answered.
type answers struct {
	Connections int               `json:"connections"`
	RateAsked   float64           `json:"rate_asked,omitempty"` // 0: closed loop
	Seconds     float64           `json:"seconds"`
	Requests    uint64            `json:"requests"`
	OK          uint64            `json:"ok"`
	Unsent      uint64            `json:"unsent,omitempty"` // due, but every connection was busy to the end
	RPS         float64           `json:"ok_per_second"`
	Latency     latency           `json:"latency_ms"`
	Status      map[string]uint64 `json:"status"`
	Errors      map[string]uint64 `json:"errors,omitempty"`
	ServerCPU   float64           `json:"server_cpu_us_per_request,omitempty"` // with whatever the server does behind its answers
	RedisCPU    float64           `json:"redis_cpu_us_per_request,omitempty"`
	OwnLate     float64           `json:"generator_late_p99_ms,omitempty"` // how late it woke up for a request, not part of the latency
}

func ackOf(s stream, t *tally) *answers {
	a := &answers{Connections: s.conns, RateAsked: s.rate, Seconds: s.duration.Seconds(), Requests: t.requests, OK: t.ok, Unsent: t.unsent,
		RPS: round(float64(t.ok) / s.duration.Seconds()), Latency: latencyOf(&t.took), Status: t.status, Errors: t.errors, OwnLate: latencyOf(&t.late).P99}
	each := func(i int) float64 {
		if i >= len(t.cpu) || t.requests == 0 {
			return 0
		}
		return round(float64(t.cpu[i].Microseconds()) / float64(t.requests))
	}
	a.ServerCPU, a.RedisCPU = each(0), each(1)
	return a
}

func round(x float64) float64 { return math.Round(x*10) / 10 }

func (a *answers) print(w io.Writer, name string) {
	loop := "each as soon as the last one is answered"
	if a.RateAsked > 0 {
		loop = fmt.Sprintf("%g/s asked for", a.RateAsked)
	}
	fmt.Fprintf(w, "%-9s %8.0f accepts/s  %s  (%d connections, %s)\n", name, a.RPS, a.Latency, a.Connections, loop)
	if a.ServerCPU > 0 {
		fmt.Fprintf(w, "          %8.1f us of server CPU a request", a.ServerCPU)
		if a.RedisCPU > 0 {
			fmt.Fprintf(w, ", %.1f of Redis", a.RedisCPU)
		}
		fmt.Fprintln(w)
	}
	if a.OK < a.Requests || a.Unsent > 0 {
		fmt.Fprintf(w, "          %d of %d accepted, %d never sent; answers %v, errors %v\n", a.OK, a.Requests, a.Unsent, a.Status, a.Errors)
	}
}

// verdict is an error when a request was not accepted.
func (a *answers) verdict() error {
	if a != nil && (a.OK < a.Requests || a.OK == 0) {
		return fmt.Errorf("%d of %d requests were not accepted", a.Requests-a.OK, a.Requests)
	}
	return nil
}

// alerts is how long hot leads took from being sent to arriving at Slack.
type alerts struct {
	HotRate  float64  `json:"hot_per_second"`
	Channels int      `json:"channels"`
	Sent     int      `json:"sent"` // and accepted
	Alerts   int      `json:"alerts"`
	Never    int      `json:"never"` // not within the grace at the end
	Twice    int      `json:"twice"` // shown once more by a later alert
	Latency  latency  `json:"latency_ms"`
	Ack      *answers `json:"hot_ack"`
	Warm     *answers `json:"warm_ack,omitempty"` // of the warm leads behind them
}

func (a *alerts) print(w io.Writer) {
	behind := "idle"
	if a.Warm != nil {
		behind = fmt.Sprintf("behind %g warm/s", a.Warm.RateAsked)
	}
	fmt.Fprintf(w, "alert     lead sent to Slack called: %s  (%d alerts of %d, %g hot/s over %d channels, %s)\n", a.Latency, a.Alerts, a.Sent, a.HotRate, a.Channels, behind)
	a.Ack.print(w, "  hot")
	if a.Warm != nil {
		a.Warm.print(w, "  warm")
	}
}

// verdict is an error when somebody was not alerted exactly once.
func (a *alerts) verdict() error {
	if a == nil {
		return nil
	}
	errs := []error{a.Ack.verdict(), a.Warm.verdict()}
	if a.Never > 0 || a.Alerts == 0 {
		errs = append(errs, fmt.Errorf("%d of %d hot leads were never alerted", a.Never, a.Sent))
	}
	if a.Twice > 0 {
		errs = append(errs, fmt.Errorf("%d alerts came twice", a.Twice))
	}
	return errors.Join(errs...)
}

// Verdict is an error when anything was refused, lost or alerted twice.
func (r *Report) Verdict() error {
	errs := []error{r.Alert.verdict(), r.Ack.verdict()}
	if r.Compare != nil {
		for _, round := range r.Compare.Rounds {
			for _, name := range contenders {
				if err := round[name].verdict(); err != nil {
					errs = append(errs, fmt.Errorf("%s: %w", name, err))
				}
			}
		}
	}
	return errors.Join(errs...)
}

// contenders are measured in turns by --compare.
var contenders = [...]string{Echo, Naive, "leadgate"}

// comparison are the same measurements of several servers in turns. What
// varies from minute to minute on a shared machine varies for all of them, so
// ratios are taken within a round, and their median counts.
type comparison struct {
	Connections int                   `json:"connections"`
	Rounds      []map[string]*answers `json:"rounds"`
	Medians     map[string]medians    `json:"medians"`
	Ratios      map[string]ratios     `json:"ratios"` // leadgate's figure divided by this server's
}

type medians struct {
	RPS       float64 `json:"ok_per_second"`
	P50       float64 `json:"p50_ms"`
	P99       float64 `json:"p99_ms"`
	ServerCPU float64 `json:"server_cpu_us_per_request"`
}

type ratios struct {
	RPS float64 `json:"ok_per_second"`
	P99 float64 `json:"p99"`
}

// sum works out medians and ratios from the rounds.
func (c *comparison) sum() {
	c.Medians, c.Ratios = map[string]medians{}, map[string]ratios{}
	of := func(f func(round map[string]*answers) float64) float64 {
		var all []float64
		for _, r := range c.Rounds {
			all = append(all, f(r))
		}
		return median(all)
	}
	for _, name := range contenders {
		c.Medians[name] = medians{
			RPS:       of(func(r map[string]*answers) float64 { return r[name].RPS }),
			P50:       of(func(r map[string]*answers) float64 { return r[name].Latency.P50 }),
			P99:       of(func(r map[string]*answers) float64 { return r[name].Latency.P99 }),
			ServerCPU: of(func(r map[string]*answers) float64 { return r[name].ServerCPU }),
		}
		if name != "leadgate" {
			c.Ratios[name] = ratios{
				RPS: of(func(r map[string]*answers) float64 { return share(r["leadgate"].RPS, r[name].RPS) }),
				P99: of(func(r map[string]*answers) float64 { return share(r["leadgate"].Latency.P99, r[name].Latency.P99) }),
			}
		}
	}
}

func (c *comparison) print(w io.Writer) {
	fmt.Fprintf(w, "\nmedians of %d rounds, %d connections\n", len(c.Rounds), c.Connections)
	for _, name := range contenders {
		m := c.Medians[name]
		fmt.Fprintf(w, "%-9s %8.0f accepts/s  p50 %.2f  p99 %.2f ms  %5.1f us of server CPU a request\n", name, m.RPS, m.P50, m.P99, m.ServerCPU)
	}
	var says []string
	for _, name := range []string{Naive, Echo} {
		says = append(says, fmt.Sprintf("%.2fx the accepts of %s at %.2fx its p99", c.Ratios[name].RPS, name, c.Ratios[name].P99))
	}
	fmt.Fprintf(w, "leadgate: %s\n", strings.Join(says, "; "))
}

func share(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return math.Round(a/b*1000) / 1000
}

// median of nothing is 0.
func median(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(x))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}
