package main

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// TestProgram_TwoReplicas runs two processes with a journal each on one Redis:
// whichever works on a lead, it is told once, both know it, and the books of
// both say the same.
func TestProgram_TwoReplicas(t *testing.T) {
	t.Parallel()
	redis, slack := newRealRedis(t), newFakeSlack(t)
	var both []*program
	for range 2 {
		p := newProgram(t, append(slack.env(), "LEADGATE_REDIS_URL="+redis.url())...)
		p.config(twoSources)
		p.start()
		both = append(both, p)
	}
	var ids, hot []string
	post := func(stage string, n int) {
		for i := range n {
			name, source := fmt.Sprintf("%s%dx", stage, i), "hot"
			if i%3 == 0 {
				source = "warm"
			} else {
				hot = append(hot, name)
			}
			ids = append(ids, both[i%2].lead(source, name).ID)
		}
	}
	balanced := func() {
		t.Helper()
		for i, p := range both {
			var b lead.Books
			awaitFor(t, fmt.Sprintf("the books of replica %d to balance", i), 30*time.Second, func() bool {
				return p.get("/books", &b) == http.StatusOK && b.Accepted == int64(len(ids)) && b.Waiting+b.Unaccounted == 0
			})
			if b.Alerted != int64(len(hot)) || b.Held != int64(len(ids)-len(hot)) {
				t.Errorf("books of replica %d = %+v, want %d alerted of %d", i, b, len(hot), len(ids))
			}
			for _, id := range ids {
				if touch, ok := p.touch(id); !ok || touch.State != lead.Settled {
					t.Errorf("touch %s at replica %d is %v %s, want it settled", id, i, ok, touch.State)
				}
			}
		}
		toldOnce(t, slack, hot, 10*time.Second)
	}
	post("Together", 30)
	balanced()

	// What one replica told while Redis was away the other must not tell again.
	redis.pause()
	post("Apart", 12)
	toldOnce(t, slack, hot, 10*time.Second)
	redis.resume()
	balanced()
}

// TestProgram_TwoReplicas_RedisIsWiped: each replica puts back what its own
// journal kept, also one that was down when it happened.
func TestProgram_TwoReplicas_RedisIsWiped(t *testing.T) {
	t.Parallel()
	redis := newRealRedis(t)
	var both []*program
	var ids []string
	for i := range 2 {
		p := newProcess(t, "LEADGATE_REDIS_URL="+redis.url())
		p.config(twoSources)
		p.start()
		both = append(both, p)
		for n := range 3 {
			id := p.lead("warm", fmt.Sprintf("Kept%d%dx", i, n)).ID
			p.settled(id)
			ids = append(ids, id)
		}
	}
	all := func(when string) {
		t.Helper()
		for i, p := range both {
			awaitFor(t, fmt.Sprintf("all leads at replica %d %s", i, when), 15*time.Second, func() bool {
				var page struct{ Items []lead.Lead }
				return p.get("/leads", &page) == http.StatusOK && len(page.Items) == len(ids)
			})
		}
	}
	all("before")
	redis.do("FLUSHALL")
	all("after the flush")
	both[1].kill()
	redis.do("FLUSHALL")
	awaitFor(t, "the first replica to fill Redis", 15*time.Second, func() bool {
		var page struct{ Items []lead.Lead }
		return both[0].get("/leads", &page) == http.StatusOK && len(page.Items) >= 3
	})
	both[1].start()
	all("after the restart")
}
