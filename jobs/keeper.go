package jobs

import (
	"context"

	"github.com/leadgate/leadgate/jobs/availability"
)

// keeper is the store as jobs see it: leads, touches and receipts that every
// replica shares. store.Store has all of it, behind a small adapter in cmd.
type keeper interface {
	life
	touchKeeper
	leadKeeper
	againKeeper
	unnamedKeeper
	eraseKeeper
	oldKeeper
	bookKeeper
	paceKeeper
	pauseKeeper
	timerKeeper
	arrivalKeeper
	turnKeeper
	rhythmKeeper
	noticeKeeper
	auditKeeper
}

// checkRedis says whether Redis answers and still has what was put into it.
func (j *Jobs) checkRedis(ctx context.Context) error {
	life, err := j.o.Prompt.Born(ctx)
	if err != nil {
		return err
	}
	if (life == "" || life != j.knownLife()) && j.redis.Up() {
		return availability.ErrDataLost
	}
	return nil
}

// redisReturned restores what Redis lost and what it missed.
func (j *Jobs) redisReturned(ctx context.Context, lost bool) error {
	wiped, err := j.revive(ctx)
	if err != nil {
		return err
	}
	return j.resume(ctx, wiped || lost)
}
