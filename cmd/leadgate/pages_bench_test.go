package main

import (
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/store"
)

// manyLeads are pastLeads that people have worked on: some are claimed, some are
// junk or in quarantine. Their touches come with them.
func manyLeads(n int, now time.Time) ([]*lead.Lead, []*lead.Touch) {
	leads := pastLeads(n, now)
	var touches []*lead.Touch
	for i, l := range leads {
		switch {
		case i%4000 == 7: // who sells nothing but looks for it
			l.Claim, l.Status = &lead.Claim{By: "api", At: l.CreatedAt}, lead.Claimed
		case i%25 == 1:
			l.Claim, l.Status = &lead.Claim{By: "Dana", At: l.CreatedAt.Add(time.Minute)}, lead.Contacted
		case i%50 == 2:
			l.Status = lead.Junk
		case i%500 == 3:
			l.Status = lead.HeldInQuarantine
		}
		for _, past := range l.History {
			touches = append(touches, &lead.Touch{ID: past.ID, State: lead.Settled, LeadID: l.ID, Source: past.Source, Provider: "form", Action: past.Action,
				At: past.At, ReceivedAt: past.At, Person: l.Person, Message: past.Message, Consent: lead.NotAsked})
		}
	}
	return leads, touches
}

// askedOf is what a Redis has answered so far.
func askedOf(b *testing.B, r *redis.Client) (commands, bytes int) {
	b.Helper()
	info, err := r.InfoMap(b.Context(), "stats").Result()
	if err != nil {
		b.Fatal(err)
	}
	number := func(key string) int {
		n, err := strconv.Atoi(info["Stats"][key])
		if err != nil {
			b.Fatalf("%s of INFO: %v", key, err)
		}
		return n
	}
	return number("total_commands_processed"), number("total_net_output_bytes")
}

// BenchmarkPages asks a server of 100,000 leads on a real Redis for each page and
// prints how long that takes, with how many commands and bytes of Redis. PAGES is
// another number of leads:
//
//	go test ./cmd/leadgate -run XXX -bench Pages -benchtime 20x
func BenchmarkPages(b *testing.B) {
	n := 100_000
	if given := os.Getenv("PAGES"); given != "" {
		n, _ = strconv.Atoi(given)
	}
	server := newRealRedis(b)
	client := redis.NewClient(&redis.Options{Addr: server.addr})
	defer client.Close()
	s := store.New(client, store.Options{})
	leads, touches := manyLeads(n, time.Now())
	for at := 0; at < len(leads); at += 500 {
		if err := s.Restore(b.Context(), leads[at:min(at+500, len(leads))], nil); err != nil {
			b.Fatal(err)
		}
	}
	for at := 0; at < len(touches); at += 500 {
		if err := s.Restore(b.Context(), nil, touches[at:min(at+500, len(touches))]); err != nil {
			b.Fatal(err)
		}
	}
	p := newProgram(b, "LEADGATE_REDIS_URL="+server.url())
	p.config("sources: [{name: site, provider: form}, {name: fair, provider: form}]\nreps: [{name: Dana}]")
	p.start()
	v := p.browse()
	latest := leads[0]
	pages := []string{"/", "/?tab=hot", "/?tab=warm", "/?tab=cold", "/?tab=mine", "/?tab=unclaimed", "/?tab=quarantine",
		"/?q=owner:dana", "/?q=owner:nobody", "/?q=junk", "/?q=hot+unclaimed+since:7d", "/?q=source:site", "/?q=source:fair", "/?q=email:" + latest.Person.Email,
		"/?q=hot+contacted", "/?q=company17.example", "/?q=%22person+4711%22", "/?q=nobody.at.all", "/?q=hot+nobody.at.all",
		"/l/" + latest.ID, "/reports", "/reports?days=90", "/sources", "/queues", "/settings", "/rules",
		"/api/v1/leads?limit=50", "/api/v1/leads?q=company17.example"}
	for _, path := range pages {
		b.Run(strings.ReplaceAll(path, "/", "_"), func(b *testing.B) {
			var size int
			before, had := askedOf(b, client)
			for b.Loop() {
				status, page, _ := v.send(path, nil)
				if status != http.StatusOK {
					b.Fatalf("GET %s = %d\n%s", path, status, page)
				}
				size = len(page)
			}
			after, has := askedOf(b, client)
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1e3/float64(b.N), "ms/page")
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(after-before)/float64(b.N), "commands")
			b.ReportMetric(float64(has-had)/1e3/float64(b.N), "redis-kB")
			b.ReportMetric(float64(size)/1e3, "page-kB")
		})
	}
}
