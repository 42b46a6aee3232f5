package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// unnamedKeeper is what a touch whose person stays unknown needs of the store.
type unnamedKeeper interface {
	AddStep(ctx context.Context, touchID string, st lead.Step) error // nothing where there is none
}

// giveUp ends the question about a settled touch that nobody has answered. The
// touch says so, and is on a shelf of its own until it is asked about again.
func (j *Jobs) giveUp(ctx context.Context, q *question, t *lead.Touch) error {
	step := j.step(t, lead.StepFetched, lead.AskGivenUp, q.reason().Error())
	if err := j.o.Store.AddStep(ctx, q.id, step); err != nil {
		return err
	}
	defer j.repo.LockSettlement(q.id)()
	t, from, err := j.asked(q.id)
	switch {
	case errors.Is(err, journal.ErrNotFound):
		return j.dismiss(ctx, q)
	case err != nil:
		return err
	case from != repo.TouchShelf:
		return fmt.Errorf("touch %s is on its way once more", q.id)
	}
	t.Trail = append(t.Trail, step)
	if err := j.o.Journal.Settle(ctx, append(j.unname(q), journal.Put(repo.TouchShelf, t.ID, mustJSON(t)))...); err != nil {
		return fmt.Errorf("give up asking about touch %s: %w", q.id, err)
	}
	j.desk.close(q)
	return nil
}

// unname moves a question to the shelf of those that are asked no more.
func (j *Jobs) unname(q *question) []journal.Op {
	return []journal.Op{journal.Delete(questionShelf, q.id), journal.Put(unnamedShelf, q.id, mustJSON(q))}
}

// askAgain opens the question about a touch whose person is unknown anew.
func (j *Jobs) askAgain(ctx context.Context, t *lead.Touch, dryRun bool) (result, why string, err error) {
	switch {
	case j.desk.has(t.ID):
		return replayWaiting, "its vendor is being asked who it is", nil
	case dryRun:
		return replayAsked, "", nil
	}
	q := j.reopenQuestion(t)
	if err := j.o.Journal.Commit(ctx, journal.Put(questionShelf, t.ID, mustJSON(q)), journal.Delete(unnamedShelf, t.ID)); err != nil {
		return "", "", fmt.Errorf("ask about touch %s again: %w", t.ID, err)
	}
	j.desk.add(q)
	return replayAsked, "", nil
}

// reopenQuestion is the question about a touch that went its way long ago. Its
// time begins anew.
func (j *Jobs) reopenQuestion(t *lead.Touch) *question {
	return &question{Source: t.Source, At: j.now(), id: t.ID, due: j.now(), fails: 1}
}

// Unnamed counts by source the touches of this node whose vendor was asked in
// vain who they are about, and is asked no more.
func (j *Jobs) Unnamed() (counts map[string]int, err error) {
	counts = map[string]int{}
	err = j.o.Journal.Each(unnamedShelf, "", func(_ string, value []byte) bool {
		var q question
		if json.Unmarshal(value, &q) == nil { // of what cannot be read only the number is lost
			counts[q.Source]++
		}
		return true
	})
	return counts, err
}
