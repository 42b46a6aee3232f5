package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

const offShelf = "off" // rep -> until when the rep is away

// turnKeeper is what all replicas know of whose turn it is.
type turnKeeper interface {
	Turns(ctx context.Context, change func(*lead.Turns) error) error
	Off(ctx context.Context, rep string, until time.Time) error
	WhoIsOff(ctx context.Context) (map[string]time.Time, error)
}

// assign gives a lead that somebody was alerted to by t to the rep whose turn it
// is in the team of the route, if that team takes turns. A lead stays with its
// rep. taken remembers the turn that was taken for a run that is tried again on
// another lead.
func (j *Jobs) assign(ctx context.Context, l *lead.Lead, t *lead.Touch, taken **lead.Assigned) error {
	if l.Claim != nil || t.Test {
		return nil
	}
	team := j.policy.TeamInTurn(l, t.ID)
	if team == "" {
		return nil
	}
	if l.Assigned != nil && l.Assigned.Team == team {
		if _, ok := j.people().Rep(l.Assigned.To); ok {
			return nil
		}
	}
	if *taken == nil {
		a, err := j.takeTurn(ctx, team)
		if err != nil || a == nil {
			return err
		}
		*taken = a
	}
	l.Assigned = *taken
	return nil
}

// takeTurn returns whose turn it is; nil when nobody can take a lead.
func (j *Jobs) takeTurn(ctx context.Context, team string) (*lead.Assigned, error) {
	off, err := j.o.Store.WhoIsOff(ctx)
	if err != nil {
		return nil, err
	}
	var a lead.Assigned
	err = j.o.Store.Turns(ctx, func(turns *lead.Turns) error {
		var ok bool
		if a, ok = turns.Next(j.o.People, team, off, j.now()); !ok {
			return errNobody
		}
		return nil
	})
	if errors.Is(err, errNobody) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("take a turn of team %s: %w", team, err)
	}
	return &a, nil
}

var errNobody = errors.New("nobody can take a lead")

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
		if decodeKept(value, &until) == nil {
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
