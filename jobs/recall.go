package jobs

import (
	"cmp"
	"context"
	"slices"

	"github.com/leadgate/leadgate/lead"
)

// recall tells senders that ask for it what the target called the lead before.
func (b *outbox) recall(ctx context.Context, notes []*note) error {
	asks, ok := b.sender.(interface{ Recalls() bool })
	if !ok || !asks.Recalls() {
		return nil
	}
	for _, n := range notes {
		ids := slices.DeleteFunc(slices.Clone(n.Lead.Touches), func(id string) bool { return id == n.Touch.ID })
		if n.Receipt != "" || len(ids) == 0 {
			continue
		}
		slices.Reverse(ids)
		found, err := b.j.o.Store.TouchesByID(ctx, ids[:min(len(ids), recallMost)])
		if err != nil {
			b.j.redis.ReportError(err)
			return err
		}
		for _, t := range found {
			if t == nil || n.Receipt != "" {
				continue
			}
			for _, d := range t.Deliveries {
				if d.Target == b.target.Name && d.State == lead.Sent {
					n.Receipt = cmp.Or(n.Receipt, d.Receipt)
				}
			}
		}
	}
	return nil
}

// recallMost is how many of a lead's latest touches are looked at for that.
const recallMost = 50
