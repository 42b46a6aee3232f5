package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// onBothStores runs a test on what the whole program runs on: the built-in Redis, and a real one
// where it is installed.
func onBothStores(t *testing.T, test func(t *testing.T, env []string)) {
	t.Run("Embedded", func(t *testing.T) { t.Parallel(); test(t, nil) })
	t.Run("Redis", func(t *testing.T) { t.Parallel(); test(t, []string{"LEADGATE_REDIS_URL=" + newRealRedis(t).url()}) })
}

const twoSources = `
sources:
  - {name: hot, provider: json, action: demo_request}
  - {name: warm, provider: json, action: webinar_registered}
`

func TestProgram_ALeadGoesTheWholeWay(t *testing.T) {
	t.Parallel()
	onBothStores(t, func(t *testing.T, env []string) {
		slack := newFakeSlack(t)
		p := newProcess(t, append(env, slack.env()...)...)
		p.start()
		demo := p.lead("demo-request", "Grace Example")
		webinar := p.lead("webinar", "Wanda Example")

		hot := p.settled(demo.ID)
		if hot.State != lead.Settled || len(hot.Deliveries) != 1 || hot.Deliveries[0].State != lead.Sent || hot.Deliveries[0].Receipt == "" {
			t.Errorf("touch of the demo request = %+v, want it settled with a receipt", hot)
		}
		warm := p.settled(webinar.ID)
		if len(warm.Deliveries) != 0 {
			t.Errorf("deliveries of the registration = %+v, want none", warm.Deliveries)
		}
		if n := len(slack.about("Grace Example")); n != 1 {
			t.Errorf("%d messages about the demo request, want 1", n)
		}
		if n := len(slack.about("Wanda Example")); n != 0 {
			t.Errorf("%d messages about the registration, want none", n)
		}
		var l lead.Lead
		if code := p.get("/leads/"+hot.LeadID, &l); code != http.StatusOK || l.Temperature != lead.Hot || len(l.Reasons) == 0 {
			t.Errorf("lead = %d %+v, want it hot with reasons", code, l)
		}

		p.end()
		p.start()
		if leads := all[lead.Lead](p, "/leads"); len(leads) != 2 {
			t.Errorf("%d leads after a restart, want 2", len(leads))
		}
		var b lead.Books
		p.get("/books", &b)
		if b.Accepted != 2 || b.Alerted != 1 || b.Held != 1 || b.Waiting+b.Unaccounted != 0 {
			t.Errorf("books = %+v, want 2 accepted, 1 alerted, 1 held", b)
		}
	})
}

func TestProgram_ARepeatIsOneAlert(t *testing.T) {
	t.Parallel()
	onBothStores(t, func(t *testing.T, env []string) {
		slack := newFakeSlack(t)
		p := newProgram(t, append(env, slack.env()...)...)
		p.start()
		first, second := p.lead("demo-request", "Doubled Example"), p.lead("demo-request", "Doubled Example")
		p.settled(first.ID)
		if again := p.settled(second.ID); again.State != lead.Merged || again.MergedInto != first.ID {
			t.Errorf("the second touch = %s into %q, want merged into %s", again.State, again.MergedInto, first.ID)
		}
		if n := len(slack.about("Doubled Example")); n != 1 {
			t.Errorf("%d messages, want 1", n)
		}
		if once, _ := p.touch(first.ID); once.Repeats != 1 {
			t.Errorf("repeats = %d, want 1", once.Repeats)
		}
	})
}

func TestProgram_SlackMisbehaves(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{"429", "500", "no-ts", "internal_error"} {
		t.Run(fault, func(t *testing.T) {
			slack := newFakeSlack(t)
			p := newProgram(t, slack.env()...)
			p.start()
			slack.fail(fault)
			a := p.lead("demo-request", "Patient Example")
			got := p.settled(a.ID)
			if len(got.Deliveries) != 1 || got.Deliveries[0].State != lead.Sent || got.Deliveries[0].Attempts != 2 {
				t.Errorf("deliveries = %+v, want sent at the second attempt", got.Deliveries)
			}
			if n := len(slack.about("Patient Example")); n != 1 {
				t.Errorf("%d messages, want 1", n)
			}
		})
	}
}

func TestProgram_KilledInTheMiddleOfAnAlert(t *testing.T) {
	t.Parallel()
	onBothStores(t, func(t *testing.T, env []string) {
		slack := newFakeSlack(t)
		p := newProcess(t, append(env, slack.env()...)...)
		p.start()
		slack.fail("hang")
		a := p.lead("demo-request", "Late Example")
		p.await("the first attempt", 5*time.Second, func() bool { slack.mu.Lock(); defer slack.mu.Unlock(); return slack.calls > 0 })
		// The job is done, the alert is only in the process's memory.
		p.await("the touch to wait for Slack", 5*time.Second, func() bool {
			touch, ok := p.touch(a.ID)
			return ok && len(touch.Deliveries) == 1
		})
		p.kill()
		p.start()
		begin := time.Now()
		p.await("the alert", 5*time.Second, func() bool { return len(slack.about("Late Example")) > 0 })
		t.Logf("alerted %s after the restart", time.Since(begin).Round(time.Millisecond))
		if got := p.settled(a.ID); got.State != lead.Settled || len(slack.about("Late Example")) != 1 {
			t.Errorf("state %s, %d messages; want settled and one", got.State, len(slack.about("Late Example")))
		}
	})
}

// ledger remembers what was acknowledged.
type ledger struct {
	mu   sync.Mutex
	acks map[string]string // touch id -> name
	hot  []string
}

// load posts from several connections until stop is closed.
func (l *ledger) load(p *program, stop <-chan struct{}, round int) {
	var wg sync.WaitGroup
	for c := range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				name, source := fmt.Sprintf("Personr%dc%dn%dx", round, c, i), "warm"
				if i%60 == 0 && c == 0 {
					source = "hot"
				}
				code, a := p.post("/in/"+source, "application/json",
					fmt.Sprintf(`{"name":%q,"email":"r%d.c%d.n%d@works.example"}`, name, round, c, i))
				if code/100 != 2 || a.ID == "" {
					continue
				}
				l.mu.Lock()
				l.acks[a.ID] = name
				if source == "hot" {
					l.hot = append(l.hot, name)
				}
				l.mu.Unlock()
			}
		})
	}
	wg.Wait()
}

func TestProgram_KilledUnderLoad(t *testing.T) {
	t.Parallel()
	kills := 20
	if testing.Short() {
		kills = 4
	}
	onBothStores(t, func(t *testing.T, env []string) {
		slack := newFakeSlack(t)
		p := newProcess(t, append(env, slack.env()...)...)
		p.config(twoSources)
		book := &ledger{acks: map[string]string{}}
		for round := range kills {
			p.start()
			stop := make(chan struct{})
			var wg sync.WaitGroup
			wg.Go(func() { book.load(p, stop, round) })
			<-time.After(50*time.Millisecond + rand.N(250*time.Millisecond))
			p.kill()
			close(stop)
			wg.Wait()
		}
		t.Cleanup(func() {
			var b lead.Books
			if t.Failed() {
				t.Logf("books: %d %+v", p.get("/books", &b), b)
			}
		})
		p.start()
		if len(book.acks) == 0 {
			t.Fatal("nothing was acknowledged")
		}
		var b lead.Books
		begin := time.Now()
		p.await("every touch to settle", 60*time.Second, func() bool {
			return p.get("/books", &b) == http.StatusOK && b.Waiting+b.Unaccounted == 0
		})
		t.Logf("settled %s after the last start: %+v", time.Since(begin).Round(time.Millisecond), b)
		found := map[string]bool{}
		for _, touch := range all[lead.Touch](p, "/touches") {
			found[touch.ID] = true
		}
		for id, name := range book.acks {
			if !found[id] {
				t.Errorf("touch %s of %s was acknowledged and is lost", id, name)
			}
		}
		byMail := map[string]int{}
		for _, l := range all[lead.Lead](p, "/leads") {
			byMail[l.Person.Email]++
		}
		for mail, n := range byMail {
			if n > 1 {
				t.Errorf("%d leads for %s", n, mail)
			}
		}
		p.await("every hot lead to reach Slack", 30*time.Second, func() bool {
			return !slices.ContainsFunc(book.hot, func(name string) bool { return len(slack.about(name)) == 0 })
		})
		twice := 0
		for _, name := range book.hot {
			twice += len(slack.about(name)) - 1
		}
		if twice > kills {
			t.Errorf("%d leads alerted twice in %d kills, want one a kill at most", twice, kills)
		}
		t.Logf("%d acknowledged, %d hot, %d alerted twice, %d kills", len(book.acks), len(book.hot), twice, kills)
	})
}
