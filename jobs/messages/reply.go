package messages

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

// reply is a line for the thread of an alert. It waits in the journal until the
// target has it.
type reply struct {
	LeadID string    `json:"lead_id"`
	Target string    `json:"target"`
	Thread string    `json:"thread"`           // receipt of the message that it belongs to
	Member string    `json:"member,omitempty"` // whom it mentions
	Text   string    `json:"text"`
	At     time.Time `json:"at"`
}

// Reply is the op that keeps a reply to the message that was clicked, else to
// the lead's first alert; none if the lead was never posted where threads are.
// The caller commits it and calls WakeReplies.
func (m *Messages) Reply(l *lead.Lead, c lead.Click, text string) []journal.Op {
	r := reply{LeadID: l.ID, Thread: c.Receipt, Member: c.Member, Text: text, At: m.o.Now().UTC()}
	for _, p := range l.Posts {
		if p.Receipt == r.Thread {
			r.Target = p.Target
		}
	}
	for _, target := range slices.Sorted(maps.Keys(l.Alerts)) {
		if r.Target == "" && m.Updatable(target) {
			r.Target, r.Thread = target, l.Alerts[target]
		}
	}
	if r.Target == "" {
		return nil
	}
	return []journal.Op{m.replies.Put(lead.NewID(r.At), r)}
}

// WakeReplies has kept replies sent.
func (m *Messages) WakeReplies() {
	select {
	case m.replied <- struct{}{}:
	default:
	}
}

// sendReplies sends kept replies, each once and in order, at the pace of its
// target.
func (m *Messages) sendReplies(ctx context.Context) {
	fails := map[string]int{} // by target, in a row
	for ctx.Err() == nil {
		var again <-chan time.Time
		if wait := m.sendWaiting(ctx, fails); wait > 0 {
			again = time.After(wait)
		}
		select {
		case <-m.replied:
		case <-again:
		case <-ctx.Done():
		}
	}
}

// sendWaiting sends the replies that their targets are ready for, and returns
// when to do so again; 0: none waits.
func (m *Messages) sendWaiting(ctx context.Context, fails map[string]int) (wait time.Duration) {
	if m.replies.Len() == 0 {
		return 0
	}
	later := func(d time.Duration) {
		if wait == 0 || d < wait {
			wait = d
		}
	}
	for e, err := range m.replies.All() {
		if err != nil {
			m.log.Warn("read replies", "error", err)
			later(time.Second)
			break
		}
		id, r := e.Key, e.Value
		out, ok := m.outlets[r.Target]
		if !ok {
			m.deleteReply(ctx, id)
			continue
		}
		if d := out.Pacer.Ready(m.o.Now()); d > 0 {
			later(d)
			continue
		}
		err := m.sendReply(ctx, out, id, r)
		switch class := notify.ClassOf(err); {
		case ctx.Err() != nil:
			return wait
		case err == nil:
			fails[r.Target] = 0
		case class == notify.BadTarget || class == notify.BadContent || m.o.Now().Sub(r.At) > m.o.MaxAge:
			m.log.Warn("a reply is given up", "target", r.Target, "lead_id", r.LeadID, "error", err)
		default:
			fails[r.Target]++
			d := delivery.Backoff(fails[r.Target])
			if e := (*notify.Error)(nil); errors.As(err, &e) {
				d = max(d, e.RetryAfter)
			}
			out.Pacer.PauseUntil(m.o.Now().Add(d))
			later(d)
			continue
		}
		m.deleteReply(ctx, id)
	}
	return wait
}

func (m *Messages) sendReply(ctx context.Context, out delivery.Outlet, id string, r reply) error {
	out.Pacer.Take(m.o.Now())
	ctx, cancel := context.WithTimeout(ctx, delivery.SendTimeout)
	defer cancel()
	_, err := out.Sender.Send(ctx, []notify.Alert{{Kind: lead.ThreadReply, Lead: &lead.Lead{ID: r.LeadID}, Thread: r.Thread, Note: r.Text, Member: r.Member,
		Touch: &lead.Touch{ID: id, LeadID: r.LeadID, ReceivedAt: r.At}}})
	return err
}

func (m *Messages) deleteReply(ctx context.Context, id string) {
	if err := m.o.Journal.Settle(ctx, m.replies.Delete(id)); err != nil {
		m.log.Warn("delete a reply that was sent", "error", err)
	}
}
