package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// turnStore is what all replicas know of the turns of teams.
type turnStore interface {
	Turns(ctx context.Context, change func(*lead.Turns) error) error
	WhoIsOff(ctx context.Context) (map[string]time.Time, error)
}

// assign gives a lead that t raised an alert of to the rep whose turn it is in the
// team of the route, if that team takes turns. A lead stays with its rep. taken
// remembers the turn that was taken for a run that is repeated on another lead.
func (p *Pipeline) assign(ctx context.Context, l *lead.Lead, t *lead.Touch, taken **lead.Assigned) error {
	if l.Claim != nil || t.Test {
		return nil
	}
	team := p.o.Policy.TeamInTurn(l, t.ID)
	if team == "" {
		return nil
	}
	if l.Assigned != nil && l.Assigned.Team == team {
		if _, ok := p.o.Policy.People().Rep(l.Assigned.To); ok {
			return nil
		}
	}
	if *taken == nil {
		a, err := p.takeTurn(ctx, team)
		if err != nil || a == nil {
			return err
		}
		*taken = a
	}
	l.Assigned = *taken
	return nil
}

// takeTurn returns whose turn it is; nil when no rep can take a lead.
func (p *Pipeline) takeTurn(ctx context.Context, team string) (*lead.Assigned, error) {
	off, err := p.o.Store.WhoIsOff(ctx)
	if err != nil {
		return nil, err
	}
	var a lead.Assigned
	err = p.o.Store.Turns(ctx, func(turns *lead.Turns) error {
		var ok bool
		if a, ok = turns.Next(p.o.Policy.People(), team, off, p.o.Now()); !ok {
			return errAllOff
		}
		return nil
	})
	if errors.Is(err, errAllOff) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("take a turn of team %s: %w", team, err)
	}
	return &a, nil
}

var errAllOff = errors.New("no rep of the team can take a lead")
