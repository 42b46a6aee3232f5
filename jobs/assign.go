package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

const offShelf = "off" // rep -> until when the rep is away

// Off keeps a rep out of the round robins until a moment; a zero one ends it.
// lead.ErrNotFound when the configuration has no such rep.
func (j *Jobs) Off(ctx context.Context, rep string, until time.Time) error {
	if _, ok := j.people().Rep(rep); !ok {
		return fmt.Errorf("rep %q: %w", rep, lead.ErrNotFound)
	}
	op := journal.Delete(offShelf, rep)
	if !until.IsZero() {
		op = journal.Put(offShelf, rep, mustJSON(until.UTC()))
	}
	if err := j.o.Journal.Settle(ctx, op); err != nil {
		return fmt.Errorf("keep that rep %s is off: %w", rep, err)
	}
	return j.o.Prompt.Off(ctx, rep, until)
}

// OffUntil is Off with a moment as people write it, in the rep's own zone; see
// lead.ParseUntil.
func (j *Jobs) OffUntil(ctx context.Context, rep, words string) (time.Time, error) {
	r, _ := j.people().Rep(rep)
	until, err := lead.ParseUntil(words, r.Hours.Local(j.now()))
	if err == nil {
		err = j.Off(ctx, rep, until)
	}
	return until, err
}

// Staff returns the reps and teams as of now.
func (j *Jobs) Staff(ctx context.Context) (lead.Staff, error) {
	off, err := j.WhoIsOff(ctx)
	if err != nil {
		return lead.Staff{}, err
	}
	return j.people().Staff(off, j.now()), nil
}

// WhoIsOff returns until when reps are away, by their names; past moments too.
// While Redis is away it is what was said on this node.
func (j *Jobs) WhoIsOff(ctx context.Context) (map[string]time.Time, error) {
	if j.redis.Up() {
		off, err := j.o.Prompt.WhoIsOff(ctx)
		if err == nil {
			return off, nil
		}
		j.redis.ReportError(err)
	}
	return j.offInJournal()
}

func (j *Jobs) offInJournal() (map[string]time.Time, error) {
	off := map[string]time.Time{}
	err := j.o.Journal.Each(offShelf, "", func(rep string, value []byte) bool {
		var until time.Time
		if json.Unmarshal(value, &until) == nil {
			off[rep] = until
		}
		return true
	})
	if err != nil {
		err = fmt.Errorf("read who is off: %w", err)
	}
	return off, err
}

// restorePeople makes the turns again out of the leads that were given, and
// says who is off. Redis has forgotten both.
func (j *Jobs) restorePeople(ctx context.Context, turns lead.Turns) error {
	if len(turns.Turn) > 0 {
		if err := j.o.Store.Turns(ctx, func(t *lead.Turns) error { t.Merge(turns); return nil }); err != nil {
			return err
		}
	}
	off, err := j.offInJournal()
	for rep, until := range off {
		err = errors.Join(err, j.o.Store.Off(ctx, rep, until))
	}
	return err
}
