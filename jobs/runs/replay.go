package runs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/leadgate/leadgate/jobs/books"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// What reading a request again came to.
const (
	replayRead      = "read"      // could not be read before, and is a touch now
	replayFound     = "found"     // one more touch in a request that had fewer
	replayCorrected = "corrected" // says something else than before
	replayAsked     = "asked"     // its vendor is asked again who it is
	replayUnchanged = "unchanged"
	replayMerged    = "merged"    // the sender's retry was read already
	replayUnread    = "unread"    // can still not be read
	replayIgnored   = "ignored"   // is about no lead
	replayHeld      = "held"      // in quarantine; release it instead
	replayWaiting   = "waiting"   // is on its way at the moment
	replayElsewhere = "elsewhere" // another node has the request, or its retention is over
)

const elsewhere = "the request is not in this node's journal: another node accepted it, or its time of retention is over; ask the node that answered the sender"

// Replay reads the request of a touch again, as its source reads requests now.
// What could not be read becomes real touches; what says something else now is
// corrected, in its lead, too. Nobody is told twice: only a target that has not
// heard of the touch, because it is hot only now, hears. With dryRun nothing is
// changed. There is a result for each touch of the request.
func (w *Runs) Replay(ctx context.Context, touchID string, dryRun bool) (lead.Run, error) {
	run := lead.Run{ID: lead.NewID(w.o.Now()), What: "replay", State: "done", DryRun: dryRun, StartedAt: w.o.Now().UTC()}
	t, err := w.o.Repo.Touch(ctx, touchID)
	if err != nil {
		return run, fmt.Errorf("replay: %w", err)
	}
	err = w.replay(ctx, t, dryRun, run.Add)
	run.EndedAt = w.o.Now().UTC()
	return run, err
}

// ReplayAll starts reading again what f chooses: by default all that is unread.
// It waits for the end of the run until ctx ends; the run goes on by itself.
func (w *Runs) ReplayAll(ctx context.Context, f lead.TouchFilter, dryRun bool) (lead.Run, error) {
	e, err := w.o.Registry.Start("replay", dryRun, func(ctx context.Context, add func(lead.Result)) error {
		seen := map[string]bool{}
		for t, err := range w.o.Store.AllTouches(ctx, f) {
			if err = errors.Join(err, ctx.Err()); err != nil {
				return err
			}
			if t.RequestID != "" && seen[t.RequestID] {
				continue
			}
			seen[t.RequestID] = true
			if err := w.replay(ctx, t, dryRun, add); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return lead.Run{}, err
	}
	return e.Wait(ctx), nil
}

// replay reads the request of a touch again.
func (w *Runs) replay(ctx context.Context, t *lead.Touch, dryRun bool, add func(lead.Result)) error {
	say := func(result, why string) error {
		add(lead.Result{TouchID: t.ID, LeadID: t.LeadID, Result: result, Why: why})
		return nil
	}
	req, err := w.o.Repo.Request(t.RequestID)
	switch {
	case errors.Is(err, journal.ErrNotFound):
		return say(replayElsewhere, elsewhere)
	case err != nil:
		return fmt.Errorf("replay touch %s: %w", t.ID, err)
	}
	read, err := w.o.Reread(req)
	if err != nil {
		return say(replayUnread, err.Error())
	}
	if len(read) == 0 {
		return say(replayIgnored, "the source's provider takes it for no touch")
	}
	ids := req.Touches
	if len(ids) == 0 {
		ids = []string{t.ID} // kept before requests knew their touches
	}
	for i, n := range read {
		if err := w.replayOne(ctx, req, ids, i, n, dryRun, add); err != nil {
			return fmt.Errorf("replay request %s: %w", req.ID, err)
		}
	}
	return nil
}

// replayOne makes the i-th touch that was read out of a request what the touch
// of that request is.
func (w *Runs) replayOne(ctx context.Context, req *lead.Request, ids []string, i int, n *lead.Touch, dryRun bool, add func(lead.Result)) error {
	named := n.ID // derived from the sender's name for it; empty when it has none
	switch {
	case named != "" && slices.Contains(ids, named):
	case i < len(ids):
		n.ID = ids[i]
	case named == "":
		n.ID = lead.DerivedID(req.Source, req.ID+"#"+strconv.Itoa(i))
	}
	old, err := w.o.Repo.Touch(ctx, n.ID)
	if err != nil && !errors.Is(err, lead.ErrNotFound) {
		return err
	}
	if old != nil && old.RequestID != req.ID {
		return nil // a repeated delivery within this request; the first one has it
	}
	if named != "" && named != n.ID && (old == nil || old.State == lead.Unread) {
		if other, err := w.o.Repo.Touch(ctx, named); err == nil && old != nil {
			add(lead.Result{TouchID: old.ID, LeadID: other.LeadID, Result: replayMerged, Why: "the sender's retry was read as touch " + named})
			return w.mergeUnread(ctx, old, other, dryRun)
		} else if err != nil && !errors.Is(err, lead.ErrNotFound) {
			return err
		}
	}
	result, why, changes := compare(old, n)
	if result == replayUnchanged && old.NeedsFetch && w.o.Enrich.Needs(n) {
		if result, why, err = w.lookUpAgain(ctx, old, dryRun); err != nil {
			return err
		}
	}
	out := lead.Result{TouchID: n.ID, Result: result, Why: why, Changes: changes}
	if old != nil {
		out.LeadID = old.LeadID
	}
	goes := result == replayRead || result == replayFound || result == replayCorrected
	if !goes || dryRun {
		add(out)
		return nil
	}
	var more []journal.Op
	if old == nil {
		n.RequestID, n.ReceivedAt = req.ID, req.ReceivedAt
		if !n.Test {
			more = append(more, books.CountOp(lead.Day(req.ReceivedAt), 1))
		}
	} else {
		takeOver(n, old)
	}
	n.AgainAt = w.o.Now().UTC().Round(0)
	n.Trail = append(n.Trail, w.step(n, lead.StepReplayed, result, fieldsOf(changes)))
	if err := w.o.Pipeline.Reopen(ctx, n, more...); err != nil {
		return err
	}
	if now, err := w.o.Repo.Touch(ctx, n.ID); err == nil {
		out.LeadID = now.LeadID
	}
	add(out)
	return nil
}

// takeOver gives a touch that was read anew what became of it so far.
func takeOver(n, old *lead.Touch) {
	n.RequestID, n.ReceivedAt, n.LeadID, n.Repeats = old.RequestID, old.ReceivedAt, old.LeadID, old.Repeats
	n.Silent = old.Silent
	n.ReleasedBy, n.Held, n.Deliveries, n.Trail = old.ReleasedBy, "", old.Deliveries, old.Trail
}

// compare says what reading anew means for a touch.
func compare(old, n *lead.Touch) (result, why string, changes []lead.Difference) {
	switch {
	case n.State == lead.Unread:
		return replayUnread, n.Error, nil
	case old == nil:
		return replayFound, "", nil
	case old.State == lead.Accepted:
		return replayWaiting, "it is on its way; try again when it has settled", nil
	case old.State == lead.Quarantined:
		return replayHeld, "it is in quarantine; release its lead instead", nil
	case old.State == lead.Merged:
		return replayMerged, "it repeats touch " + old.MergedInto, nil
	case n.NeedsFetch && !old.NeedsFetch && old.State == lead.Settled:
		return replayUnchanged, "its person was fetched from the vendor", nil
	}
	changes = n.Differences(old)
	switch {
	case old.State == lead.Unread:
		return replayRead, "", changes
	case len(changes) > 0:
		return replayCorrected, "", changes
	}
	return replayUnchanged, "", nil
}

// fieldsOf names what changed, not to what.
func fieldsOf(changes []lead.Difference) string {
	var names []string
	for _, c := range changes {
		names = append(names, c.Field)
	}
	if len(names) > 8 {
		names = append(names[:8], "...")
	}
	return strings.Join(names, ", ")
}

// mergeUnread ends an unread touch whose sender has sent it again since, in a
// form that could be read.
func (w *Runs) mergeUnread(ctx context.Context, t, into *lead.Touch, dryRun bool) error {
	if dryRun {
		return nil
	}
	t.State, t.MergedInto, t.LeadID = lead.Merged, into.ID, into.LeadID
	t.Trail = append(t.Trail, w.step(t, lead.StepMerged, "retry_was_read", ""))
	if err := w.o.Repo.Finish(ctx, t, nil, lead.OutcomeMerged); err != nil {
		return err
	}
	op, err := repo.SettledOp(t)
	if err != nil {
		return err
	}
	return w.o.Journal.Settle(ctx, op)
}

// lookUpAgain asks the vendor once more who a touch is about.
func (w *Runs) lookUpAgain(ctx context.Context, t *lead.Touch, dryRun bool) (result, why string, err error) {
	switch {
	case w.o.Enrich.Pending(t.ID):
		return replayWaiting, "its vendor is being asked who it is", nil
	case dryRun:
		return replayAsked, "", nil
	}
	ops, start := w.o.Enrich.Restart(t)
	if err := w.o.Journal.Commit(ctx, ops...); err != nil {
		return "", "", fmt.Errorf("ask about touch %s again: %w", t.ID, err)
	}
	start()
	return replayAsked, "", nil
}
