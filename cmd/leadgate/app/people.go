package app

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/leadgate/leadgate/config"
	"github.com/leadgate/leadgate/handlers"
	"github.com/leadgate/leadgate/jobs"
	"github.com/leadgate/leadgate/lead"
)

// people is what handlers know of reps.
type people struct {
	jobs *jobs.Jobs
	all  func() lead.People
}

func (p people) People(ctx context.Context) (handlers.People, error) {
	off, err := p.jobs.WhoIsOff(ctx)
	if err != nil {
		return handlers.People{}, err
	}
	now, all := time.Now(), p.all()
	found := handlers.People{Reps: []handlers.RepState{}, Teams: []handlers.TeamState{}}
	for _, r := range all.Reps {
		s := handlers.RepState{Name: r.Name, Hours: config.Hours(r.Hours.Spans), Zone: r.Hours.Local(now).Location().String(),
			AtWork: lead.Shifts{r.Hours}.Open(now), Weight: max(r.Weight, 1), Cap: r.Cap}
		if until := off[r.Name]; until.After(now) {
			s.OffUntil, s.AtWork = until, false
		}
		for _, t := range all.Teams {
			if slices.Contains(t.Reps, r.Name) {
				s.Teams = append(s.Teams, t.Name)
			}
		}
		found.Reps = append(found.Reps, s)
	}
	for _, t := range all.Teams {
		found.Teams = append(found.Teams, handlers.TeamState{Name: t.Name, Mode: cmp.Or(t.Mode, lead.RoundRobin), Reps: t.Reps})
	}
	return found, nil
}

// Off keeps a rep out of the round robins.
func (p people) Off(ctx context.Context, rep, words string) (time.Time, error) {
	return p.jobs.OffUntil(ctx, rep, words)
}
