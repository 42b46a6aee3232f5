package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/lead"
)

// traces of the person that the tests below have erased, in the spellings in
// which they may be kept.
var traces = []string{"Vera Vanish", "vera.vanish", "Vanish", "+4930987654321", "987654321", "Vanishing Works", "my secret wish", "VERA.VANISH"}

// scan looks for traces in every file of a directory.
func scan(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, trace := range traces {
			if i := bytes.Index(b, []byte(trace)); i >= 0 {
				t.Errorf("%s still holds %q: %.300q", path, trace, b[max(0, i-100):min(len(b), i+200)])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// holds says whether a file has a trace in it, or cannot be read.
func holds(file string) bool {
	b, err := os.ReadFile(file)
	return err != nil || slices.ContainsFunc(traces, func(trace string) bool { return bytes.Contains(b, []byte(trace)) })
}

// scanRedis looks for traces in every key and value.
func scanRedis(t *testing.T, addr string) {
	t.Helper()
	ctx := context.Background()
	rdb := redis.NewClient(&redis.Options{Addr: addr})
	defer rdb.Close()
	keys, err := rdb.Keys(ctx, "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		var value any
		switch kind := rdb.Type(ctx, key).Val(); kind {
		case "string":
			value = rdb.Get(ctx, key).Val()
		case "hash":
			value = rdb.HGetAll(ctx, key).Val()
		case "set":
			value = rdb.SMembers(ctx, key).Val()
		case "zset":
			value = rdb.ZRange(ctx, key, 0, -1).Val()
		case "list":
			value = rdb.LRange(ctx, key, 0, -1).Val()
		case "stream":
			value = rdb.XRange(ctx, key, "-", "+").Val()
		case "none":
		default:
			t.Errorf("%s is a %s, which this test does not read", key, kind)
		}
		for _, trace := range traces {
			if held := fmt.Sprint(key, value); strings.Contains(held, trace) {
				t.Errorf("redis still holds %q in %s: %.300s", trace, key, held)
			}
		}
	}
}

// vera leaves traces in every way that there is, and returns her lead.
func vera(p *program) lead.Touch {
	p.t.Helper()
	post := func(path, body string, header ...string) answer {
		p.t.Helper()
		code, a := p.post(path, "application/json", body, header...)
		if code/100 != 2 {
			p.t.Fatalf("POST %s = %d %+v", path, code, a)
		}
		return a
	}
	person := `"name":"Vera Vanish","email":"Vera.Vanish@works.example","phone":"+49 30 987654321","company":"Vanishing Works","message":"my secret wish"`
	first := p.settled(post("/in/offer", "{"+person+"}").ID)
	p.settled(post("/in/offer", "{"+person+"}").ID) // merged
	p.settled(post("/in/talk", `{"email":"vera.vanish@works.example","topic":"my secret wish 2"}`, "Idempotency-Key", "vera.vanish@works.example/1").ID)
	held := post("/in/offer", `{"name":"Vera Vanish","email":"vera.vanish@works.example","_gotcha":"x"}`)
	p.await("the held touch to have its lead", 10*time.Second, func() bool { t, _ := p.touch(held.ID); return t.LeadID != "" })
	post("/in/survey", `[{"name":"Vera Vanish","email":"vera.vanish@works.example"}]`) // unread
	batch := post("/in/talk", `[{"name":"Stan Stays","email":"stan.stays@works.example"},{"name":"Vera Vanish","email":"vera.vanish@works.example","note":"my secret wish 3"},{"name":"Sue Stays","email":"sue.stays@works.example"}]`)
	for _, id := range batch.IDs {
		p.settled(id)
	}
	// A repeated delivery among new ones is a touch of the request before.
	post("/in/talk", `[{"name":"Vera Vanish","email":"vera.vanish@works.example","note":"my secret wish 4"}]`, "Idempotency-Key", "twice")
	again := post("/in/talk", `[{"name":"Vera Vanish","email":"vera.vanish@works.example","note":"my secret wish 4"},{"name":"Sid Stays","email":"sid.stays@works.example"}]`, "Idempotency-Key", "twice")
	for _, id := range again.IDs {
		p.settled(id)
	}
	return first
}

func TestProgram_Erase(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"API", "CLI"} {
		t.Run(by, func(t *testing.T) {
			onBothStores(t, func(t *testing.T, env []string) {
				slack := newFakeSlack(t)
				p := newProcess(t, append(env, slack.env()...)...)
				p.config(wrongSources)
				p.start()
				first := vera(p)
				if code := p.call("/leads/"+first.LeadID+"/claim", `{"by":"Dana","why":"Vera Vanish told me my secret wish"}`, nil); code != http.StatusOK {
					t.Errorf("claim = %d", code)
				}
				before := p.balanced()
				code, out := p.run("export", "vera.vanish@works.example")
				var x lead.Export
				if err := json.Unmarshal([]byte(out), &x); code != 0 || err != nil || len(x.Leads) != 2 || len(x.Touches) != 7 || len(x.Requests) != 8 {
					t.Errorf("export = %d, %v: %d leads, %d touches, %d requests, want 2, 7 and 8:\n%.2000s", code, err, len(x.Leads), len(x.Touches), len(x.Requests), out)
				}
				if strings.Contains(out, "Stays") {
					t.Errorf("the export tells of others:\n%s", out)
				}
				if b, err := os.ReadFile(filepath.Join(p.dir, "data", "journal.db")); err != nil || !bytes.Contains(b, []byte("my secret wish")) {
					t.Fatalf("the journal holds nothing to erase: %v", err)
				}
				said := p.out.String()

				var run lead.Run
				switch by {
				case "API":
					if code := p.call("/leads/"+first.LeadID+"/erase", `{"by":"Dana"}`, &run); code != http.StatusOK || run.State != "done" {
						t.Errorf("erase = %d %+v, want it done", code, run)
					}
				case "CLI":
					code, out := p.run("erase", "--json", "VERA.vanish@works.example")
					if err := json.Unmarshal([]byte(out), &run); code != 0 || err != nil {
						t.Errorf("erase = %d %v:\n%s", code, err, out)
					}
				}
				if n := run.Counts; n["leads"] != 2 || n["touches"] != 7 || n["requests"] != 6 || n["requests_cut"] != 2 {
					t.Errorf("receipt = %v, want 2 leads, 7 touches, 6 requests and two of several people", n)
				}
				check := func() {
					t.Helper()
					scan(t, filepath.Join(p.dir, "data"))
					for _, e := range env {
						if url, ok := strings.CutPrefix(e, "LEADGATE_REDIS_URL=redis://"); ok {
							scanRedis(t, strings.TrimSuffix(url, "/0"))
						}
					}
					if code := p.get("/leads/"+first.LeadID, &lead.Lead{}); code != http.StatusNotFound {
						t.Errorf("the lead = %d, want 404", code)
					}
					if code := p.get("/touches/"+first.ID, &lead.Touch{}); code != http.StatusNotFound {
						t.Errorf("the touch = %d, want 404", code)
					}
					did := strings.Join(p.audit(), "\n")
					for _, want := range []string{"Dana claim " + first.LeadID, "api export"} {
						if !strings.Contains(did, want) {
							t.Errorf("the audit lacks %q:\n%s", want, did)
						}
					}
					if by := map[string]string{"API": "Dana erase " + first.LeadID, "CLI": " erase"}[by]; !strings.Contains(did, by) {
						t.Errorf("the audit lacks %q:\n%s", by, did)
					}
					if leads := all[lead.Lead](p, "/leads"); len(leads) != 3 || slices.ContainsFunc(leads, func(l lead.Lead) bool { return !strings.HasSuffix(l.Person.Name, "Stays") }) {
						t.Errorf("leads = %+v, want those of who stays", leads)
					}
					var x lead.Export
					if p.get("/export?email=vera.vanish@works.example", &x); len(x.Leads)+len(x.Touches)+len(x.Requests) != 0 {
						t.Errorf("export = %+v, want nothing", x)
					}
					if p.get("/export?email=stan.stays@works.example", &x); len(x.Requests) != 1 || !strings.Contains(x.Requests[0].Body, "Stan Stays") || strings.Contains(x.Requests[0].Body, "Sue") {
						t.Errorf("what is left of the request of several people = %+v, want Stan's part", x.Requests)
					}
					if b := p.balanced(); b.Accepted != before.Accepted-7 {
						t.Errorf("books = %+v, were %+v; want 7 fewer", b, before)
					}
				}
				check()
				for _, trace := range traces {
					if strings.Contains(said, trace) || strings.Contains(p.out.String(), trace) {
						t.Errorf("the log tells %q", trace)
					}
				}
				p.kill()
				p.start()
				p.await("the store to be filled", 10*time.Second, func() bool { return len(all[lead.Lead](p, "/leads")) > 0 })
				check()

				// She may come again.
				again := p.settled(p.lead("offer", "Vera Vanish").ID)
				if again.State != lead.Settled || again.LeadID == first.LeadID {
					t.Errorf("after she came again: %+v, want a lead of her own", again)
				}
			})
		})
	}
}

// TestProgram_EraseTags: where plus tags are the same, a person is all of them,
// also what was kept while they were two; where they are not, each is another.
func TestProgram_EraseTags(t *testing.T) {
	t.Parallel()
	for _, named := range []string{"vera.vanish@works.example", "Vera.Vanish+new@works.example", "vera.vanish+else@works.example"} {
		t.Run(named, func(t *testing.T) {
			onBothStores(t, func(t *testing.T, env []string) {
				p := newProgram(t, env...)
				post := func(email, body string) lead.Touch {
					t.Helper()
					code, a := p.post("/in/talk", "application/json", fmt.Sprintf(`{"name":"Vera Vanish","email":%q,"message":%q}`, email, body))
					if code/100 != 2 {
						t.Fatalf("POST for %s = %d", email, code)
					}
					return p.settled(a.ID)
				}
				export := func(email string) (x lead.Export) {
					t.Helper()
					if code := p.get("/export?email="+url.QueryEscape(email), &x); code != http.StatusOK {
						t.Fatalf("export of %s = %d", email, code)
					}
					return x
				}
				p.config(wrongSources)
				p.start()
				old := post("vera.vanish+old@works.example", "my secret wish 1")
				if x := export(named); len(x.Leads) != 0 {
					t.Errorf("while tags are apart %s has %d leads, want none", named, len(x.Leads))
				}
				p.end()
				p.config("plus_tags: same" + wrongSources)
				p.start()
				first, second := post("vera.vanish+new@works.example", "my secret wish 2"), post("vera.vanish@works.example", "my secret wish 3")
				leads := 2 // Redis holds what it pointed at; the built-in one is filled anew
				if len(env) == 0 {
					leads = 1
				}
				if first.LeadID != second.LeadID || (first.LeadID == old.LeadID) != (leads == 1) {
					t.Fatalf("leads %s and %s, before them %s; want %d", first.LeadID, second.LeadID, old.LeadID, leads)
				}
				p.post("/in/survey", "application/json", `[{"email":"vera.vanish+third@works.example"}]`) // unread
				p.balanced()
				if x := export(named); len(x.Leads) != leads || len(x.Touches) != 4 || len(x.Requests) != 4 {
					t.Errorf("export of %s: want %d leads, 4 touches and requests, got %d, %d, %d", named, leads, len(x.Leads), len(x.Touches), len(x.Requests))
				}
				code, out := p.run("erase", "--json", named)
				var run lead.Run
				if err := json.Unmarshal([]byte(out), &run); code != 0 || err != nil || run.Counts["leads"] != leads || run.Counts["touches"] != 4 {
					t.Errorf("erase = %d %v %+v, want %d leads and 4 touches", code, err, run, leads)
				}
				scan(t, filepath.Join(p.dir, "data"))
				for _, e := range env {
					if url, ok := strings.CutPrefix(e, "LEADGATE_REDIS_URL=redis://"); ok {
						scanRedis(t, strings.TrimSuffix(url, "/0"))
					}
				}
				again := post("vera.vanish@works.example", "back")
				if again.LeadID != again.ID {
					t.Errorf("after she came again her lead is %s, want a new one", again.LeadID)
				}
			})
		})
	}
}

// TestProgram_EraseReachesEveryNode: what one node erases goes from the others'
// journals as well, also from that of a node that was down, and does not come
// back when Redis is wiped.
func TestProgram_EraseReachesEveryNode(t *testing.T) {
	t.Parallel()
	redis := newRealRedis(t)
	var nodes []*program
	for range 3 {
		p := newProcess(t, "LEADGATE_REDIS_URL="+redis.url())
		p.config(wrongSources)
		p.start()
		nodes = append(nodes, p)
	}
	asked, other, down := nodes[0], nodes[1], nodes[2]
	vera(other)
	down.settled(down.lead("talk", "Vera Vanish").ID)
	down.balanced()
	down.kill()
	var run lead.Run
	if code := asked.call("/erase", `{"email":"vera.vanish@works.example"}`, &run); code != http.StatusOK || run.Counts["touches"] != 7 {
		t.Errorf("erase = %d %+v, want 7 touches", code, run)
	}
	clean := func(p *program) bool { return !holds(filepath.Join(p.dir, "data", "journal.db")) }
	other.await("the other node to erase", 15*time.Second, func() bool { return clean(other) })
	if clean(down) {
		t.Fatal("the node that is down has nothing to erase")
	}
	if got := redis.do("FLUSHALL"); got != "+OK" {
		t.Fatalf("FLUSHALL = %s", got)
	}
	down.start()
	down.await("the node that was down to erase", 15*time.Second, func() bool { return clean(down) })
	for _, p := range nodes {
		scan(t, filepath.Join(p.dir, "data"))
	}
	scanRedis(t, redis.addr)
}

// TestProgram_EraseWaitsForRedis: a wish that was answered is fulfilled, whatever
// happens.
func TestProgram_EraseWaitsForRedis(t *testing.T) {
	t.Parallel()
	redis := newRealRedis(t)
	p := newProcess(t, "LEADGATE_REDIS_URL="+redis.url())
	p.config(wrongSources)
	p.start()
	first := vera(p)
	p.balanced()
	redis.pause()
	var run lead.Run
	if code := p.call("/leads/"+first.LeadID+"/erase", `{"by":"Dana"}`, &run); code != http.StatusAccepted || run.Ended() {
		t.Errorf("erase without Redis = %d %+v, want 202 and that it waits", code, run)
	}
	p.kill()
	redis.resume()
	p.start()
	p.await("the erasure", 15*time.Second, func() bool { return p.get("/leads/"+first.LeadID, &lead.Lead{}) == http.StatusNotFound })
	p.await("the journal to be rewritten", 15*time.Second, func() bool {
		b, err := os.ReadFile(filepath.Join(p.dir, "data", "journal.db"))
		return err == nil && !bytes.Contains(b, []byte("my secret wish"))
	})
	scan(t, filepath.Join(p.dir, "data"))
	scanRedis(t, redis.addr)
}

func TestProgram_VendorsErase(t *testing.T) {
	t.Parallel()
	onBothStores(t, func(t *testing.T, env []string) {
		p := newProgram(t, env...)
		p.config(`
sources:
  - {name: ads, provider: linkedin, unsigned: true}
  - {name: shop, provider: shopify, unsigned: true}
`)
		p.start()
		post := func(path, body string, header ...string) answer {
			t.Helper()
			code, a := p.post(path, "application/json", body, header...)
			if code != http.StatusOK {
				t.Fatalf("POST %s = %d %+v", path, code, a)
			}
			return a
		}
		action := `{"type":"LEAD_ACTION","leadGenFormResponse":"urn:li:leadGenFormResponse:1","leadGenForm":"urn:li:form:1","leadType":"SPONSORED","leadAction":%q,"occurredAt":1795600000000}`
		thin := post("/in/ads", fmt.Sprintf(action, "CREATED"))
		customer := func(id int, name, shop string) answer {
			return post("/in/shop", fmt.Sprintf(`{"id":%d,"email":"%s@works.example","first_name":%q,"created_at":"2026-11-25T09:00:00Z"}`, id, strings.ToLower(name), name),
				"X-Shopify-Topic", "customers/create", "X-Shopify-Shop-Domain", shop, "X-Shopify-Webhook-Id", name)
		}
		ann, bea, cid := customer(1, "Ann", "one.example"), customer(2, "Bea", "two.example"), customer(3, "Cid", "two.example")
		for _, a := range []answer{ann, bea, cid} {
			p.settled(a.ID)
		}
		gone := func(ids ...string) bool {
			for _, id := range ids {
				if _, ok := p.touch(id); ok {
					return false
				}
			}
			return true
		}
		for _, c := range []struct {
			path, body string
			header     []string
			gone       []string
		}{
			{"/in/ads", fmt.Sprintf(action, "DELETED"), nil, []string{thin.ID}},
			{"/in/shop", `{"shop_domain":"one.example","customer":{"id":1,"email":"ann@works.example"}}`, []string{"X-Shopify-Topic", "customers/redact"}, []string{ann.ID}},
			{"/in/shop", `{"shop_domain":"two.example"}`, []string{"X-Shopify-Topic", "shop/redact"}, []string{bea.ID, cid.ID}},
		} {
			if gone(c.gone...) {
				t.Fatalf("%v is gone already", c.gone)
			}
			if a := post(c.path, c.body, c.header...); a.Status != "erasing" {
				t.Errorf("%s %s = %v, want erasing", c.path, c.body, a.Status)
			}
			p.await("the erasure", 15*time.Second, func() bool { return gone(c.gone...) })
		}
		if a := post("/in/shop", `{"shop_domain":"one.example","customer":{"id":1,"email":"ann@works.example"}}`, "X-Shopify-Topic", "customers/data_request"); a.Status != "ignored" {
			t.Errorf("a data request = %v, want it ignored", a.Status)
		}
	})
}

// TestProgram_EraseMerged: of leads that were made one, both go, whichever is
// named.
func TestProgram_EraseMerged(t *testing.T) {
	t.Parallel()
	for _, named := range []string{"Survivor", "Absorbed"} {
		t.Run(named, func(t *testing.T) {
			onBothStores(t, func(t *testing.T, env []string) {
				p := newProgram(t, env...)
				p.config(wrongSources)
				p.start()
				first := vera(p)
				_, a := p.post("/in/talk", "application/json", `{"name":"Vera Vanish","email":"vanish.private@home.example","note":"my secret wish 5"}`)
				second := p.settled(a.ID)
				if code := p.call("/leads/"+second.LeadID+"/merge", fmt.Sprintf(`{"by":"Dana","into":%q}`, first.LeadID), nil); code != http.StatusOK {
					t.Fatalf("merge = %d", code)
				}
				p.balanced()
				id := map[string]string{"Survivor": first.LeadID, "Absorbed": second.LeadID}[named]
				var run lead.Run
				if code := p.call("/leads/"+id+"/erase", `{"by":"Dana"}`, &run); code != http.StatusOK || run.Counts["leads"] != 3 || run.Counts["touches"] != 8 {
					t.Errorf("erase = %d %+v, want 3 leads and 8 touches", code, run)
				}
				scan(t, filepath.Join(p.dir, "data"))
				for _, e := range env {
					if url, ok := strings.CutPrefix(e, "LEADGATE_REDIS_URL=redis://"); ok {
						scanRedis(t, strings.TrimSuffix(url, "/0"))
					}
				}
			})
		})
	}
}
