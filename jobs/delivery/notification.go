package delivery

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
)

const noticeShelf = "notices" // name of a notification -> its delivery

// Shelves are the journal's that delivery uses.
func Shelves() []string { return []string{pauseShelf, noticeShelf} }

// Notification is what an item is beside its alert when it is not the alert of
// its touch: an escalation call, a digest. Its name, Alert.Notice, is the same on
// every replica and contains its target. Its receipt is kept under that name, in
// the journal before the store, so that it is sent once.
type Notification struct {
	Since     time.Time                                 // when it was due
	Stale     func(ctx context.Context) bool            // nothing is left to send; nil: something is
	Delivered func(ctx context.Context, receipt string) // called once the target has it; nil: nothing to do
	More      []notify.Alert                            // after the item's own, in the same message
	Remake    bool                                      // when it is given up it is made anew, and not taken for sent
}

// notificationDue says whether a notification is still to be sent. One that was
// sent is published. One that is stale is dropped, and so is every one while
// Redis is away: whether it is still due is not known then, and its schedule
// makes it again afterwards.
func (b *outbox) notificationDue(ctx context.Context, i *Item) bool {
	receipt, sent := b.t.notificationSent(ctx, i.Notice)
	switch {
	case !b.t.o.Redis.Up():
	case sent:
		b.t.publish(context.WithoutCancel(ctx), i, receipt)
	case i.Notification.Stale == nil || !i.Notification.Stale(ctx):
		return true
	}
	b.drop(i)
	return false
}

// notificationSent says whether a notification was sent: this node has a receipt
// of it, or another one sent it.
func (t *Targets) notificationSent(ctx context.Context, name string) (receipt string, sent bool) {
	if d, err := t.sent.Get(name); err == nil {
		return d.Receipt, true
	}
	if t.o.Redis.Up() {
		found, err := t.o.Prompt.Receipts(ctx, name)
		if receipt, sent = found[name]; err == nil && sent {
			return receipt, true
		}
	}
	return "", false
}

// finishNotifications keeps the receipts of the notifications among items, and
// returns the items of touches.
func (t *Targets) finishNotifications(ctx context.Context, items []*Item, d lead.Delivery) (touches []*Item) {
	for _, i := range items {
		if i.Notification == nil {
			touches = append(touches, i)
			continue
		}
		if d.State == lead.Failed {
			t.log.Error("a notification is given up", "notice", i.Notice, "target", d.Target, "code", d.Error)
			if i.Notification.Remake {
				continue
			}
		}
		if err := t.keepReceipt(ctx, i.Notice, i.Delivery(d)); err != nil {
			// Without a receipt a crash now sends it again.
			t.log.Error("keep the receipt of a notification", "notice", i.Notice, "error", err)
		}
		t.publish(ctx, i, d.Receipt)
	}
	return touches
}

func (t *Targets) keepReceipt(ctx context.Context, name string, d lead.Delivery) error {
	return t.o.Journal.Settle(ctx, t.sent.Put(name, d))
}

// publish writes a receipt for the other replicas. While Redis is away the
// journal keeps it until RestoreReceipts.
func (t *Targets) publish(ctx context.Context, i *Item, receipt string) {
	if err := t.o.Store.SetReceipts(ctx, map[string]string{i.Notice: receipt}); err != nil {
		t.o.Redis.ReportError(err)
	}
	if i.Notification.Delivered != nil {
		i.Notification.Delivered(ctx, receipt)
	}
}

// Skip records that a notification had nothing to say, as if it were sent.
func (t *Targets) Skip(ctx context.Context, name string) error {
	if err := t.keepReceipt(ctx, name, lead.Delivery{State: lead.Sent, At: t.now().UTC()}); err != nil {
		return fmt.Errorf("keep that there was no %s: %w", name, err)
	}
	return t.o.Store.SetReceipts(ctx, map[string]string{name: ""})
}

// RestoreReceipts writes the receipts of notifications that the journal has to
// the store.
func (t *Targets) RestoreReceipts(ctx context.Context) error {
	sent := map[string]string{}
	for e, err := range t.sent.All() {
		if err != nil {
			return fmt.Errorf("read receipts of notifications: %w", err)
		}
		sent[e.Key] = e.Value.Receipt
	}
	if len(sent) == 0 {
		return nil
	}
	if err := t.o.Store.SetReceipts(ctx, sent); err != nil {
		return fmt.Errorf("restore receipts of notifications: %w", err)
	}
	return nil
}

// receiptAge is how long a receipt of a notification is kept.
const receiptAge = 35 * 24 * time.Hour

// Expired names the shelf of notifications and says which of its values may go.
func Expired(now time.Time) (shelf string, old func(key string, value []byte) bool) {
	return noticeShelf, func(_ string, value []byte) bool {
		var d lead.Delivery
		return json.Unmarshal(value, &d) == nil && now.Sub(d.At) > receiptAge
	}
}
