package jobs

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/leadgate/leadgate/jobs/delivery"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
)

// remark is a line for the thread of an alert. It waits in the journal until the
// target has it.
type remark struct {
	LeadID string    `json:"lead_id"`
	Target string    `json:"target"`
	Thread string    `json:"thread"`           // receipt of the message that it belongs to
	Member string    `json:"member,omitempty"` // whom it mentions
	Text   string    `json:"text"`
	At     time.Time `json:"at"`
}

// sayOps keep a remark to the message that was clicked, else to the lead's first
// alert; none if the lead was never posted where threads are. After the commit
// wakeRemarks sends it.
func (j *Jobs) sayOps(l *lead.Lead, c lead.Click, text string) []journal.Op {
	r := remark{LeadID: l.ID, Thread: c.Receipt, Member: c.Member, Text: text, At: j.now().UTC()}
	for _, p := range l.Posts {
		if p.Receipt == r.Thread {
			r.Target = p.Target
		}
	}
	for _, target := range slices.Sorted(maps.Keys(l.Alerts)) {
		if r.Target == "" && j.mirrors[target] != nil {
			r.Target, r.Thread = target, l.Alerts[target]
		}
	}
	if r.Target == "" {
		return nil
	}
	return []journal.Op{journal.Put(remarkShelf, lead.NewID(r.At), mustJSON(r))}
}

func (j *Jobs) wakeRemarks() {
	select {
	case j.remarked <- struct{}{}:
	default:
	}
}

// tellRemarks sends what waits, each line once and in order, at the pace of its
// target.
func (j *Jobs) tellRemarks(ctx context.Context) {
	fails := map[string]int{} // by target, in a row
	for ctx.Err() == nil {
		var again <-chan time.Time
		if wait := j.sendRemarks(ctx, fails); wait > 0 {
			again = time.After(wait)
		}
		select {
		case <-j.remarked:
		case <-again:
		case <-ctx.Done():
		}
	}
}

// sendRemarks sends what its target is ready for, and returns when to look
// again; 0: nothing waits.
func (j *Jobs) sendRemarks(ctx context.Context, fails map[string]int) (wait time.Duration) {
	if j.o.Journal.Len(remarkShelf) == 0 {
		return 0
	}
	later := func(d time.Duration) {
		if wait == 0 || d < wait {
			wait = d
		}
	}
	err := j.o.Journal.Each(remarkShelf, "", func(id string, value []byte) bool {
		var r remark
		if err := decodeKept(value, &r); err != nil {
			j.log.Error("a kept remark cannot be read; it stays there", "key", id, "error", err)
			return true
		}
		out, ok := j.outletOf(r.Target)
		if !ok {
			j.forgetRemark(ctx, id)
			return true
		}
		if d := out.Pacer.Ready(j.now()); d > 0 {
			later(d)
			return true
		}
		err := j.remark(ctx, out, id, r)
		switch class := notify.ClassOf(err); {
		case ctx.Err() != nil:
			return false
		case err == nil:
			fails[r.Target] = 0
		case class == notify.BadTarget || class == notify.BadContent || j.now().Sub(r.At) > j.o.MaxAge:
			j.log.Warn("a remark is given up", "target", r.Target, "lead_id", r.LeadID, "error", err)
		default:
			fails[r.Target]++
			d := delivery.Backoff(fails[r.Target])
			if e := (*notify.Error)(nil); errors.As(err, &e) {
				d = max(d, e.RetryAfter)
			}
			out.Pacer.PauseUntil(j.now().Add(d))
			later(d)
			return true
		}
		j.forgetRemark(ctx, id)
		return true
	})
	if err != nil && ctx.Err() == nil {
		j.log.Warn("read remarks", "error", err)
		later(time.Second)
	}
	return wait
}

// remark posts one line.
func (j *Jobs) remark(ctx context.Context, out Outlet, id string, r remark) error {
	out.Pacer.Take(j.now())
	ctx, cancel := context.WithTimeout(ctx, delivery.SendTimeout)
	defer cancel()
	_, err := out.Sender.Send(ctx, []notify.Alert{{Kind: lead.Remark, Lead: &lead.Lead{ID: r.LeadID}, Thread: r.Thread, Note: r.Text, Member: r.Member,
		Touch: &lead.Touch{ID: id, LeadID: r.LeadID, ReceivedAt: r.At}}})
	return err
}

func (j *Jobs) outletOf(target string) (Outlet, bool) {
	for _, out := range j.o.Outlets {
		if out.Target.Name == target {
			return out, true
		}
	}
	return Outlet{}, false
}

func (j *Jobs) forgetRemark(ctx context.Context, id string) {
	if err := j.o.Journal.Settle(ctx, journal.Delete(remarkShelf, id)); err != nil {
		j.log.Warn("forget a remark", "error", err)
	}
}
