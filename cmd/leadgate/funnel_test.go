package main

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/leadgate/leadgate/handlers/api"
	"github.com/leadgate/leadgate/lead"
)

// Each person counts once in the funnel: after a merge, a restart in the midst of
// it all, a merge undone, and an erasure.
func TestProgram_Funnel(t *testing.T) {
	t.Parallel()
	onBothStores(t, func(t *testing.T, env []string) {
		p := newProgram(t, env...)
		p.start()
		ada, bob := p.settled(p.lead("demo-request", "Ada Quell").ID).LeadID, p.settled(p.lead("contact", "Bob Brook").ID).LeadID
		funnel := func(when string, want lead.Funnel) {
			t.Helper()
			var got api.FunnelReport
			if code := p.get("/reports/funnel", &got); code != http.StatusOK || got.Total != want {
				t.Errorf("%s: funnel = %d %+v, want %+v", when, code, got.Total, want)
			}
		}
		call := func(path, body string) {
			t.Helper()
			if code := p.call(path, body, nil); code != http.StatusOK {
				t.Fatalf("%s = %d", path, code)
			}
		}
		p.act(bob, "claim", "Dana")
		funnel("two people", lead.Funnel{Leads: 2, Hot: 2, Claimed: 1})
		call("/leads/"+bob+"/merge", fmt.Sprintf(`{"by":"Dana","into":%q}`, ada))
		funnel("merged", lead.Funnel{Leads: 1, Hot: 1, Claimed: 1})
		var speed api.SpeedReport
		if p.get("/reports/speed", &speed); speed.Total.N != 1 || speed.Total.Claimed != 1 {
			t.Errorf("merged: speed = %+v, want one lead, claimed", speed.Total)
		}
		p.end()
		p.start()
		funnel("merged, after a restart", lead.Funnel{Leads: 1, Hot: 1, Claimed: 1})
		call("/leads/"+bob+"/unmerge", `{"by":"Dana"}`)
		funnel("apart again", lead.Funnel{Leads: 2, Hot: 2, Claimed: 1})
		call("/leads/"+bob+"/erase", `{"by":"Dana"}`)
		funnel("one is erased", lead.Funnel{Leads: 1, Hot: 1})
		p.end()
		p.start()
		funnel("one is erased, after a restart", lead.Funnel{Leads: 1, Hot: 1})
	})
}
