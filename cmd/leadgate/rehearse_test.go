package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/leadgate/leadgate/jobs"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/rules"
	"github.com/leadgate/leadgate/notify/routing"
	"github.com/leadgate/leadgate/store"
)

// pastLeads are n believable people of the last month: most have signed up for a
// webinar with a few answers, some came back, a few asked for a demo.
func pastLeads(n int, now time.Time) []*lead.Lead {
	leads := make([]*lead.Lead, n)
	for i := range leads {
		person := lead.Person{Email: fmt.Sprintf("person%d@company%d.example", i, i%700), Name: fmt.Sprintf("Person %d", i), Company: fmt.Sprintf("Company %d", i%700), Title: "Head of Operations"}
		at := now.Add(-time.Duration(i%(30*24*60)) * time.Minute)
		l := &lead.Lead{ID: lead.DerivedID("rehearsal", strconv.Itoa(i)), Status: lead.New, Revision: 1, CreatedAt: at}
		take := func(a lead.Action, at time.Time, fields map[string]string, message string) {
			l.Take(&lead.Touch{ID: lead.DerivedID(l.ID, strconv.Itoa(len(l.Touches))), Action: a, Source: "site", At: at, ReceivedAt: at, Person: person, Fields: fields, Message: message})
		}
		take("webinar_registered", at, map[string]string{"purchasing_time_frame": []string{"1-3 months", "4-6 months", "No timeframe", ""}[i%4], "no_of_employees": "51-200", "country": "DE"}, "Looking forward to it")
		if i%2 == 0 {
			take("webinar_attended", at.Add(2*time.Hour), nil, "")
		}
		if i%10 == 0 {
			take("demo_request", at.Add(3*time.Hour), nil, "We would like to see it with our own data next week.")
		}
		rules.Default().Judge(l, at.Add(4*time.Hour))
		leads[i] = l
	}
	return leads
}

// rehearsed fills a store with n leads and rehearses other rules on them. It
// returns how long that took and how much the heap grew at most.
func rehearsed(t testing.TB, redisAddr string, n int) (r lead.Rehearsal, took, cpu time.Duration, grown uint64) {
	t.Helper()
	embedded := redisAddr == ""
	if embedded {
		redisAddr = miniredis.RunT(t).Addr()
	}
	clients := newRedisClients(t, redisAddr)
	s := store.New(clients.workers, store.Options{})
	now := time.Now()
	leads := pastLeads(n, now)
	for len(leads) > 0 {
		batch := leads[:min(500, len(leads))]
		if err := s.Restore(t.Context(), batch, nil); err != nil {
			t.Fatal(err)
		}
		leads = leads[len(batch):]
	}
	work, err := jobs.New(jobs.Options{Journal: newJournal(t), Store: s, Rules: rules.Default, Producer: clients.producer, Hot: clients.hot, Bulk: clients.bulk, Node: "n",
		Embedded: embedded, Routes: []routing.Route{{To: "sales", AtLeast: lead.Hot}}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := work.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	defer running.Wait()
	defer cancel()
	set, err := rules.Parse("other.yaml", []byte(hotterRules))
	if err != nil {
		t.Fatal(err)
	}
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapInuse
	}
	debug.FreeOSMemory()
	before, most := heap(), uint64(0)
	begin, used := time.Now(), processorTime()
	r, err = work.Runs.Rehearse(t.Context(), set, now.AddDate(0, 0, -31), lead.Walk{Progress: func(lead.Progress) error { most = max(most, heap()); return nil }})
	if err != nil {
		t.Fatal(err)
	}
	return r, time.Since(begin), processorTime() - used, max(most, before) - before
}

// processorTime is what this process has used so far.
func processorTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// A rehearsal sees every lead, and counts turns and alerts as by hand.
func TestRehearse_Counts(t *testing.T) {
	r, _, _, _ := rehearsed(t, "", 400)
	// A quarter wanted to buy within 3 months and a tenth asked for a demo: hot already.
	if r.Leads != 400 || r.Turned == 0 || r.Alerts.After <= r.Alerts.Before {
		t.Errorf("rehearsal %+v", r)
	}
	hot, sum := 0, 0
	for _, l := range pastLeads(400, time.Now()) {
		if l.Temperature < lead.Hot {
			hot++
		}
	}
	for _, n := range r.Turns {
		sum += n
	}
	if r.Turned != hot || sum != r.Turned {
		t.Errorf("%d turn, the turns add up to %d, and %d leads were not hot before", r.Turned, sum, hot)
	}
}

// BenchmarkRehearse tries rules on 100,000 leads; it prints seconds, seconds of
// processor time, and the growth of the heap in megabytes. REHEARSE_REDIS is the
// address of an empty Redis; without it the built-in one is in the same heap:
//
//	go test ./cmd/leadgate -run XXX -bench Rehearse -benchtime 1x
func BenchmarkRehearse(b *testing.B) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent) // as the program does
	}
	for b.Loop() {
		_, took, cpu, grown := rehearsed(b, os.Getenv("REHEARSE_REDIS"), 100_000)
		b.ReportMetric(took.Seconds(), "s")
		b.ReportMetric(cpu.Seconds(), "cpu-s")
		b.ReportMetric(float64(grown)/1e6, "MB")
	}
}
