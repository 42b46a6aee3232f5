package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/leadgate/leadgate/jobs/delivery"
	"github.com/leadgate/leadgate/jobs/queue"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
)

// attend does a chore.
func (j *Jobs) attend(ctx context.Context, e chore) {
	q := e.question
	t, from, err := j.asked(q.id)
	switch {
	case errors.Is(err, journal.ErrNotFound):
		err = j.dismiss(ctx, q) // erased, or past its retention
	case err != nil:
	case !t.Lacks():
		err = j.dismiss(ctx, q)
	case e.what == goOn:
		err = j.goOnWithout(ctx, q, t)
	case q.goOn.IsZero() && (from != repo.TouchShelf || !j.redis.Up()):
		j.desk.again(q, j.now().Add(askLater)) // it is on its way; what has come of it comes first
	case e.what == forgo:
		j.log.Warn("what a touch lacks is asked no more", "touch_id", t.ID, "source", t.Source, "why", q.reason().Why, "says", q.reason().Note)
		if t.NeedsFetch {
			err = j.giveUp(ctx, q, t)
		} else {
			err = j.dismiss(ctx, q)
		}
	default:
		err = j.call(ctx, q, t)
	}
	if err != nil && ctx.Err() == nil {
		j.log.Warn("see to what a touch lacks", "touch_id", q.id, "error", err)
		j.desk.again(q, j.now().Add(askLater))
	}
}

// asked reads the touch of a question and says on which shelf it is.
func (j *Jobs) asked(id string) (t *lead.Touch, shelf string, err error) {
	for _, l := range []string{queue.Hot, queue.Bulk} {
		if t, err = j.repo.Waiting(l, id); !errors.Is(err, journal.ErrNotFound) {
			return t, l, err
		}
	}
	b, err := j.o.Journal.Get(repo.TouchShelf, id)
	if err != nil {
		return nil, "", err
	}
	t = new(lead.Touch)
	return t, repo.TouchShelf, json.Unmarshal(b, t)
}

// call asks once and does what the answer, or its absence, asks for.
func (j *Jobs) call(ctx context.Context, q *question, t *lead.Touch) error {
	limit := j.now().Add(askTimeout)
	if !q.goOn.IsZero() && q.goOn.Before(limit) && q.goOn.After(j.now()) {
		limit = q.goOn
	}
	attempt, cancel := context.WithTimeout(ctx, limit.Sub(j.now()))
	whole, err := j.askFor(attempt, t, q.fails > 0)
	cancel()
	if err == nil {
		j.metrics.asked.WithLabelValues(t.Source, "answered").Inc()
		j.desk.heard(q)
		return j.answered(ctx, q, whole)
	}
	if ctx.Err() != nil {
		return nil // stopping; the journal has the question
	}
	var why *lead.AskError
	if !errors.As(err, &why) {
		why = &lead.AskError{Why: lead.AskUnavailable, Note: "the call broke off"}
	}
	j.metrics.asked.WithLabelValues(t.Source, why.Why).Inc()
	if j.desk.missed(q, why, j.now()) {
		j.log.Error("a vendor cannot be asked; its leads go on without, and are asked for once its setting is changed", "source", t.Source, "why", why.Why, "says", why.Note)
		j.targets.Alarm(ctx, notify.Alarm{Key: "asking:" + t.Source, Title: "Source " + t.Source + " tells of nobody",
			Text: "Its vendor cannot be asked who its leads are, or whether a visitor is a person: " + why.Note + ". They are kept and told without, and asked for again as soon as the setting is changed."})
	}
	return nil
}

// askFor asks with the request at hand, which a captcha's answer stands in.
func (j *Jobs) askFor(ctx context.Context, t *lead.Touch, again bool) (*lead.Touch, error) {
	r, err := j.repo.Request(t.RequestID)
	if err != nil && !errors.Is(err, journal.ErrNotFound) {
		return nil, err
	}
	return j.o.Asker.Ask(ctx, t, r, again)
}

// heard notes that the vendor answers.
func (d *desk) heard(q *question) {
	d.mu.Lock()
	defer d.mu.Unlock()
	v := d.vendor(q.Source)
	v.fails, v.until = 0, time.Time{}
}

// missed decides when a question is asked again after an attempt that failed,
// and whether its vendor is asked at all: what failed for one touch for want of
// a token, of time or of calls fails for the next as well. stops says that the
// vendor is not asked from now on.
func (d *desk) missed(q *question, why *lead.AskError, now time.Time) (stops bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	v := d.vendor(q.Source)
	q.fails++
	q.why = why
	q.due = now
	switch why.Why {
	case lead.AskNoToken, lead.AskRefused:
		stops = v.stopped == nil
		v.stopped = why
	case lead.AskNotThere:
		q.due = now.Add(delivery.Backoff(q.fails))
		q.hopeless = now.Sub(q.At) > notThereFor
	case lead.AskUnreadable:
		q.hopeless = true
	default:
		if v.until.After(now) {
			break // another attempt of the same moment has counted this
		}
		v.fails++
		v.until = now.Add(delivery.Backoff(v.fails))
		if why.RetryAfter > 0 {
			v.until = now.Add(why.RetryAfter)
		}
	}
	return stops
}

// reason is why there is no answer.
func (q *question) reason() *lead.AskError {
	if q.why == nil {
		return &lead.AskError{Why: lead.AskUnavailable, Note: "there was no answer yet"}
	}
	return q.why
}

// dismiss forgets a question.
func (j *Jobs) dismiss(ctx context.Context, q *question) error {
	if err := j.o.Journal.Settle(ctx, journal.Delete(questionShelf, q.id)); err != nil {
		return fmt.Errorf("forget a question: %w", err)
	}
	j.desk.close(q)
	return nil
}

// answered keeps a completed touch, before anything is done with it, and sets it
// on its way: for the first time, or once more when it went on without.
func (j *Jobs) answered(ctx context.Context, q *question, t *lead.Touch) error {
	waited := !q.goOn.IsZero()
	if !waited {
		t.State, t.Deliveries = lead.Accepted, nil // the store has those that were made
		if err := j.o.Store.Reopen(ctx, t); err != nil {
			return fmt.Errorf("reopen touch %s: %w", t.ID, err)
		}
	}
	l, before := j.laneOf(t), queue.Bulk
	if l == queue.Bulk {
		before = queue.Hot // it may have looked hot when less was known
	}
	if err := j.keepAsked(ctx, q, t, l, journal.Delete(before, t.ID), journal.Delete(repo.TouchShelf, t.ID), journal.Delete(questionShelf, t.ID)); err != nil {
		return err
	}
	j.desk.close(q)
	if waited {
		j.start(t, l, q.began(j.now()))
		return nil
	}
	if !t.Test {
		j.days.accept(lead.Day(t.ReceivedAt), 1)
	}
	j.queue.Push(l, t.ID)
	return nil
}

// goOnWithout lets a touch go its way without an answer. A person is asked for
// again later; whether a visitor is one is of no use any more.
func (j *Jobs) goOnWithout(ctx context.Context, q *question, t *lead.Touch) error {
	step := j.step(t, lead.StepCaptcha, q.reason().Why, q.reason().Note)
	ends := !t.NeedsFetch || q.hopeless
	if t.NeedsFetch {
		step.Step = lead.StepFetched
	}
	t.Trail = append(t.Trail, step)
	var more []journal.Op
	switch {
	case ends && t.NeedsFetch:
		more = j.unname(q)
	case ends:
		more = append(more, journal.Delete(questionShelf, t.ID))
	}
	l := queue.Bulk
	if q.hot {
		l = queue.Hot
	}
	if err := j.keepAsked(ctx, q, t, l, more...); err != nil {
		return err
	}
	began := q.began(j.now())
	if ends {
		j.desk.close(q)
	} else {
		j.desk.letGo(q)
	}
	j.start(t, l, began)
	return nil
}

// keepAsked writes a touch to its lane's shelf with all that is known now.
func (j *Jobs) keepAsked(ctx context.Context, q *question, t *lead.Touch, l string, more ...journal.Op) error {
	if !q.kept.IsZero() && !slices.ContainsFunc(t.Trail, func(s lead.Step) bool { return s.Step == lead.StepAccepted }) {
		t.Trail = slices.Insert(t.Trail, 0, t.StepAt(q.kept, lead.StepAccepted))
	}
	op, err := repo.WaitingOp(l, t)
	if err != nil {
		return fmt.Errorf("encode touch %s: %w", t.ID, err)
	}
	if err := j.o.Journal.Settle(ctx, append(more, op)...); err != nil {
		return fmt.Errorf("keep touch %s: %w", t.ID, err)
	}
	return nil
}

// began is the time at which a touch sets out; zero when an earlier run may
// have worked on it.
func (q *question) began(now time.Time) time.Time {
	if q.kept.IsZero() {
		return time.Time{}
	}
	return now
}

// letGo notes that the touch of a question does not wait any longer.
func (d *desk) letGo(q *question) {
	d.mu.Lock()
	defer d.mu.Unlock()
	q.goOn = time.Time{}
}

// askNow is for touches that do not wait at the desk: with no journal to come
// back to, the touch's own job asks. An error means that it should come again.
func (j *Jobs) askNow(ctx context.Context, t *lead.Touch) (*lead.Touch, error) {
	limit := t.ReceivedAt.Add(warmPatience)
	if j.laneOf(t) == queue.Hot {
		limit = t.ReceivedAt.Add(hotPatience)
	}
	attempt, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	whole, err := j.askFor(attempt, t, false)
	if err == nil {
		return whole, nil
	}
	why := &lead.AskError{Why: lead.AskUnavailable, Note: "the call broke off"}
	errors.As(err, &why)
	switch why.Why {
	case lead.AskNoToken, lead.AskRefused, lead.AskUnreadable:
	default:
		if j.now().Before(limit) {
			return nil, fmt.Errorf("ask for what it lacks: %w", err)
		}
	}
	without := *t
	step := j.step(t, lead.StepFetched, why.Why, why.Note)
	if !t.NeedsFetch {
		step.Step = lead.StepCaptcha
	}
	without.Trail = append(slices.Clip(t.Trail), step)
	return &without, nil
}
