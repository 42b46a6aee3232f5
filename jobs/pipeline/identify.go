package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// addToLead adds a touch to its person's lead, or to a new one. A touch that had
// a lead before leaves that one first.
func (p *Pipeline) addToLead(ctx context.Context, t *lead.Touch, met *lead.Met) (l *lead.Lead, known bool, err error) {
	if err := p.leave(ctx, t); err != nil {
		return nil, false, err
	}
	newID, err := p.leadIDFor(ctx, t)
	if err != nil {
		return nil, false, err
	}
	var turn *lead.Assigned
	l, known, err = p.o.Store.Add(ctx, t, newID, met, func(l *lead.Lead) error {
		p.o.Policy.Judge(l, t)
		released(l, t)
		return p.assign(ctx, l, t, &turn)
	})
	if err != nil {
		return nil, false, err
	}
	from := t.LeadID
	t.LeadID = l.ID
	return l, known, p.moved(ctx, t, from, l)
}

// leave takes a touch that was reopened out of the lead that it came to the last
// time. Run again it changes nothing.
func (p *Pipeline) leave(ctx context.Context, t *lead.Touch) error {
	if t.AgainAt.IsZero() || t.LeadID == "" {
		return nil
	}
	found, err := p.o.Store.LeadsByID(ctx, []string{t.LeadID})
	if err != nil || found[0] == nil {
		return err
	}
	_, err = p.o.Repo.Update(ctx, t.LeadID, repo.Change{Apply: func(l *lead.Lead) error {
		past := l.Past(t.ID)
		if !l.Has(t.ID) || past != nil && past.AgainAt.Equal(t.AgainAt) {
			return errLeft
		}
		rest := slices.DeleteFunc(slices.Clone(l.Touches), func(id string) bool { return id == t.ID })
		others, err := p.o.Store.TouchesByID(ctx, rest)
		if err != nil {
			return err
		}
		l.Drop(t.ID, others)
		l.Verdict = p.o.Policy.Rules().Classify(l, p.o.Now())
		return nil
	}})
	if errors.Is(err, errLeft) {
		return nil
	}
	return err
}

var errLeft = errors.New("it has left")

// moved tidies up after a touch that came from one lead to another: the one it
// left is deleted when it was its last touch, and kept as it is now otherwise.
func (p *Pipeline) moved(ctx context.Context, t *lead.Touch, from string, to *lead.Lead) error {
	if t.AgainAt.IsZero() || from == "" || from == to.ID {
		return nil
	}
	found, err := p.o.Store.LeadsByID(ctx, []string{from})
	if err != nil || found[0] == nil {
		return err
	}
	old := found[0]
	if len(old.Touches) > 0 {
		return p.o.Repo.Keep(ctx, repo.Commit{}, old)
	}
	defer p.o.Repo.Lock(old.ID)()
	if err := p.o.Store.Abandon(ctx, old, t.Source); err != nil {
		return err
	}
	return p.o.Journal.Settle(ctx, journal.Delete(repo.LeadShelf, old.ID))
}

// leadIDFor is the id of the lead that a touch makes if it makes one: its own,
// unless a lead of that id has other touches and so is another person.
func (p *Pipeline) leadIDFor(ctx context.Context, t *lead.Touch) (string, error) {
	if t.AgainAt.IsZero() {
		return t.ID, nil
	}
	found, err := p.o.Store.LeadsByID(ctx, []string{t.ID})
	if err != nil || found[0] == nil || len(found[0].Touches) == 0 || found[0].Has(t.ID) {
		return t.ID, err
	}
	return lead.DerivedID("lead", t.ID), nil
}

// wasUnidentified says whether a touch was worked on before its person was known.
// It was then the touch of an unidentified lead of its own.
func wasUnidentified(t *lead.Touch) bool {
	return !t.NeedsFetch && t.AgainAt.IsZero() && slices.ContainsFunc(t.Trail, func(s lead.Step) bool { return s.Step == lead.StepFetched && s.Why != "" })
}

// identify gives an unidentified lead the person, whom the touch now knows, and
// judges anew. Should the person have a lead already, the touch is that one's, and
// the unidentified one is closed. l is what the store found when the touch was
// added.
func (p *Pipeline) identify(ctx context.Context, t *lead.Touch, l *lead.Lead, known bool) (*lead.Lead, error) {
	if l.ID != t.ID {
		return p.closeUnidentified(ctx, t, l)
	}
	if !known {
		return l, nil
	}
	l, err := p.o.Repo.Update(ctx, l.ID, repo.Change{Apply: func(l *lead.Lead) error { l.Untake(t.ID); p.o.Policy.Judge(l, t); return nil }})
	if err != nil {
		return nil, fmt.Errorf("identify lead %s: %w", t.ID, err)
	}
	return l, p.o.Messages.Update(ctx, l) // so that its alert names the person
}

// closeUnidentified closes the lead that a touch was in: its person is l's. Its
// claim is l's, unless l has one.
func (p *Pipeline) closeUnidentified(ctx context.Context, t *lead.Touch, l *lead.Lead) (*lead.Lead, error) {
	found, err := p.o.Store.TouchesByID(ctx, []string{t.ID})
	if err != nil {
		return nil, fmt.Errorf("look for lead %s: %w", t.ID, err)
	}
	if found[0] == nil || found[0].LeadID != t.ID {
		return l, nil // it was never made, or is closed
	}
	now := p.o.Now().UTC()
	old, err := p.o.Repo.Update(ctx, t.ID, repo.Change{Apply: func(old *lead.Lead) error {
		old.Status, old.UpdatedAt = lead.Closed, now
		old.Trail = append(old.Trail, lead.Step{At: now, Step: lead.StepMerged, Note: "the person is lead " + l.ID})
		return nil
	}})
	if err != nil {
		return nil, fmt.Errorf("close lead %s: %w", t.ID, err)
	}
	if claim := old.Claim; claim != nil && l.Claim == nil {
		l, err = p.o.Repo.Update(ctx, l.ID, repo.Change{Apply: func(l *lead.Lead) error {
			if l.Claim == nil {
				l.Claim, l.Status = claim, lead.Claimed
			}
			return nil
		}})
		if err != nil {
			return nil, fmt.Errorf("move the claim of lead %s: %w", t.ID, err)
		}
	}
	if err := p.o.Repo.Keep(ctx, repo.Commit{}, old); err != nil {
		return nil, err
	}
	return l, p.o.Messages.Update(ctx, old)
}

// quarantine ends a touch in quarantine, as the only one of a lead of its own: it
// is kept apart from everybody it claims to be, and can be looked at and released.
func (p *Pipeline) quarantine(ctx context.Context, t *lead.Touch) error {
	if met, err := p.meet(ctx, t); met == nil {
		return err
	}
	step := p.step(t, lead.StepQuarantine, t.Held, "")
	l, err := p.o.Store.Quarantine(ctx, t, t.ID, func(l *lead.Lead) error {
		p.o.Policy.Judge(l, t)
		l.Apart, l.Status = true, lead.HeldInQuarantine
		l.Trail = append(l.Trail, step)
		return nil
	})
	if err != nil {
		return err
	}
	t.LeadID = l.ID
	t.Trail = append(t.Trail, step)
	return p.end(ctx, t, l, lead.OutcomeQuarantined)
}

// released notes on a lead who let its touch out of quarantine, once.
func released(l *lead.Lead, t *lead.Touch) {
	if t.ReleasedBy == "" {
		return
	}
	step := t.StepAt(t.AgainAt, lead.StepReleased)
	step.Note = t.ReleasedBy
	there := func(s lead.Step) bool { return s.Step == step.Step && s.At.Equal(step.At) }
	if !slices.ContainsFunc(l.Trail, there) {
		l.Trail = append(l.Trail, step)
	}
}
