package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
)

// fakeVendor is the API of a vendor of lead ads. It answers for every lead, but
// for the statuses that it was told to answer first.
type fakeVendor struct {
	*httptest.Server
	mu       sync.Mutex
	statuses []int
	down     bool
}

func newFakeVendor(t *testing.T) *fakeVendor {
	v := &fakeVendor{}
	v.Server = httptest.NewServer(v)
	t.Cleanup(func() { v.CloseClientConnections(); v.Close() })
	return v
}

func (v *fakeVendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	status := http.StatusOK
	switch {
	case v.down:
		status = http.StatusServiceUnavailable
	case r.Header.Get("Authorization") != "Bearer vendor-token-1":
		status = http.StatusUnauthorized
	case len(v.statuses) > 0:
		status, v.statuses = v.statuses[0], v.statuses[1:]
	}
	v.mu.Unlock()
	if status != http.StatusOK {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(status)
		return
	}
	id := strings.TrimPrefix(r.URL.Path, "/")
	fmt.Fprintf(w, `{"id":%q,"field_data":[{"name":"full_name","values":["Person%sx Example"]},{"name":"email","values":["person%s@works.example"]},{"name":"phone_number","values":["+49 30 5550 1%s"]}]}`,
		id, id, id, id[len(id)-2:])
}

func (v *fakeVendor) set(change func()) { v.mu.Lock(); defer v.mu.Unlock(); change() }

// fetching is a configuration with lead ads that ask for a demo, and others.
func fetching(v *fakeVendor, token string) string {
	return fmt.Sprintf(`
sources:
  - {name: demo, provider: meta, unsigned: true, token: t, action: demo_request, fetch: {token: %q, url: %q}}
  - {name: ads, provider: meta, unsigned: true, token: t, fetch: {token: %q, url: %q}}
`, token, v.URL, token, v.URL)
}

// leadgen posts one delivery that tells of leads by their ids alone.
func (p *program) leadgen(source string, ids ...string) answer {
	p.t.Helper()
	var changes []string
	for _, id := range ids {
		changes = append(changes, fmt.Sprintf(`{"field":"leadgen","value":{"leadgen_id":%q,"form_id":"7","page_id":"8"}}`, id))
	}
	code, a := p.post("/in/"+source+"/t", "application/json", `{"object":"page","entry":[{"id":"8","changes":[`+strings.Join(changes, ",")+`]}]}`)
	if code != http.StatusOK || a.ID == "" {
		p.t.Fatalf("POST /in/%s = %d %+v, want 200 with an id", source, code, a)
	}
	return a
}

// why returns the reasons of the steps of a name.
func why(t lead.Touch, name lead.StepName) (all []string) {
	for _, s := range t.Trail {
		if s.Step == name {
			all = append(all, s.Why)
		}
	}
	return all
}

func TestProgram_FetchesThePerson(t *testing.T) {
	t.Parallel()
	onBothStores(t, func(t *testing.T, env []string) {
		slack, vendor := newFakeSlack(t), newFakeVendor(t)
		p := newProgram(t, append(env, slack.env()...)...)
		p.config(fetching(vendor, "vendor-token-1"))
		p.start()
		vendor.set(func() { vendor.statuses = []int{500, 429, 404} })
		hot, batch := p.leadgen("demo", "501"), p.leadgen("ads", "601", "602", "603")

		got := p.settled(hot.ID)
		if got.NeedsFetch || got.Person.Email != "person501@works.example" || got.Fields["leadgen_id"] != "501" {
			t.Errorf("touch = %+v, want it with its person", got)
		}
		if w := why(got, lead.StepFetched); !slices.Equal(w, []string{""}) {
			t.Errorf("fetched steps say %q, want one without a complaint", w)
		}
		ms := slack.about("Person501x")
		if len(ms) != 1 || strings.Contains(ms[0].Body, "could not be fetched") {
			t.Errorf("messages = %+v, want one with the name", ms)
		}
		for i, id := range batch.IDs {
			if x := p.settled(id); x.Person.Email != fmt.Sprintf("person60%d@works.example", i+1) || x.NeedsFetch {
				t.Errorf("touch %d of the batch = %+v", i+1, x)
			}
		}
		if leads := all[lead.Lead](p, "/leads"); len(leads) != 4 {
			t.Errorf("%d leads, want 4", len(leads))
		}
		if again := p.leadgen("demo", "501"); again.Status != "duplicate" {
			t.Errorf("the same delivery again = %v", again.Status)
		}
		if said := p.out.String(); strings.Contains(said, "vendor-token-1") {
			t.Error("the log tells the token")
		}
	})
}

// What went without for want of a good token is asked for when there is one: at
// the next start, or as soon as the file has changed.
func TestProgram_FetchNeedsAToken(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		token string
		again func(p *program)
	}{
		"token_missing": {"", func(p *program) { p.end(); p.start() }},
		"token_refused": {"vendor-token-0", func(*program) {} /* the changed file is noticed */},
	} {
		t.Run(name, func(t *testing.T) {
			onBothStores(t, func(t *testing.T, env []string) {
				slack, vendor := newFakeSlack(t), newFakeVendor(t)
				p := newProgram(t, append(env, slack.env()...)...)
				p.config(fetching(vendor, c.token))
				p.start()
				hot, warm := p.leadgen("demo", "501"), p.leadgen("ads", "601")
				for _, id := range []string{hot.ID, warm.ID} {
					got := p.settled(id)
					if w := why(got, lead.StepFetched); !got.NeedsFetch || !slices.Equal(w, []string{name}) {
						t.Errorf("touch = %+v, want it to need a fetch because of %s", got, name)
					}
				}
				ms := slack.about("could not be fetched")
				if len(ms) != 1 {
					t.Errorf("messages without a person = %+v, want one", ms)
				}

				p.config(fetching(vendor, "vendor-token-1"))
				c.again(p)
				for id, email := range map[string]string{hot.ID: "person501@works.example", warm.ID: "person601@works.example"} {
					p.await("the person to be fetched with the new token", 15*time.Second, func() bool {
						got, ok := p.touch(id)
						return ok && got.State == lead.Settled && !got.NeedsFetch && got.Person.Email == email
					})
				}
				p.await("the alert to name the person", 15*time.Second, func() bool { return strings.Contains(slack.shows(ms[0]).Body, "Person501x") })
				got, _ := p.touch(hot.ID)
				var l lead.Lead
				if code := p.get("/leads/"+got.LeadID, &l); code != http.StatusOK || l.Person.Email != "person501@works.example" || l.Temperature != lead.Hot || len(l.Touches) != 1 {
					t.Errorf("lead = %d %+v, want the one that was alerted, with its person", code, l)
				}
				if len(got.Deliveries) != 1 || got.Deliveries[0].State != lead.Sent {
					t.Errorf("deliveries = %+v, want the one that was made", got.Deliveries)
				}
				if n := len(all[lead.Lead](p, "/leads")); n != 2 {
					t.Errorf("%d leads, want 2", n)
				}
				var b lead.Books
				p.await("the books to balance", 10*time.Second, func() bool {
					return p.get("/books", &b) == http.StatusOK && b.Waiting+b.Unaccounted == 0
				})
				if b.Accepted != 2 || b.Alerted != 1 || b.Held != 1 {
					t.Errorf("books = %+v, want 2 accepted, 1 alerted, 1 held", b)
				}
			})
		})
	}
}

// A vendor whose answers make no sense is not asked for ever: the touch says so,
// is counted and named by the doctor, and is asked about again by a replay.
func TestProgram_FetchGivenUp(t *testing.T) {
	t.Parallel()
	onBothStores(t, func(t *testing.T, env []string) {
		vendor := newFakeVendor(t)
		p := newProgram(t, env...)
		p.config(fetching(vendor, "vendor-token-1"))
		p.start()
		vendor.set(func() { vendor.statuses = []int{400, 400} })
		a := p.leadgen("demo", "501")
		givenUp := func(steps ...string) {
			t.Helper()
			p.await("one touch without a person", 10*time.Second, func() bool { return p.metric("leadgate_unnamed") == "1" })
			got := p.settled(a.ID)
			if w := why(got, lead.StepFetched); !got.NeedsFetch || !slices.Equal(w, steps) || got.Unnamed() != "unreadable: status 400" {
				t.Errorf("touch = %+v, want it to need its person and the steps %q", got, steps)
			}
			if code, out := p.run("doctor"); code != 0 || !strings.Contains(out, "the vendor of demo did not tell who 1 of its touches are about") {
				t.Errorf("doctor = %d %s", code, out)
			}
		}
		replay := func(want string, args ...string) {
			t.Helper()
			if code, out := p.run(append([]string{"replay", a.ID}, args...)...); code != 0 || !strings.Contains(out, want) {
				t.Errorf("replay %q = %d %s, want %q", args, code, out, want)
			}
		}
		givenUp(lead.AskUnreadable)
		replay("1 asked (dry run", "--dry-run")
		replay("1 asked")
		p.await("the second answer", 10*time.Second, func() bool {
			got, ok := p.touch(a.ID)
			return ok && len(why(got, lead.StepFetched)) == 2
		})
		givenUp(lead.AskUnreadable, lead.AskGivenUp)
		p.end()
		p.start()
		givenUp(lead.AskUnreadable, lead.AskGivenUp)
		replay("1 asked")
		p.await("the person", 10*time.Second, func() bool {
			got, ok := p.touch(a.ID)
			return ok && got.State == lead.Settled && got.Person.Email == "person501@works.example"
		})
		if n := p.metric("leadgate_unnamed"); n != "0" {
			t.Errorf("%s touches without a person, want 0", n)
		}
		replay("1 unchanged")
	})
}

func TestProgram_FetchWhileRedisIsAway(t *testing.T) {
	t.Parallel()
	redis, slack, vendor := newRealRedis(t), newFakeSlack(t), newFakeVendor(t)
	p := newProgram(t, append(slack.env(), "LEADGATE_REDIS_URL="+redis.url())...)
	p.config(fetching(vendor, "vendor-token-1"))
	p.start()
	redis.kill()
	a := p.leadgen("demo", "501")
	p.await("the alert", 10*time.Second, func() bool { return len(slack.about("Person501x")) == 1 })
	redis.start()
	if got := p.settled(a.ID); got.Person.Email != "person501@works.example" || len(got.Deliveries) != 1 {
		t.Errorf("touch = %+v, want it with its person and one delivery", got)
	}
	if n := len(slack.about("Person501x")); n != 1 {
		t.Errorf("%d messages, want 1", n)
	}
}

// A hot lead is told of without its person when that takes too long, and gets
// its person when the vendor answers again; so does one that was known before.
func TestProgram_FetchTakesTooLong(t *testing.T) {
	t.Parallel()
	onBothStores(t, func(t *testing.T, env []string) {
		slack, vendor := newFakeSlack(t), newFakeVendor(t)
		p := newProcess(t, append(env, slack.env()...)...)
		p.config(fetching(vendor, "vendor-token-1"))
		p.start()
		known := p.settled(p.leadgen("ads", "502").ID)
		vendor.set(func() { vendor.down = true })
		unknown, begin := p.leadgen("demo", "501"), time.Now()
		p.await("a second to pass, for two alerts at once are one message", 5*time.Second, func() bool { return time.Since(begin) > time.Second })
		again := p.leadgen("demo", "502")
		p.await("alerts without a person", 15*time.Second, func() bool { return len(slack.about("could not be fetched")) == 2 })
		if got, ok := p.touch(unknown.ID); !ok || !got.NeedsFetch {
			t.Errorf("touch = %+v, want it to need a fetch still", got)
		}
		p.settled(unknown.ID)
		p.settled(again.ID)
		p.kill()
		vendor.set(func() { vendor.down = false })
		p.start()
		for id, email := range map[string]string{unknown.ID: "person501@works.example", again.ID: "person502@works.example"} {
			p.await("the person of "+email, 30*time.Second, func() bool {
				got, ok := p.touch(id)
				return ok && got.State == lead.Settled && got.Person.Email == email
			})
		}
		if got, _ := p.touch(again.ID); got.LeadID != known.LeadID {
			t.Errorf("the touch of a known person is of lead %s, want %s", got.LeadID, known.LeadID)
		}
		var l lead.Lead
		if p.get("/leads/"+known.LeadID, &l); len(l.Touches) != 2 || l.Temperature != lead.Hot {
			t.Errorf("the known lead = %+v, want it hot with both touches", l)
		}
		slack.mu.Lock()
		n := len(slack.messages)
		slack.mu.Unlock()
		if n != 2 {
			t.Errorf("%d messages, want one for each touch", n)
		}
	})
}

// What is known of sources needs no Redis, and outlives a restart.
func TestProgram_Sources(t *testing.T) {
	t.Parallel()
	p := newProgram(t, "LEADGATE_REDIS_URL=redis://127.0.0.1:1/0")
	p.config(`
sources:
  - {name: ads, provider: meta, unsigned: true, verify_token: v}
`)
	p.start()
	resp, err := http.Get("http://" + p.addr + "/in/ads?hub.mode=subscribe&hub.verify_token=v&hub.challenge=c")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	p.post("/in/ads", "application/json", `{"entry":[{"changes":[{"field":"leadgen","value":{"leadgen_id":"1"}}]}]}`)
	p.post("/in/ads", "application/json", `{`)
	for _, when := range []string{"before", "after"} {
		var got struct{ Items []source.State }
		if code := p.get("/sources", &got); code != http.StatusOK || len(got.Items) != 1 {
			t.Fatalf("%s a restart: sources = %d %+v", when, code, got)
		}
		s := got.Items[0]
		if s.Name != "ads" || s.HandshakeAt.IsZero() || s.LastTouchAt.IsZero() || s.AcceptedToday == 0 || len(s.Needs) != 2 {
			t.Errorf("%s a restart: %+v", when, s)
		}
		p.end()
		p.start()
	}
}
