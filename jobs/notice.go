package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
)

const noticeShelf = "notices" // notice -> delivery of an escalation, a digest, an alarm that was told

// noticeKeeper is where all replicas see which notices were told.
type noticeKeeper interface {
	SetReceipts(ctx context.Context, receipts map[string]string) error          // by notice
	Receipts(ctx context.Context, notices ...string) (map[string]string, error) // of those that were told
}

// notice is what a note has to tell when it is no touch's own telling: an
// escalation, a digest, an alarm. Its name, Alert.Notice, is the same on every
// replica and contains its target. Its receipt is kept under that name, in the
// journal before the store, so that it is told once.
type notice struct {
	since time.Time                                 // when it was due
	stale func(ctx context.Context) bool            // nothing is left to tell; nil: something is
	heard func(ctx context.Context, receipt string) // once the target has it; nil: nothing to do
	more  []notify.Alert                            // after the note's own, in the same message
	again bool                                      // when it is given up it is made anew, and not taken for told
}

// since is the moment that a note is as old as.
func (n *note) since() time.Time {
	if n.notice != nil {
		return n.notice.since
	}
	return n.Touch.Begun()
}

// send puts a notice into its target's outbox, unless it waits there already.
func (j *Jobs) send(target string, n *note) error {
	box := j.outboxes[target]
	if box == nil {
		return fmt.Errorf("%s: there is no target %q", n.ID(), target)
	}
	box.add(n)
	return nil
}

// told says whether a notice was told: this node has a receipt of it, or
// another one told it.
func (j *Jobs) told(ctx context.Context, n *note) (receipt string, told bool) {
	d, err := j.noticeReceipt(n.Notice)
	if err == nil {
		return d.Receipt, true
	}
	if j.redis.Up() {
		found, err := j.o.Prompt.Receipts(ctx, n.Notice)
		if receipt, told = found[n.Notice]; err == nil && told {
			return receipt, true
		}
	}
	return "", false
}

// dueNotice says whether a notice is still to be told. One that was told is
// taken down. One that is stale is forgotten, and so is every one while Redis is
// away: nobody can know then whether it is still due, and the clock finds it
// again afterwards.
func (b *outbox) dueNotice(ctx context.Context, n *note) bool {
	receipt, told := b.j.told(ctx, n)
	switch {
	case !b.j.redis.Up():
	case told:
		b.j.publishNotice(context.WithoutCancel(ctx), n, receipt)
	case n.notice.stale == nil || !n.notice.stale(ctx):
		return true
	}
	b.drop(n)
	return false
}

func (j *Jobs) noticeReceipt(name string) (d lead.Delivery, err error) {
	b, err := j.o.Journal.Get(noticeShelf, name)
	if err != nil {
		return d, err
	}
	return d, decodeKept(b, &d)
}

// heardNotices takes down what targets called these notices, and returns the
// notes that are touches' own.
func (j *Jobs) heardNotices(ctx context.Context, notes []*note, d lead.Delivery) (others []*note) {
	for _, n := range notes {
		if n.notice == nil {
			others = append(others, n)
			continue
		}
		if d.State == lead.Failed {
			j.log.Error("given up", "notice", n.Notice, "target", d.Target, "code", d.Error)
			if n.notice.again {
				continue
			}
		}
		if err := j.o.Journal.Settle(ctx, journal.Put(noticeShelf, n.Notice, mustJSON(n.delivery(d)))); err != nil {
			// Without a receipt a crash now tells the target again.
			j.log.Error("keep a receipt", "notice", n.Notice, "error", err)
		}
		j.publishNotice(ctx, n, d.Receipt)
	}
	return others
}

// skipNotice takes down that a notice had nothing to tell.
func (j *Jobs) skipNotice(ctx context.Context, name string) error {
	d := lead.Delivery{State: lead.Sent, At: j.now().UTC()}
	if err := j.o.Journal.Settle(ctx, journal.Put(noticeShelf, name, mustJSON(d))); err != nil {
		return fmt.Errorf("keep that there was no %s: %w", name, err)
	}
	return j.o.Store.SetReceipts(ctx, map[string]string{name: ""})
}

// publishNotice tells the other replicas. While Redis is away the journal keeps
// the receipt until carryNotices does so.
func (j *Jobs) publishNotice(ctx context.Context, n *note, receipt string) {
	if err := j.o.Store.SetReceipts(ctx, map[string]string{n.Notice: receipt}); err != nil {
		j.redis.ReportError(err)
	}
	if n.notice.heard != nil {
		n.notice.heard(ctx, receipt)
	}
}

// carryNotices writes the receipts that the journal has to the store.
func (j *Jobs) carryNotices(ctx context.Context) error {
	told := map[string]string{}
	err := j.o.Journal.Each(noticeShelf, "", func(name string, value []byte) bool {
		var d lead.Delivery
		if decodeKept(value, &d) == nil {
			told[name] = d.Receipt
		}
		return true
	})
	if err != nil || len(told) == 0 {
		return err
	}
	return j.o.Store.SetReceipts(ctx, told)
}

// noticeLife is how long a receipt of a notice is kept.
const noticeLife = 35 * 24 * time.Hour

func noticeIsOld(now time.Time) func(string, []byte) bool {
	return func(_ string, value []byte) bool {
		var d lead.Delivery
		return decodeKept(value, &d) == nil && now.Sub(d.At) > noticeLife
	}
}
