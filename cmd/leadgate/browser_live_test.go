//go:build browser

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"
)

// Every lead of a steady stream becomes a row of an open inbox. How long after
// its 2xx each one is there is printed:
//
//	go test -tags browser -run TestBrowser_LiveRows -v ./cmd/leadgate
func TestBrowser_LiveRows(t *testing.T) {
	const perSecond, seconds = 50, 10
	p := newProgram(t)
	p.config("sources: [{name: demo, provider: form, action: demo_request, rate: off}]")
	p.start()
	b := newBrowser(t, p)
	b.signIn("Dana Reyes")
	eval[bool](b, `window.came = {}, new MutationObserver(all => {
		const now = performance.timeOrigin + performance.now();
		for (const m of all) for (const n of m.addedNodes) if (n.id?.startsWith('lead-')) came[n.id.slice(5)] ??= now;
	}).observe(document.getElementById('rows'), {childList: true}), true`)

	answered := map[string]time.Time{}
	tick := time.NewTicker(time.Second / perSecond)
	defer tick.Stop()
	for i := range perSecond * seconds {
		<-tick.C
		code, a := p.post("/in/demo", "application/x-www-form-urlencoded", fmt.Sprintf("name=Ada+Brandt&email=ada%d@works.example&message=Number+%[1]d", i))
		if code != http.StatusAccepted {
			t.Fatalf("lead %d = %d", i, code)
		}
		answered[a.ID] = time.Now()
	}
	b.until(fmt.Sprintf("Object.keys(came).length >= %d", len(answered)))
	var came map[string]float64
	if err := json.Unmarshal(eval[json.RawMessage](b, "came"), &came); err != nil {
		t.Fatal(err)
	}
	var took []float64
	for id, at := range answered {
		took = append(took, max(0, came[id]-float64(at.UnixMicro())/1000))
	}
	slices.Sort(took)
	t.Logf("%d leads at %d/s: a row is in the page after p50 %.0f ms, p99 %.0f ms, at most %.0f ms",
		len(took), perSecond, took[len(took)/2], took[len(took)*99/100], took[len(took)-1])
	b.quiet()
}
