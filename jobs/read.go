package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/leadgate/leadgate/jobs/messages"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// ErrNotFound says that neither the store nor this node's journal has it.
var ErrNotFound = lead.ErrNotFound

// Loaded waits until the store holds what the journal kept, for lists would be
// short before; an error means that ctx ended first.
func (j *Jobs) Loaded(ctx context.Context) error {
	if err := j.redis.Ready(ctx); err != nil {
		return fmt.Errorf("%w: %w", lead.ErrUnavailable, err)
	}
	return nil
}

// Touch returns a touch from the moment it was accepted: as the store has it,
// else as this node's journal does. While Redis is away it is the journal's.
func (j *Jobs) Touch(ctx context.Context, id string) (*lead.Touch, error) {
	var trouble error
	if j.redis.Up() {
		found, err := j.o.Prompt.TouchesByID(ctx, []string{id})
		if err == nil && found[0] != nil {
			return found[0], nil
		}
		trouble = err
	}
	for _, l := range []*lane{j.hot, j.bulk} {
		switch t, err := j.waitingTouch(l, id); {
		case err == nil:
			return j.inJournal(t), nil
		case !errors.Is(err, journal.ErrNotFound):
			return nil, fmt.Errorf("read touch %s: %w", id, err)
		}
	}
	b, err := j.o.Journal.Get(touchShelf, id)
	if errors.Is(err, journal.ErrNotFound) {
		if trouble != nil {
			return nil, fmt.Errorf("read touch %s: %w", id, trouble)
		}
		return nil, fmt.Errorf("touch %s: %w", id, ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("read touch %s: %w", id, err)
	}
	t := new(lead.Touch)
	if err := json.Unmarshal(b, t); err != nil {
		return nil, fmt.Errorf("read touch %s: %w", id, err)
	}
	return t, nil
}

// Lead returns a lead as it is now, once the store is filled, with its verdict as
// of now. While Redis is away, and before a touch's job has made its lead, it is
// what this node's journal knows. The id may also be that of a touch of the lead:
// alerts that were sent from the journal name it so.
func (j *Jobs) Lead(ctx context.Context, id string) (*lead.Lead, error) {
	if err := j.Loaded(ctx); err != nil {
		return nil, err
	}
	l, err := j.lead(ctx, id)
	return j.asOfNow(l), err
}

// asOfNow is a copy of a lead, which others may hold, with its verdict as of now.
func (j *Jobs) asOfNow(l *lead.Lead) *lead.Lead {
	if l == nil {
		return nil
	}
	now := *l
	now.Verdict = j.o.Rules().AsOf(l, j.now())
	return &now
}

// lead is Lead without waiting, with the verdict that was written.
func (j *Jobs) lead(ctx context.Context, id string) (*lead.Lead, error) {
	if !j.redis.Up() {
		l, err := j.leadInJournal(id)
		if errors.Is(err, ErrNotFound) {
			return nil, fmt.Errorf("lead %s: %w", id, errAway)
		}
		return l, err
	}
	l, err := j.o.Prompt.Lead(ctx, id)
	if !errors.Is(err, ErrNotFound) {
		return l, err
	}
	t, err := j.Touch(ctx, id)
	if err != nil {
		return nil, err
	}
	if t.LeadID != "" && t.LeadID != id {
		return j.o.Prompt.Lead(ctx, t.LeadID)
	}
	return j.leadInJournal(id)
}

// errAway: what is asked for may be in Redis, and Redis does not answer.
var errAway = fmt.Errorf("%w: redis is away, and this node's journal does not have it", lead.ErrUnavailable)

// errNeedsRedis: what is asked for cannot be done from a journal, and whoever asks
// should not wait until Redis is back.
var errNeedsRedis = fmt.Errorf("%w: redis is away, and this cannot be done without it", lead.ErrUnavailable)

// leadInJournal is a lead as this node last saw it, kept or that of a touch that
// waits here, with what was done about it since.
func (j *Jobs) leadInJournal(id string) (*lead.Lead, error) {
	b, err := j.o.Journal.Get(leadShelf, id)
	if err == nil {
		l := new(lead.Lead)
		if err := decodeKept(b, l); err != nil {
			return nil, fmt.Errorf("read lead %s: %w", id, err)
		}
		return j.withDeeds(id, l)
	}
	if !errors.Is(err, journal.ErrNotFound) {
		return nil, fmt.Errorf("read lead %s: %w", id, err)
	}
	for _, in := range []*lane{j.hot, j.bulk} {
		if t, err := j.waitingTouch(in, id); err == nil && t.State == lead.Accepted {
			return j.withDeeds(id, j.alone(j.inJournal(t)))
		}
	}
	return nil, fmt.Errorf("lead %s: %w", id, ErrNotFound)
}

// alone is a lead of one touch, without history, and the messages about it.
func (j *Jobs) alone(t *lead.Touch) *lead.Lead {
	l := j.policy.Alone(t)
	for _, d := range t.Deliveries {
		if d.State == lead.Sent && j.messages.Updatable(d.Target) {
			l.Posted(messages.PostOf(d, t.ID, lead.HotAlert))
		}
	}
	return l
}

// inJournal adds to a waiting touch what this node knows of its way so far.
func (j *Jobs) inJournal(t *lead.Touch) *lead.Touch {
	if f := j.flightOf(t.ID); f != nil {
		t.Trail = append(t.Trail, f.trail(t)...)
	}
	for _, name := range j.targetNames() {
		if d, ok := j.receipt(t.ID, name); ok {
			t.Deliveries = append(t.Deliveries, d)
		}
	}
	return t
}

func (j *Jobs) targetNames() []string {
	names := make([]string, len(j.o.Outlets))
	for i, o := range j.o.Outlets {
		names[i] = o.Target.Name
	}
	return names
}

// leadAccess is what messages read and change of leads.
type leadAccess struct{ *Jobs }

// UpdateLead changes a lead in the store.
func (a leadAccess) UpdateLead(ctx context.Context, id string, revision int64, change func(*lead.Lead) error) (*lead.Lead, error) {
	return a.o.Store.UpdateLead(ctx, id, revision, change)
}

// Lock lets one journal write at a time happen for each lead.
func (a leadAccess) Lock(leadIDs ...string) (unlock func()) { return a.leads.lock(leadIDs...) }
