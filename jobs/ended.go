package jobs

import (
	"context"

	"github.com/leadgate/leadgate/jobs/availability"
)

// endedPrefix stands before the id of a touch on the channel that replicas wake
// each other by.
const endedPrefix = "ended:"

// sayEnded lets the replica whose journal holds a touch know that it came to
// its end here. Until it knows, it would tell a hot one again should Redis go
// away; without the message it looks for itself within seconds.
func (j *Jobs) sayEnded(id string) {
	if !j.shared() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), availability.CheckTimeout)
	defer cancel()
	_ = j.o.Producer.Publish(ctx, wakeChannel, endedPrefix+id).Err() // see above
}

// lookAt has the sweeper look at a flight now.
func (j *Jobs) lookAt(id string) {
	f := j.flightOf(id)
	if f == nil {
		return
	}
	f.mu.Lock()
	f.look = j.now()
	f.mu.Unlock()
	select {
	case j.looks <- struct{}{}:
	default:
	}
}

// shared says that other replicas may be at work, and can be asked.
func (j *Jobs) shared() bool { return !j.o.Embedded && j.redis.Up() }
