package schedule

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/leadgate/leadgate/jobs/delivery"
	"github.com/leadgate/leadgate/jobs/policy"
	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/rules"
	"github.com/leadgate/leadgate/notify"
)

const (
	digestBack  = 31          // missed slots at most that are sent together
	digestGrace = time.Hour   // a touch that waited when a digest was made is in the next one
	digestLease = time.Minute // of a slot, so that one replica makes it
	digestBatch = 500         // touches or leads at once
	digestRise  = 5           // points by which a lead is heating up
)

// digest sends the digests whose time has come, each slot once. Slots that were
// missed are sent as one.
func (s *Schedule) digest(ctx context.Context) error {
	now := s.o.Now()
	for _, d := range s.o.Digests {
		slot := d.Slot(now)
		if s.slots[slotName(d, slot)] {
			continue
		}
		done, err := s.digestSlot(ctx, d, slot, now)
		if err != nil {
			return fmt.Errorf("digest to %s: %w", d.To, err)
		}
		if done {
			s.slots[slotName(d, slot)] = true
		}
	}
	return nil
}

func slotName(d lead.Digest, slot time.Time) string {
	return fmt.Sprintf("digest:%s:%s:%s", d.To, d.Temperature, slot.Format(time.DateOnly))
}

// digestSlot sends a slot, unless it was sent, and says whether it was.
func (s *Schedule) digestSlot(ctx context.Context, d lead.Digest, slot, now time.Time) (done bool, err error) {
	var slots []time.Time
	var names []string
	for at := slot; len(slots) < digestBack; at = d.Slot(at.Add(-time.Second)) {
		slots, names = append(slots, at), append(names, slotName(d, at))
	}
	sent, err := s.o.Prompt.Receipts(ctx, names...)
	if err != nil {
		return false, err
	}
	if _, ok := sent[names[0]]; ok {
		return true, nil
	}
	if !s.o.Targets.Known(d.To) || s.o.Targets.Has(d.To, names[0]) {
		return false, nil
	}
	if free, err := s.lease(ctx, names[0], digestLease); err != nil || !free {
		return false, err
	}
	from := slots[1]
	for i, name := range names {
		if _, ok := sent[name]; ok {
			from = slots[i]
			break
		}
	}
	g, err := s.gather(ctx, d, from, slot)
	if err != nil {
		return false, err
	}
	if len(g.leads) == 0 { // an empty one counts as sent
		return true, s.o.Targets.Skip(ctx, names[0])
	}
	return false, s.o.Targets.Send(d.To, s.digestItem(names[0], g, slot))
}

// contents are the leads of one digest.
type contents struct {
	digest  lead.Digest
	about   lead.Summary
	leads   []*lead.Lead
	latest  map[string]*lead.Touch // lead id -> its latest touch of the time
	touches []*lead.Touch          // all of them
}

// gather collects who touched us since from, is as warm as the digest wants, and
// has no owner yet: those whose score has risen first, then by score.
func (s *Schedule) gather(ctx context.Context, d lead.Digest, from, to time.Time) (*contents, error) {
	g := &contents{digest: d, latest: map[string]*lead.Touch{},
		about: lead.Summary{Temperature: d.Temperature, From: from, To: to, Before: map[string]int{}, Sources: map[string]int{}}}
	byLead := map[string][]*lead.Touch{}
	for t, err := range s.o.Store.TouchesBetween(ctx, from.Add(-digestGrace), to) {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return nil, err
		}
		if t.State == lead.Settled && !t.Test && !slices.ContainsFunc(t.Deliveries, func(x lead.Delivery) bool { return x.Target == d.To && x.Final() }) {
			byLead[t.LeadID] = append(byLead[t.LeadID], slim(t))
		}
	}
	var ids []string
	for id := range byLead {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for some := range slices.Chunk(ids, digestBatch) {
		leads, err := s.o.Store.LeadsByID(ctx, some)
		if err != nil {
			return nil, err
		}
		for _, l := range leads {
			if l != nil && l.Temperature == d.Temperature && l.Status == lead.New && l.Claim == nil && !l.Test && !l.NotALead {
				g.take(l, byLead[l.ID], s.o.Policy.Rules(), from)
			}
		}
	}
	slices.SortStableFunc(g.leads, func(a, b *lead.Lead) int {
		return cmp.Or(-cmp.Compare(g.rise(a), g.rise(b)), -cmp.Compare(a.Score, b.Score))
	})
	return g, nil
}

// slim is what a digest needs of a touch; there may be many.
func slim(t *lead.Touch) *lead.Touch {
	return &lead.Touch{ID: t.ID, LeadID: t.LeadID, Source: t.Source, Action: t.Action, At: t.At, ReceivedAt: t.ReceivedAt, Event: t.Event,
		Person: t.Person, State: t.State, Deliveries: t.Deliveries}
}

func (g *contents) take(l *lead.Lead, touches []*lead.Touch, set *rules.Set, from time.Time) {
	g.leads = append(g.leads, l)
	g.about.Total++
	for _, t := range touches {
		g.touches = append(g.touches, t)
		g.about.Sources[t.Source]++
		if last := g.latest[l.ID]; last == nil || !t.ReceivedAt.Before(last.ReceivedAt) {
			g.latest[l.ID] = t
		}
	}
	before := *l
	before.History = slices.DeleteFunc(slices.Clone(l.History), func(p lead.Past) bool {
		return !p.At.Before(from) || slices.ContainsFunc(touches, func(t *lead.Touch) bool { return t.ID == p.ID })
	})
	if len(before.History) == 0 {
		return
	}
	g.about.Before[l.ID] = set.Classify(&before, from).Score
	if g.rise(l) > 0 {
		g.about.Heating++
	}
}

// rise is by how much a lead's score has risen, as far as that is worth saying.
func (g *contents) rise(l *lead.Lead) int {
	before, known := g.about.Before[l.ID]
	if !known || l.Score-before < digestRise {
		return 0
	}
	return l.Score - before
}

func (s *Schedule) digestItem(name string, g *contents, slot time.Time) *delivery.Item {
	var alerts []notify.Alert
	before := g.about.Before
	g.about.Before = map[string]int{}
	for _, l := range g.listed() {
		if score, known := before[l.ID]; known {
			g.about.Before[l.ID] = score
		}
		alerts = append(alerts, notify.Alert{Kind: lead.DigestAlert, Lead: l, Touch: g.latest[l.ID], Notice: name, Digest: &g.about})
	}
	return &delivery.Item{Alert: alerts[0], Notification: &delivery.Notification{
		Since:  slot,
		More:   alerts[1:],
		Remake: true,
		Stale:  func(context.Context) bool { return g.digest.Slot(s.o.Now()).After(slot) }, // the next one lists these, too
		Delivered: func(ctx context.Context, receipt string) {
			if err := s.digested(ctx, g, receipt); err != nil {
				s.log.Warn("enter a digest in the books", "notice", name, "error", err)
			}
			if err := s.digestPosted(ctx, g, receipt); err != nil {
				s.log.Warn("keep where a digest was posted", "notice", name, "error", err)
			}
		},
	}}
}

// listed are the leads that the message names one by one.
func (g *contents) listed() []*lead.Lead { return g.leads[:min(len(g.leads), lead.Listed)] }

// digestPosted keeps the message with each lead that it lists, so that it shows who
// takes them.
func (s *Schedule) digestPosted(ctx context.Context, g *contents, receipt string) error {
	if receipt == "" || !s.o.Messages.Updatable(g.digest.To) {
		return nil
	}
	p := lead.Post{Target: g.digest.To, Receipt: receipt, Kind: lead.DigestAlert, At: s.o.Now().UTC(), Digest: &g.about}
	for _, l := range g.listed() {
		p.Touches = append(p.Touches, g.latest[l.ID].ID)
	}
	var trouble error
	for _, l := range g.listed() {
		now, err := s.o.Messages.Posted(ctx, l.ID, p, l.Revision)
		if err == nil {
			err = s.o.Repo.Keep(ctx, repo.Commit{}, now)
		}
		trouble = errors.Join(trouble, err)
	}
	return trouble
}

// digested records that touches without an alert of their own were sent with a
// digest.
func (s *Schedule) digested(ctx context.Context, g *contents, receipt string) error {
	decisions := map[string][]lead.Decision{}
	for _, l := range g.leads {
		for _, p := range l.History {
			decisions[p.ID] = p.Decisions
		}
	}
	for some := range slices.Chunk(g.touches, digestBatch) {
		var changes []lead.Change
		var ops []journal.Op
		for _, t := range some {
			d := lead.Delivery{Target: g.digest.To, Kind: s.o.Targets.Kind(g.digest.To), State: lead.Sent, Receipt: receipt, As: lead.DigestAlert, At: s.o.Now().UTC()}
			if d.Kind == "log" {
				d.State = lead.Previewed
			}
			step := t.StepAt(d.At, lead.StepSent)
			step.Note, step.Why = d.Target, string(lead.DigestAlert)
			c := lead.Change{TouchID: t.ID, Delivery: d, Step: step}
			if policy.Outcome(t, thatNotify(decisions[t.ID])) == lead.OutcomeHeld {
				c.Settled, c.Outcome, c.Day = true, lead.OutcomeDigested, lead.Day(t.ReceivedAt)
			}
			changes = append(changes, c)
			if op, err := s.keepDigested(t.ID, d, step); err != nil {
				return err
			} else if op != nil {
				ops = append(ops, *op)
			}
		}
		if err := s.o.Journal.Settle(ctx, ops...); err != nil {
			return fmt.Errorf("keep %d deliveries: %w", len(ops), err)
		}
		if err := s.o.Store.Deliver(ctx, changes); err != nil {
			return err
		}
	}
	return nil
}

func thatNotify(decisions []lead.Decision) (sent []lead.Decision) {
	for _, d := range decisions {
		if d.Sends() {
			sent = append(sent, d)
		}
	}
	return sent
}

// keepDigested keeps a delivery of a settled touch, if this node's journal has
// the touch.
func (s *Schedule) keepDigested(id string, d lead.Delivery, step lead.Step) (*journal.Op, error) {
	b, err := s.o.Journal.Get(repo.TouchShelf, id)
	if errors.Is(err, journal.ErrNotFound) {
		return nil, nil
	}
	var t lead.Touch
	if err == nil {
		err = json.Unmarshal(b, &t)
	}
	if err != nil {
		return nil, fmt.Errorf("read touch %s: %w", id, err)
	}
	t.Deliveries, t.Trail = append(t.Deliveries, d), append(t.Trail, step)
	if b, err = json.Marshal(t); err != nil {
		return nil, fmt.Errorf("encode touch %s: %w", id, err)
	}
	op := journal.Put(repo.TouchShelf, id, b)
	return &op, nil
}
