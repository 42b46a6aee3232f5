package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// acceptAll posts people to warm and hot and requires a 2xx for each.
func acceptAll(t *testing.T, p *program, prefix string, n int) (ids, hot []string) {
	t.Helper()
	for i := range n {
		name, source := fmt.Sprintf("%s%dx", prefix, i), "warm"
		if i%10 == 0 {
			source = "hot"
			hot = append(hot, name)
		}
		ids = append(ids, p.lead(source, name).ID)
	}
	return ids, hot
}

// toldOnce requires one message about each name within a limit.
func toldOnce(t *testing.T, slack *fakeSlack, names []string, limit time.Duration) {
	t.Helper()
	awaitFor(t, "every hot lead to reach Slack", limit, func() bool {
		for _, name := range names {
			if len(slack.about(name)) == 0 {
				return false
			}
		}
		return true
	})
	for _, name := range names {
		if n := len(slack.about(name)); n != 1 {
			t.Errorf("%d messages about %s, want 1", n, name)
		}
	}
}

func settledAll(t *testing.T, p *program, ids []string, limit time.Duration) {
	t.Helper()
	var b lead.Books
	awaitFor(t, "the books to balance", limit, func() bool {
		return p.get("/books", &b) == http.StatusOK && b.Waiting+b.Unaccounted == 0
	})
	for _, id := range ids {
		if touch, ok := p.touch(id); !ok || touch.State != lead.Settled || touch.LeadID == "" {
			t.Errorf("touch %s = %v %s of lead %q, want it settled with a lead", id, ok, touch.State, touch.LeadID)
		}
	}
}

func TestProgram_RedisIsAway(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		away, back func(*realRedis)
	}{
		{"Stopped", (*realRedis).kill, (*realRedis).start},
		{"Paused", (*realRedis).pause, (*realRedis).resume},
	} {
		t.Run(c.name, func(t *testing.T) {
			redis, slack := newRealRedis(t), newFakeSlack(t)
			p := newProgram(t, append(slack.env(), "LEADGATE_REDIS_URL="+redis.url())...)
			p.config(twoSources)
			p.start()
			before, hotBefore := acceptAll(t, p, "Before", 20)
			toldOnce(t, slack, hotBefore, 10*time.Second)

			c.away(redis)
			during, hotDuring := acceptAll(t, p, "During", 20)
			toldOnce(t, slack, hotDuring, 10*time.Second)
			if touch, ok := p.touch(during[0]); !ok || touch.ID != during[0] {
				t.Errorf("the touch that was accepted without redis is not readable")
			}
			c.back(redis)

			after, hotAfter := acceptAll(t, p, "After", 20)
			settledAll(t, p, append(append(before, during...), after...), 40*time.Second)
			toldOnce(t, slack, append(append(hotBefore, hotDuring...), hotAfter...), 10*time.Second)
			if n := len(all[lead.Lead](p, "/leads")); n != 60 {
				t.Errorf("%d leads, want 60", n)
			}
		})
	}
}

func TestProgram_RedisIsWiped(t *testing.T) {
	t.Parallel()
	redis, slack := newRealRedis(t), newFakeSlack(t)
	p := newProgram(t, append(slack.env(), "LEADGATE_REDIS_URL="+redis.url())...)
	p.config(twoSources)
	p.start()
	before, hot := acceptAll(t, p, "Before", 30)
	settledAll(t, p, before, 20*time.Second)
	if got := redis.do("FLUSHALL"); got != "+OK" {
		t.Fatalf("FLUSHALL = %s", got)
	}
	after, hotAfter := acceptAll(t, p, "After", 10)
	settledAll(t, p, append(before, after...), 30*time.Second)
	toldOnce(t, slack, append(hot, hotAfter...), 10*time.Second)
	if n := len(all[lead.Lead](p, "/leads")); n != 40 {
		t.Errorf("%d leads after redis was wiped, want 40", n)
	}
}

func TestProgram_StartsWithoutRedis(t *testing.T) {
	t.Parallel()
	slack := newFakeSlack(t)
	p := newProgram(t, append(slack.env(), "LEADGATE_REDIS_URL=redis://127.0.0.1:1/0")...)
	p.config(twoSources)
	p.start()
	_, hot := acceptAll(t, p, "Early", 10)
	toldOnce(t, slack, hot, 10*time.Second)
}

func TestProgram_RestartsWhileRedisIsAway(t *testing.T) {
	t.Parallel()
	redis, slack := newRealRedis(t), newFakeSlack(t)
	p := newProcess(t, append(slack.env(), "LEADGATE_REDIS_URL="+redis.url())...)
	p.config(twoSources)
	p.start()
	redis.pause()
	slack.fail("hang", "hang", "hang") // accepted, and told nobody before the kill
	ids, hot := acceptAll(t, p, "Waiting", 20)
	p.kill()
	slack.mu.Lock()
	slack.faults = nil
	slack.mu.Unlock()
	p.start()
	toldOnce(t, slack, hot, 10*time.Second)
	redis.resume()
	settledAll(t, p, ids, 30*time.Second)
	toldOnce(t, slack, hot, time.Second)
}

func TestProgram_DoubleClickWhileRedisIsAway(t *testing.T) {
	t.Parallel()
	redis, slack := newRealRedis(t), newFakeSlack(t)
	p := newProgram(t, append(slack.env(), "LEADGATE_REDIS_URL="+redis.url())...)
	p.config(twoSources)
	p.start()
	redis.kill()
	first, second := p.lead("hot", "Doubled Example"), p.lead("hot", "Doubled Example")
	third := p.lead("hot", "Single Example")
	toldOnce(t, slack, []string{"Single Example", "Doubled Example"}, 10*time.Second)
	redis.start()
	for _, a := range []answer{first, third} {
		if got := p.settled(a.ID); got.State != lead.Settled {
			t.Errorf("touch %s = %s, want settled", a.ID, got.State)
		}
	}
	if got := p.settled(second.ID); got.State != lead.Merged || got.MergedInto != first.ID {
		t.Errorf("the second click = %s into %q, want merged into %s", got.State, got.MergedInto, first.ID)
	}
	toldOnce(t, slack, []string{"Single Example", "Doubled Example"}, time.Second)
}

func TestProgram_EndsWhileRedisHangs(t *testing.T) {
	t.Parallel()
	redis := newRealRedis(t)
	p := newProcess(t, "LEADGATE_REDIS_URL="+redis.url())
	p.config(twoSources)
	p.start()
	acceptAll(t, p, "Before", 10)
	redis.pause()
	ids, _ := acceptAll(t, p, "During", 10)
	if took := p.end(); took > 6*time.Second {
		t.Errorf("the program took %s to end while redis hung, want 5 s at most", took)
	}
	redis.resume()
	p.start()
	settledAll(t, p, ids, 30*time.Second)
}

func TestProgram_WithoutJournal(t *testing.T) {
	t.Parallel()
	redis := newRealRedis(t)
	at := freeAddress(t)
	p := newProgram(t, "LEADGATE_REDIS_URL="+redis.url(), "LEADGATE_JOURNAL=off", "LEADGATE_LISTEN="+at)
	p.addr = at
	p.config(twoSources)
	p.start()
	a := p.lead("warm", "Journalless Example")
	p.settled(a.ID)
	redis.pause()
	code, refused := p.post("/in/warm", "application/json", `{"email":"nobody@works.example"}`)
	redis.resume()
	if code != http.StatusServiceUnavailable || refused.Code != "not_durable" {
		t.Errorf("without journal and redis the answer is %d %s, want 503 not_durable", code, refused.Code)
	}
}

func TestProgram_SecondProcessOnOneDirectory(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.start()
	second := newProgram(t)
	second.env = append(second.env, "LEADGATE_DATA_DIR="+p.dir+"/data")
	code, out := second.run()
	if code == 0 || !strings.Contains(out, "in use by another process") {
		t.Errorf("a second process on the same directory ended with %d:\n%s", code, out)
	}
}
