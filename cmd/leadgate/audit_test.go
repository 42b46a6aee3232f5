package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leadgate/leadgate/handlers/api"
)

// audit is who did what, newest first, as short texts.
func (p *program) audit() (all []string) {
	p.t.Helper()
	var page api.AuditPage
	if code := p.get("/audit?limit=1000", &page); code != http.StatusOK {
		return nil
	}
	for _, e := range page.Items {
		all = append(all, strings.Join(strings.Fields(fmt.Sprintln(e.By, e.Did, e.LeadID, e.About)), " "))
	}
	return all
}

// audits waits until the audit begins with these entries, the newest first.
func (p *program) audits(want ...string) {
	p.t.Helper()
	var got []string
	defer func() {
		if p.t.Failed() {
			p.t.Logf("the audit of %s:\n%s", p.addr, strings.Join(got, "\n"))
		}
	}()
	p.await("the audit to begin with "+want[0], 15*time.Second, func() bool {
		got = p.audit()
		return len(got) >= len(want) && slices.Equal(got[:len(want)], want)
	})
}

// What people do is listed, and is there again after a crash.
func TestProgram_Audit(t *testing.T) {
	t.Parallel()
	onBothStores(t, func(t *testing.T, env []string) {
		p := newProgram(t, env...)
		p.config(twoSources)
		p.start()
		one := p.settled(p.lead("hot", "Grace Example").ID)
		two := p.settled(p.lead("hot", "Ada Example").ID)
		p.act(one.LeadID, "claim", "Dana")
		if code := p.tries(one.LeadID, "claim", "Lee"); code != http.StatusConflict {
			t.Errorf("a second claim = %d, want 409", code)
		}
		for _, ask := range []struct{ path, body string }{
			{"/leads/" + two.LeadID + "/merge", `{"by":"Dana","into":"` + one.LeadID + `"}`},
			{"/leads/" + two.LeadID + "/unmerge", `{"by":"Lee"}`},
			{"/touches/" + one.ID + "/replay", ``},
			{"/leads/" + one.LeadID + "/reclassify", `{"by":"Lee"}`},
			{"/leads/" + two.LeadID + "/reclassify", `{"dry_run":true}`},
			{"/queues/bulk/pause", ``},
			{"/queues/bulk/resume", ``},
			{"/passes", `{"name":"crm","right":"read"}`},
		} {
			if status, b := p.api(http.MethodPost, ask.path, ask.body); status/100 != 2 {
				t.Fatalf("POST %s = %d %s", ask.path, status, b)
			}
		}
		did := []string{"api make_token crm", "api resume_queue bulk", "api pause_queue bulk", "Lee reclassify " + one.LeadID, "api replay " + one.ID,
			"Lee unmerge " + two.LeadID, "Dana merge " + two.LeadID + " " + one.LeadID, "Dana claim " + one.LeadID}
		p.audits(did...)

		config := filepath.Join(p.dir, "leadgate.yaml")
		if err := os.WriteFile(config, []byte(twoSources+"  - {name: cold, provider: json, action: newsletter_signup}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		did = append([]string{"configuration reload sources"}, did...)
		p.audits(did...)

		p.end()
		p.start()
		p.await("the store to be filled", 15*time.Second, func() bool { return p.metric("leadgate_redis_up") == "1" })
		p.audits(did...) // not from the journal alone
	})
}

// Replicas share the audit. What is done while Redis is away is listed at once
// where it was done, and elsewhere when Redis is back; a Redis that was wiped
// has all of it again.
func TestProgram_AuditOfReplicas(t *testing.T) {
	t.Parallel()
	redis := newRealRedis(t)
	var both []*program
	for range 2 {
		p := newProgram(t, "LEADGATE_REDIS_URL="+redis.url())
		p.config(twoSources)
		p.start()
		both = append(both, p)
	}
	here, there := both[0], both[1]
	one := here.settled(here.lead("hot", "Grace Example").ID)
	here.act(one.LeadID, "claim", "Dana")
	there.audits("Dana claim " + one.LeadID)

	redis.pause()
	here.await("Redis to be away", 15*time.Second, func() bool { return here.metric("leadgate_redis_up") == "0" })
	here.act(one.LeadID, "contacted", "Dana")
	here.audits("Dana contacted "+one.LeadID, "Dana claim "+one.LeadID)
	redis.resume()
	there.audits("Dana contacted "+one.LeadID, "Dana claim "+one.LeadID)

	here.await("Redis to be back", 15*time.Second, func() bool { return here.metric("leadgate_redis_up") == "1" })
	if got := redis.do("FLUSHALL"); got != "+OK" {
		t.Fatalf("FLUSHALL = %s", got)
	}
	there.audits("Dana contacted "+one.LeadID, "Dana claim "+one.LeadID)
}
