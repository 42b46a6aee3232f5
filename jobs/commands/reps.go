package commands

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// Off keeps a rep out of the round robins until a moment; a zero one ends it.
// lead.ErrNotFound when the configuration has no such rep.
func (c *Commands) Off(ctx context.Context, rep string, until time.Time) error {
	if _, ok := c.o.Policy.People().Rep(rep); !ok {
		return fmt.Errorf("rep %q: %w", rep, lead.ErrNotFound)
	}
	op := c.off.Delete(rep)
	if !until.IsZero() {
		op = c.off.Put(rep, until.UTC())
	}
	if err := c.o.Journal.Settle(ctx, op); err != nil {
		return fmt.Errorf("keep that rep %s is off: %w", rep, err)
	}
	return c.o.Prompt.Off(ctx, rep, until)
}

// OffUntil is Off with a moment as people write it, in the rep's own zone; see
// lead.ParseUntil.
func (c *Commands) OffUntil(ctx context.Context, rep, words string) (time.Time, error) {
	r, _ := c.o.Policy.People().Rep(rep)
	until, err := lead.ParseUntil(words, r.Hours.Local(c.o.Now()))
	if err == nil {
		err = c.Off(ctx, rep, until)
	}
	return until, err
}

// Staff returns the reps and teams as of now.
func (c *Commands) Staff(ctx context.Context) (lead.Staff, error) {
	off, err := c.WhoIsOff(ctx)
	if err != nil {
		return lead.Staff{}, err
	}
	return c.o.Policy.People().Staff(off, c.o.Now()), nil
}

// WhoIsOff returns until when reps are away, by their names; past moments too.
// While Redis is away it is what this node knows.
func (c *Commands) WhoIsOff(ctx context.Context) (map[string]time.Time, error) {
	if c.o.Redis.Up() {
		off, err := c.o.Prompt.WhoIsOff(ctx)
		if err == nil {
			return off, nil
		}
		c.o.Redis.ReportError(err)
	}
	return c.offHere()
}

func (c *Commands) offHere() (map[string]time.Time, error) {
	off := map[string]time.Time{}
	for rep, err := range c.off.All() {
		if err != nil {
			return off, fmt.Errorf("read who is off: %w", err)
		}
		off[rep.Key] = rep.Value
	}
	return off, nil
}

// RestorePeople writes to the store the turns, made of the leads that were given,
// and who is off. Redis has lost both.
func (c *Commands) RestorePeople(ctx context.Context, turns lead.Turns) error {
	if len(turns.Turn) > 0 {
		if err := c.o.Store.Turns(ctx, func(t *lead.Turns) error { t.Merge(turns); return nil }); err != nil {
			return err
		}
	}
	off, err := c.offHere()
	for rep, until := range off {
		err = errors.Join(err, c.o.Store.Off(ctx, rep, until))
	}
	return err
}
