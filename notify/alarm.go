package notify

import (
	"context"
	"time"
)

// Alarm is what leadgate says about itself when a human must know.
type Alarm struct {
	Key   string // alarms with the same key are told once in a while, by one replica
	About string // the target that is in trouble, and so not the one to tell; empty: none is
	Title string // one line, without a person's name or address
	Text  string // what happens meanwhile, and what to do
	URL   string // where to look; empty: nowhere
	At    time.Time
}

// Alarmer is a Sender that can tell more than leads. It tries once; its errors
// are those of Send.
type Alarmer interface {
	Alarm(ctx context.Context, a Alarm) error
}
