package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/lead"
)

// An older program leaves behind a journal and what is in Redis. The fixtures
// in testdata/upgrade were made by the program of commit 059d7a6, with
//
//	go build -o older ./cmd/leadgate # in a checkout of that commit
//	go test ./cmd/leadgate -run TestUpgrade_Make -older PATH/older
//
// and are not made anew: they stand for what users have on disk.
var older = flag.String("older", "", "make the fixtures of TestUpgrade with this program of an older commit")

const upgradeConfig = `
public_url: https://leads.example.com
allow_private_targets: true
retention: 3650d
max_age: 30d
sources:
  - {name: demo, provider: json, action: demo_request}
  - {name: web, provider: form}
  - {name: webinar, provider: json, action: webinar_registered}
  - {name: survey, provider: typeform, unsigned: true}
  - {name: offer, provider: json, action: quote_request}
targets:
  - {name: sales, kind: slack, channel: C0HOT, pace: off}
  - {name: crm, kind: webhook, url: "${CRM_URL}"}
  - {name: erp, kind: webhook, url: "${ERP_URL}"}
reps:
  - {name: Dana, slack: U0DANA}
  - {name: Eli, slack: U0ELI}
  - {name: Noa, slack: U0NOA}
teams:
  - {name: all, reps: [Dana, Eli, Noa]}
routes:
  - {to: sales, at_least: hot, team: all}
  - {to: crm, at_least: warm}
  - {to: erp, sources: [offer], at_least: cold}
digests:
  - {to: sales, temperature: warm, at: "AT"}
`

// upgrading is a program of either age with the targets that it tells. The erp
// is away until erp is set.
type upgrading struct {
	*program
	slack *fakeSlack
	crm   lockedBuffer // what it got
	erp   atomic.Bool
}

func newUpgrading(t *testing.T, env ...string) *upgrading {
	u := &upgrading{slack: newFakeSlack(t)}
	crm := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(&u.crm, r.Body)
		fmt.Fprint(w, `{"id":"crm-1"}`)
	}))
	erp := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !u.erp.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, `{"id":"erp-1"}`)
	}))
	t.Cleanup(crm.Close)
	t.Cleanup(erp.Close)
	u.program = newProgram(t, append(append(env, u.slack.env()...), "CRM_URL="+crm.URL, "ERP_URL="+erp.URL)...)
	u.config(strings.Replace(upgradeConfig, "AT", "09:00", 1))
	return u
}

// live is what the older program did before its files were kept: leads in every
// state, and everything else that outlives a restart.
func (u *upgrading) live() {
	t := u.t
	t.Helper()
	post := func(path, body string, want int) {
		t.Helper()
		if code := u.call(path, body, nil); code != want {
			t.Fatalf("POST %s = %d, want %d", path, code, want)
		}
	}
	person := func(source, name string, extra ...string) string {
		t.Helper()
		return u.settled(u.lead(source, name, extra...).ID).LeadID
	}
	claimed, contacted, assigned := person("demo", "Cleo Claimed"), person("demo", "Conrad Contacted"), person("demo", "Asta Assigned")
	u.act(claimed, "claim", "Dana")
	u.act(contacted, "claim", "Eli")
	u.act(contacted, "contacted", "Eli")
	post("/leads/"+assigned+"/assign", `{"by":"Dana","to":"Noa"}`, 200)
	given, cooler := person("demo", "Gil Givenback"), person("demo", "Nell Nothot")
	u.act(given, "claim", "Noa")
	u.act(given, "unclaim", "Noa")
	u.act(cooler, "not_hot", "Dana")
	junk, unjunk := person("demo", "Jo Junk"), person("demo", "Uma Unjunk")
	u.act(junk, "junk", "Eli")
	u.act(unjunk, "junk", "Eli")
	u.act(unjunk, "unjunk", "Dana")
	person("webinar", "Wim Warm")
	person("webinar", "Hilde History")
	person("demo", "Hilde History", `,"consent":"yes","page_url":"https://www.example.com/p?utm_source=paper&gclid=c1","seats":"40"`)
	person("web", "Rosa Refused", `,"Do you agree to be contacted?":"no"`)
	person("demo", "Tilda Test", `,"test":true`)
	into, gone, back := person("demo", "Ida Into"), person("webinar", "Ida Gone"), person("webinar", "Ida Back")
	post("/leads/"+gone+"/merge", `{"by":"Dana","into":"`+into+`"}`, 200)
	post("/leads/"+back+"/merge", `{"by":"Dana","into":"`+into+`"}`, 200)
	post("/leads/"+back+"/unmerge", `{"by":"Eli"}`, 200)
	repeated := u.lead("demo", "Rhea Repeat").ID
	u.settled(repeated)
	u.lead("demo", "Rhea Repeat")
	u.await("the repeat to be merged", 10*time.Second, func() bool { one, _ := u.touch(repeated); return one.Repeats > 0 })
	spam := func(name string) lead.Touch {
		t.Helper()
		_, a := u.post("/in/demo", "application/json", fmt.Sprintf(`{"name":%q,"email":"%s@spam.example","message":"Buy","_gotcha":"x"}`, name, strings.ToLower(strings.Fields(name)[0])))
		var held lead.Touch
		u.await("the touch to be held", 10*time.Second, func() bool { held, _ = u.touch(a.ID); return held.LeadID != "" })
		return held
	}
	spam("Quentin Held")
	post("/leads/"+spam("Rae Released").LeadID+"/release", `{"by":"Dana"}`, 200)
	if code, _ := u.post("/in/survey", "application/json", `{"event_type":"form_response","form_response":{"answers":[{"email":"unread@works.example"`); code != http.StatusOK {
		t.Fatalf("an unread body = %d, want 200", code)
	}
	post("/leads/"+person("demo", "Vera Vanish")+"/erase", `{"by":"Dana"}`, 200)
	u.await("the digest", 80*time.Second, func() bool {
		for _, m := range u.slack.about("Wim Warm") {
			return m.TS != ""
		}
		return false
	})
	post("/leads/"+claimed+"/reclassify", `{"by":"Eli"}`, 200)
	post("/leads/"+contacted+"/resend", `{"by":"Eli","target":"crm"}`, 200)
	waits := u.lead("offer", "Wanda Waiting").ID
	u.await("the erp to have refused", 20*time.Second, func() bool {
		one, _ := u.touch(waits)
		for _, d := range one.Deliveries {
			if d.Target == "erp" && d.Attempts > 0 {
				return true
			}
		}
		return false
	})
	post("/reps/Eli/off", `{"until":"2027-11-01"}`, 200)
	post("/passes", `{"name":"billing","right":"read"}`, 201)
	post("/targets/crm/pause", `{"by":"Dana","why":"it moves"}`, 200)
	u.settledOrWaits(u.lead("demo", "Paula Paused").ID, "crm")
	post("/queues/bulk/pause", ``, 200)
	u.lead("webinar", "Bela Bulk")
}

// settledOrWaits waits until every target but one has a touch.
func (u *upgrading) settledOrWaits(id, target string) {
	u.t.Helper()
	u.await("all but "+target+" to have "+id, 20*time.Second, func() bool {
		one, _ := u.touch(id)
		done := 0
		for _, d := range one.Deliveries {
			if d.Target != target && d.State == lead.Sent {
				done++
			}
		}
		return done > 0
	})
}

// told is what the API says, by the path that was asked, of everybody who does
// not wait: what waits goes on.
func (u *upgrading) told() map[string]any {
	u.t.Helper()
	all := map[string]any{}
	ask := func(path string) any {
		u.t.Helper()
		var v any
		if code := u.get(path, &v); code != http.StatusOK {
			u.t.Fatalf("GET %s = %d", path, code)
		}
		return v
	}
	for _, path := range []string{"/reps", "/passes", "/audit?limit=1000"} {
		all[path] = ask(path)
	}
	for _, list := range []string{"/leads?limit=1000", "/leads?limit=1000&status=quarantined", "/leads?limit=1000&status=junk", "/touches?limit=1000"} {
		page, _ := ask(list).(map[string]any)
		items, _ := page["items"].([]any)
		var ids []string
		for _, x := range items {
			x, _ := x.(map[string]any)
			who, _ := x["person"].(map[string]any)
			id, _ := x["id"].(string)
			if name, _ := who["name"].(string); slices.Contains(waiting, name) {
				continue
			}
			ids = append(ids, id)
			path, _, _ := strings.Cut(list, "?")
			all[path+"/"+id] = ask(path + "/" + id)
		}
		all[list] = ids
	}
	steady(all)
	return all
}

// waiting are those whom a target still has to hear of.
var waiting = []string{"Wanda Waiting", "Paula Paused", "Bela Bulk"}

// steady leaves out what changes with each start and what a lead is worth,
// which changes with the day and with the rules.
func steady(v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range []string{"revision", "updated_at", "judged_at", "seen_at", "off_until", "at_work", "score", "temperature", "reasons", "stage", "next_step", "rules"} {
			delete(v, key)
		}
		for _, x := range v {
			steady(x)
		}
	case []any:
		for _, x := range v {
			steady(x)
		}
	}
}

func TestUpgrade_Make(t *testing.T) {
	if *older == "" {
		t.Skip("no -older")
	}
	dir, err := filepath.Abs("testdata/upgrade")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Run("Embedded", func(t *testing.T) {
		u := newUpgrading(t)
		u.bin = *older
		u.config(strings.Replace(upgradeConfig, "AT", time.Now().UTC().Add(time.Minute).Format("15:04"), 1))
		u.start()
		u.live()
		u.end()
		pack(t, filepath.Join(u.dir, "data", "journal.db"), filepath.Join(dir, "embedded.journal.gz"))
		u.keep(filepath.Join(dir, "embedded.json.gz"))
	})
	t.Run("Redis", func(t *testing.T) {
		r := newRealRedis(t)
		stop := r.record(filepath.Join(dir, "redis.writes.gz"))
		u := newUpgrading(t, "LEADGATE_REDIS_URL="+r.url())
		u.bin = *older
		u.config(strings.Replace(upgradeConfig, "AT", time.Now().UTC().Add(time.Minute).Format("15:04"), 1))
		u.start()
		u.live()
		u.end()
		stop()
		if got := r.do("SAVE"); got != "+OK" {
			t.Fatalf("SAVE = %s", got)
		}
		pack(t, filepath.Join(u.dir, "data", "journal.db"), filepath.Join(dir, "redis.journal.gz"))
		pack(t, filepath.Join(r.dir, "dump.rdb"), filepath.Join(dir, "redis.rdb.gz"))
		u.keep(filepath.Join(dir, "redis.json.gz"))
	})
}

// writeCommands are the commands that change what leadgate has in Redis; the queue's
// own are asynq's to keep compatible.
var writeCommands = map[string]bool{"eval": true, "evalsha": true, "zadd": true, "hset": true, "sadd": true, "expire": true, "zrem": true, "set": true, "hsetnx": true, "xadd": true, "srem": true,
	"zremrangebyrank": true, "zremrangebylex": true, "msetnx": true, "publish": true, "hdel": true, "del": true}

// record keeps what is written to Redis until the function that it returns is called.
func (r *realRedis) record(file string) (stop func()) {
	c, err := net.Dial("tcp", r.addr)
	if err != nil {
		r.t.Fatal(err)
	}
	fmt.Fprint(c, "MONITOR\r\n")
	var lines bytes.Buffer
	done := make(chan struct{})
	go func() {
		defer close(done)
		s := bufio.NewScanner(c)
		s.Buffer(nil, 1<<20)
		for s.Scan() {
			from, command, _ := strings.Cut(s.Text(), "] ")
			name, _, _ := strings.Cut(command, " ")
			if writeCommands[strings.Trim(name, `"`)] && strings.Contains(command, `"lg:`) && !strings.HasSuffix(from, " lua") {
				lines.WriteString(command + "\n")
			}
		}
	}()
	return func() {
		c.Close()
		<-done
		packed(r.t, file, lines.Bytes())
	}
}

// keep keeps what the older program tells after a start on its own files.
func (u *upgrading) keep(file string) {
	u.t.Helper()
	u.start()
	b, err := json.MarshalIndent(u.told(), "", " ")
	if err != nil {
		u.t.Fatal(err)
	}
	packed(u.t, file, b)
}

func pack(t testing.TB, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	packed(t, to, b)
}

func packed(t testing.TB, file string, b []byte) {
	t.Helper()
	var z bytes.Buffer
	w, _ := gzip.NewWriterLevel(&z, gzip.BestCompression)
	w.Write(b)
	w.Close()
	if err := os.WriteFile(file, z.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func unpacked(t testing.TB, name string) []byte {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "upgrade", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// restored is a program on the journal that the older one left.
func restored(t *testing.T, journal string, env ...string) *upgrading {
	t.Helper()
	u := newUpgrading(t, env...)
	u.bin = *older
	data := filepath.Join(u.dir, "data")
	if err := os.MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if journal != "" {
		if err := os.WriteFile(filepath.Join(data, "journal.db"), unpacked(t, journal), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return u
}

// tells compares what the API says with what the older program said, everywhere
// or below some paths, but for what is this program's own.
func (u *upgrading) tells(file string, own []string, paths ...string) {
	u.t.Helper()
	var want, got map[string]any
	if err := json.Unmarshal(unpacked(u.t, file), &want); err != nil {
		u.t.Fatal(err)
	}
	other := func(path string, _ any) bool {
		return slices.Contains(own, path[strings.LastIndexByte(path, '/')+1:]) ||
			len(paths) > 0 && !slices.ContainsFunc(paths, func(p string) bool { return strings.HasPrefix(path, p) })
	}
	maps.DeleteFunc(want, other)
	ctx, cancel := context.WithTimeout(u.t.Context(), 20*time.Second)
	defer cancel()
	for same := false; !same && ctx.Err() == nil; same = cmp.Equal(want, got) {
		b, err := json.Marshal(u.told())
		if err != nil {
			u.t.Fatal(err)
		}
		got = nil
		if err := json.Unmarshal(b, &got); err != nil {
			u.t.Fatal(err)
		}
		maps.DeleteFunc(got, other)
	}
	if d := cmp.Diff(want, got); d != "" {
		u.t.Errorf("%s (-older +now):\n%s", file, d)
	}
}

// goesOn ends what the older program had begun: what waited for a target comes
// to its end, and who was told is not told again.
func (u *upgrading) goesOn() {
	t := u.t
	t.Helper()
	var people lead.Staff
	u.get("/reps", &people)
	if until := time.Date(2027, 11, 1, 0, 0, 0, 0, time.UTC); time.Now().Before(until) && (len(people.Reps) != 3 || !people.Reps[1].OffUntil.Equal(until)) {
		t.Errorf("people = %+v, want Eli off until %s", people, until)
	}
	u.awaitPause()
	if strings.Contains(u.crm.String(), "Paula Paused") {
		t.Error("crm, which is paused, hears of Paula")
	}
	u.resume()
	for _, name := range waiting {
		u.await(name+" to be settled", 20*time.Second, func() bool {
			var page struct{ Items []lead.Touch }
			u.get("/touches?limit=1000", &page)
			i := slices.IndexFunc(page.Items, func(x lead.Touch) bool { return x.Person.Name == name })
			return i >= 0 && page.Items[i].State == lead.Settled
		})
		if again := u.slack.about(name); name != "Bela Bulk" && len(again) > 0 {
			t.Errorf("sales hears of %s again: %+v", name, again)
		}
	}
	var page struct{ Items []lead.Lead }
	u.get("/leads?limit=1000", &page)
	given := page.Items[slices.IndexFunc(page.Items, func(x lead.Lead) bool { return x.Person.Name == "Gil Givenback" })]
	u.act(given.ID, "claim", "Dana")
	if l := u.leadOf(given.ID); l.Claim == nil || l.Claim.By != "Dana" {
		t.Errorf("claimed after the upgrade: %+v", l)
	}
	again := u.settled(u.lead("demo", "Wim Warm").ID)
	if l := u.leadOf(again.LeadID); len(l.Touches) != 2 {
		t.Errorf("who came before is not known again: %+v", l)
	}
	u.balanced()
}

// awaitPause waits until this program knows that the older one paused crm.
func (u *upgrading) awaitPause() {
	u.t.Helper()
	u.await("crm to be paused", 10*time.Second, func() bool {
		_, b := u.api(http.MethodGet, "/targets", "")
		return bytes.Contains(b, []byte("it moves"))
	})
}

// resume lets everything out that the older program had paused.
func (u *upgrading) resume() {
	u.t.Helper()
	u.erp.Store(true)
	for _, path := range []string{"/targets/crm/resume", "/queues/bulk/resume"} {
		if code := u.call(path, `{"by":"Dana"}`, nil); code != http.StatusOK {
			u.t.Errorf("POST %s = %d", path, code)
		}
	}
}

// TestUpgrade starts this program on what the older one left: it shows the
// same, and goes on with what was begun.
func TestUpgrade(t *testing.T) {
	t.Run("Journal", func(t *testing.T) {
		t.Parallel()
		u := restored(t, "embedded.journal.gz")
		u.start()
		u.tells("embedded.json.gz", nil)
		u.goesOn()
	})
	redisOf := func(t *testing.T) string {
		r := newRealRedis(t)
		r.kill()
		if err := os.WriteFile(filepath.Join(r.dir, "dump.rdb"), unpacked(t, "redis.rdb.gz"), 0o600); err != nil {
			t.Fatal(err)
		}
		r.start()
		return "LEADGATE_REDIS_URL=" + r.url()
	}
	t.Run("Redis", func(t *testing.T) {
		t.Parallel()
		u := restored(t, "redis.journal.gz", redisOf(t))
		u.start()
		u.tells("redis.json.gz", nil)
		u.goesOn()
	})
	t.Run("RedisOfAnotherNode", func(t *testing.T) {
		t.Parallel()
		u := restored(t, "", redisOf(t))
		u.start()
		u.tells("redis.json.gz", nil)
	})
	// What Redis alone had is lost with it: credentials, and which message shows a lead.
	t.Run("EmptyRedis", func(t *testing.T) {
		t.Parallel()
		u := restored(t, "redis.journal.gz", "LEADGATE_REDIS_URL="+newRealRedis(t).url())
		u.start()
		u.tells("redis.json.gz", nil, "/leads?", "/audit", "/reps")
	})
}

// Both programs write to one Redis while nodes are upgraded one by one: what the
// older one wrote is replayed beside this one's own leads.
func TestUpgrade_Beside(t *testing.T) {
	t.Parallel()
	r := newRealRedis(t)
	u := restored(t, "", "LEADGATE_REDIS_URL="+r.url())
	u.start()
	own := u.settled(u.lead("demo", "Nora New").ID)
	u.act(own.LeadID, "claim", "Dana")
	before := u.leadOf(own.LeadID)
	r.replay("redis.writes.gz")
	u.tells("redis.json.gz", []string{own.ID, own.LeadID}, "/leads/01", "/touches/01")
	if d := cmp.Diff(before, u.leadOf(own.LeadID)); d != "" {
		t.Errorf("this program's own lead (-before +after):\n%s", d)
	}
	u.awaitPause()
	u.resume()
	later := u.settled(u.lead("demo", "Wim Warm").ID)
	if l := u.leadOf(later.LeadID); len(l.Touches) != 2 {
		t.Errorf("who came to the older node is not known: %+v", l)
	}
}

// replay sends what record kept.
func (r *realRedis) replay(name string) {
	r.t.Helper()
	c := redis.NewClient(&redis.Options{Addr: r.addr, Protocol: 2})
	defer c.Close()
	for line := range strings.Lines(string(unpacked(r.t, name))) {
		var args []any
		for rest := strings.TrimSpace(line); rest != ""; rest = strings.TrimSpace(rest) {
			quoted, err := strconv.QuotedPrefix(rest)
			if err != nil {
				r.t.Fatalf("%s: %v in %s", name, err, line)
			}
			arg, _ := strconv.Unquote(quoted) // it is quoted
			args, rest = append(args, arg), rest[len(quoted):]
		}
		if err := c.Do(r.t.Context(), args...).Err(); err != nil && !errors.Is(err, redis.Nil) && !strings.HasPrefix(err.Error(), "NOSCRIPT") {
			r.t.Fatalf("replay %.300s: %v", line, err)
		}
	}
}
