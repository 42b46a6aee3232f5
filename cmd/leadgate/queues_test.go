package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead/ops"
)

// The queues are shown and can be paused on both kinds of Redis; while one is
// away, what the journal knows is shown all the same.
func TestProgram_Queues(t *testing.T) {
	t.Parallel()
	r := newRealRedis(t)
	slack := newFakeSlack(t)
	p := newProgram(t, append(slack.env(), "LEADGATE_REDIS_URL="+r.url())...)
	p.start()
	p.settled(p.lead("demo-request", "Ada Quell").ID)
	var plant ops.Machinery
	look := func() ops.Machinery {
		t.Helper()
		if code := p.get("/queues", &plant); code != http.StatusOK {
			t.Fatalf("GET /queues = %d", code)
		}
		return plant
	}
	if got := look(); !got.Redis.Up || got.Redis.Embedded || got.Redis.Version == "" || got.Redis.Used == 0 || len(got.Queues) != 2 || got.Queues[0].Processed == 0 || got.Journal.Bytes == 0 ||
		len(got.Targets) != 1 || got.Targets[0].State != "ok" {
		t.Errorf("GET /queues = %+v", got)
	}
	post := func(path string, want int) {
		t.Helper()
		if code := p.call(path, "", nil); code != want {
			t.Errorf("POST %s = %d, want %d", path, code, want)
		}
	}
	post("/queues/bulk/pause", 200)
	if got := look(); !got.Queues[1].Paused || got.Queues[0].Paused {
		t.Errorf("after the pause: %+v", got.Queues)
	}
	held := p.lead("webinar", "Bob Hale")
	p.await("the paused queue to have the lead", 10*time.Second, func() bool { return look().Queues[1].Pending > 0 })
	post("/queues/bulk/resume", 200)
	p.settled(held.ID)
	post("/queues/bulk/stop", 404)
	post("/queues/cold/pause", 404)
	post("/queues/bulk/tasks/nothing/run", 404)
	post("/queues/bulk/tasks/nothing/paint", 404)
	for path, want := range map[string]int{"/queues/bulk/tasks?state=archived": 200, "/queues/bulk/tasks": 200, "/queues/bulk/tasks?state=odd": 400, "/queues/cold/tasks": 404} {
		if code := p.get(path, new(any)); code != want {
			t.Errorf("GET %s = %d, want %d", path, code, want)
		}
	}

	r.kill()
	waits := p.lead("webinar", "Cleo Marsh")
	p.await("the pulse to notice", 10*time.Second, func() bool { return !look().Redis.Up })
	if got := look(); got.Journal.Waiting != 1 || len(got.Queues) != 0 {
		t.Errorf("GET /queues without Redis = %+v, want one touch that waits", got)
	}
	post("/queues/bulk/pause", 503)
	r.start()
	p.settled(waits.ID)

	e := newProgram(t)
	e.start()
	e.settled(e.lead("demo-request", "Ada Quell").ID)
	plant = ops.Machinery{}
	if code := e.get("/queues", &plant); code != http.StatusOK || !plant.Redis.Embedded || len(plant.Queues) != 2 || plant.Queues[0].Processed == 0 {
		t.Errorf("GET /queues of the built-in Redis = %d %+v", code, plant)
	}
}
