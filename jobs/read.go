package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// ErrNotFound says that neither the store nor this node's journal has it.
var ErrNotFound = errors.New("not found")

// Loaded waits until the store holds what the journal kept, for lists would be
// short before; an error means that ctx ended first.
func (j *Jobs) Loaded(ctx context.Context) error {
	select {
	case <-j.loaded:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("the store is being filled from the journal: %w", ctx.Err())
	}
}

// Touch returns a touch from the moment it was accepted: as the store has it,
// else as this node's journal does. While Redis is away it is the journal's.
func (j *Jobs) Touch(ctx context.Context, id string) (*lead.Touch, error) {
	var trouble error
	if j.pulse.isUp() {
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

// inJournal adds to a waiting touch what this node knows of its way so far.
func (j *Jobs) inJournal(t *lead.Touch) *lead.Touch {
	if f := j.flightOf(t.ID); f != nil {
		t.Trail = append(t.Trail, f.trail(t)...)
	}
	for _, name := range j.targets() {
		if d, ok := j.receipt(t.ID, name); ok {
			t.Deliveries = append(t.Deliveries, d)
		}
	}
	return t
}

func (j *Jobs) targets() []string {
	names := make([]string, len(j.o.Outlets))
	for i, o := range j.o.Outlets {
		names[i] = o.Target.Name
	}
	return names
}
