package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/lead"
)

// The fields of a touch. What changes after it was accepted has fields of its
// own, and of one thing each state has its own, so that no write has to look
// first and no late write undoes another: reading picks what stands.
const (
	fieldDoc     = "doc"     // the touch as JSON without what follows
	fieldState   = "state"   // see lead.State; "accepted" counts for less than fieldSettled
	fieldSettled = "settled" // there when every effect has reached its end
	fieldLead    = "lead"    // lead id
	fieldRepeats = "repeats" // how many were merged into it
	fieldMerged  = "merged"  // the touch it was merged into

	prefixDelivery = "d:" // d:STATE:TARGET -> delivery
	prefixStep     = "s:" // s:TIME:STEP:NOTE -> step of the trail after the decisions
	prefixOutcome  = "o:" // o:OUTCOME: it is in this set of its day's books
)

// touchDoc is what the field doc holds.
func touchDoc(t *lead.Touch) ([]byte, error) {
	c := *t
	c.State, c.LeadID, c.Repeats, c.MergedInto, c.Deliveries = "", "", 0, "", nil
	b, err := json.Marshal(&c)
	if err != nil {
		return nil, fmt.Errorf("encode touch %s: %w", t.ID, err)
	}
	return b, nil
}

// deliveryField returns the field and the value of a delivery.
func deliveryField(d lead.Delivery) (string, []byte) {
	b, _ := json.Marshal(d) // strings, a number and a time: cannot fail within the years 0 to 9999
	return prefixDelivery + string(d.State) + ":" + d.Target, b
}

// stepField returns the field and the value of a step: the same step written
// twice is one.
func stepField(st lead.Step) (string, []byte) {
	b, _ := json.Marshal(st) // as above
	return prefixStep + strconv.FormatInt(st.At.UnixNano(), 10) + ":" + string(st.Step) + ":" + st.Note, b
}

// decodeTouch puts a touch together from its fields. Nil without an error:
// there is none, or only receipts that were written before it.
func decodeTouch(fields map[string]string) (*lead.Touch, error) {
	doc, ok := fields[fieldDoc]
	if !ok {
		return nil, nil
	}
	t := new(lead.Touch)
	if err := json.Unmarshal([]byte(doc), t); err != nil {
		return nil, fmt.Errorf("decode touch: %w", err)
	}
	t.State = lead.State(fields[fieldState])
	if _, t.Ended = fields[fieldSettled]; t.Ended && t.State == lead.Accepted {
		t.State = lead.Settled
	}
	t.LeadID, t.MergedInto = fields[fieldLead], fields[fieldMerged]
	t.Repeats, _ = strconv.Atoi(fields[fieldRepeats]) // absent: 0
	var later []lead.Step
	for name, value := range fields {
		switch {
		case strings.HasPrefix(name, prefixDelivery):
			var d lead.Delivery
			if err := json.Unmarshal([]byte(value), &d); err != nil {
				return nil, fmt.Errorf("decode delivery of touch %s: %w", t.ID, err)
			}
			t.Deliveries = mergeDelivery(t.Deliveries, d)
		case strings.HasPrefix(name, prefixStep):
			var st lead.Step
			if err := json.Unmarshal([]byte(value), &st); err != nil {
				return nil, fmt.Errorf("decode step of touch %s: %w", t.ID, err)
			}
			later = append(later, st)
		}
	}
	slices.SortFunc(t.Deliveries, func(a, b lead.Delivery) int { return strings.Compare(a.Target, b.Target) })
	t.Trail = mergeTrail(t.Trail, later)
	return t, nil
}

// mergeTrail adds the steps that were written one by one; a touch whose job ran
// again may have them in its trail already.
func mergeTrail(trail, later []lead.Step) []lead.Step {
	slices.SortFunc(later, func(a, b lead.Step) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(string(a.Step), string(b.Step)), strings.Compare(a.Note, b.Note))
	})
	for _, st := range later {
		if !slices.ContainsFunc(trail, func(have lead.Step) bool {
			return have.At.Equal(st.At) && have.Step == st.Step && have.Note == st.Note
		}) {
			trail = append(trail, st)
		}
	}
	slices.SortStableFunc(trail, func(a, b lead.Step) int { return a.At.Compare(b.At) })
	return trail
}

// mergeDelivery keeps one delivery for each target: one that was sent stands,
// then one that was shown; of a failure and a wait the later one.
func mergeDelivery(have []lead.Delivery, d lead.Delivery) []lead.Delivery {
	rank := map[lead.DeliveryState]int{lead.Previewed: 1, lead.Sent: 2}
	for i, h := range have {
		if h.Target != d.Target {
			continue
		}
		if c := cmp.Or(rank[d.State]-rank[h.State], d.At.Compare(h.At)); c > 0 || c == 0 && d.Final() {
			have[i] = d
		}
		return have
	}
	return append(have, d)
}

// Touch returns a touch with its state, lead, repeats, deliveries and whole
// trail; ErrNotFound when there is none.
func (s *Store) Touch(ctx context.Context, id string) (*lead.Touch, error) {
	found, err := s.TouchesByID(ctx, []string{id})
	if err != nil {
		return nil, err
	}
	if found[0] == nil {
		return nil, fmt.Errorf("touch %s: %w", id, ErrNotFound)
	}
	return found[0], nil
}

// TouchesByID returns the touches with these ids in one round trip, nil where
// there is none.
func (s *Store) TouchesByID(ctx context.Context, ids []string) ([]*lead.Touch, error) {
	touches := make([]*lead.Touch, len(ids))
	if len(ids) == 0 {
		return touches, nil
	}
	pipe := s.rdb.Pipeline()
	replies := make([]*redis.MapStringStringCmd, len(ids))
	for i, id := range ids {
		replies[i] = pipe.HGetAll(ctx, s.touchKey(id))
	}
	if err := exec(ctx, pipe); err != nil {
		return nil, fmt.Errorf("read %d touches: %w", len(ids), err)
	}
	for i, r := range replies {
		var err error
		if touches[i], err = decodeTouch(r.Val()); err != nil {
			return nil, err
		}
	}
	return touches, nil
}

// Stage makes accepted touches readable for every replica. A touch that is there
// already stays as it is. Finish lists them, together with their leads.
func (s *Store) Stage(ctx context.Context, touches []*lead.Touch) error {
	if len(touches) == 0 {
		return nil
	}
	pipe := s.rdb.Pipeline()
	if err := s.StageIn(ctx, pipe, touches); err != nil {
		return err
	}
	if err := exec(ctx, pipe); err != nil {
		return fmt.Errorf("stage %d touches: %w", len(touches), err)
	}
	return nil
}

// StageIn is Stage by a pipeline that the caller sends.
func (s *Store) StageIn(ctx context.Context, pipe redis.Pipeliner, touches []*lead.Touch) error {
	for _, t := range touches {
		doc, err := touchDoc(t)
		if err != nil {
			return err
		}
		key := s.touchKey(t.ID)
		pipe.HSetNX(ctx, key, fieldDoc, doc)
		pipe.HSetNX(ctx, key, fieldState, string(t.State))
	}
	return nil
}

// list puts a touch in the lists where it belongs.
func (s *Store) list(ctx context.Context, pipe redis.Pipeliner, t *lead.Touch) {
	at := place(t.ReceivedAt, t.ID)
	if t.State == lead.Merged {
		pipe.ZRem(ctx, s.touchesKey(), t.ID)
		pipe.ZRem(ctx, s.touchesOfSource(t.Source), t.ID)
	} else {
		pipe.ZAdd(ctx, s.touchesKey(), at)
		pipe.ZAdd(ctx, s.touchesOfSource(t.Source), at)
	}
	if t.State != lead.Settled {
		pipe.ZAdd(ctx, s.touchesInState(t.State), at)
	}
	if t.State != lead.Accepted {
		pipe.ZRem(ctx, s.touchesInState(lead.Accepted), t.ID)
	}
}

// Finish writes what became of a touch: itself with its trail and deliveries,
// its place and its lead's in every list, and its outcome in the books. One
// round trip, but for a touch that had another outcome before. A delivery that
// has come to its end stays as it is. l is nil for a touch without a lead.
func (s *Store) Finish(ctx context.Context, t *lead.Touch, l *lead.Lead, o lead.Outcome) error {
	doc, err := touchDoc(t)
	if err != nil {
		return err
	}
	key := s.touchKey(t.ID)
	set := []any{fieldDoc, doc, fieldState, string(t.State)}
	if l != nil {
		set = append(set, fieldLead, l.ID)
	} else if t.LeadID != "" {
		set = append(set, fieldLead, t.LeadID)
	}
	if t.MergedInto != "" {
		set = append(set, fieldMerged, t.MergedInto)
	}
	if t.State != lead.Accepted {
		set = append(set, fieldSettled, "1")
	}
	pipe := s.rdb.Pipeline()
	for _, d := range t.Deliveries {
		if name, value := deliveryField(d); d.Final() {
			pipe.HSetNX(ctx, key, name, value)
		} else {
			set = append(set, name, value)
		}
	}
	// The lists come first: on one server they are there before the touch is.
	s.list(ctx, pipe, t)
	if l != nil {
		s.listLead(ctx, pipe, l, t.Source)
		s.indexLead(ctx, pipe, l)
	}
	var entries []entry
	if !t.Test {
		e := s.book(ctx, pipe, dayOf(t.ReceivedAt), t.ID, o)
		entries, set = append(entries, e), append(set, e.fields()...)
	}
	pipe.HSet(ctx, key, set...)
	if err := exec(ctx, pipe); err != nil {
		return fmt.Errorf("finish touch %s: %w", t.ID, err)
	}
	return s.correct(ctx, entries)
}

// listLead puts a lead in the lists where it belongs. It stays in those where
// it was: reading leaves out what has changed since.
func (s *Store) listLead(ctx context.Context, pipe redis.Pipeliner, l *lead.Lead, sources ...string) {
	at := place(l.CreatedAt, l.ID)
	pipe.ZAdd(ctx, s.leadsKey(), at)
	for t := lead.Warm; t <= l.Temperature; t++ { // it may cool down to each of them without a write
		pipe.ZAdd(ctx, s.leadsAt(t), at)
	}
	s.wind(ctx, pipe, l)
	for _, source := range sources {
		pipe.ZAdd(ctx, s.leadsOfSource(source), at)
	}
	if l.Status != lead.New && l.Status != "" {
		pipe.ZAdd(ctx, s.leadsWith(l.Status), at)
	}
	if l.Claim != nil {
		pipe.ZAdd(ctx, s.leadsBy(l.Claim.By), at)
	}
	s.count(ctx, pipe, l)
}

// Relead records that l has these touches now, and lists l where they came from.
func (s *Store) Relead(ctx context.Context, touchIDs []string, l *lead.Lead) error {
	pipe := s.rdb.Pipeline()
	for _, id := range touchIDs {
		amend.Eval(ctx, pipe, []string{s.touchKey(id)}, fieldLead, l.ID)
	}
	s.listLead(ctx, pipe, l, sourcesOf(l)...)
	if err := exec(ctx, pipe); err != nil {
		return fmt.Errorf("give %d touches to lead %s: %w", len(touchIDs), l.ID, err)
	}
	return nil
}

// AddStep adds a step to the trail of a touch, if the touch is still there.
func (s *Store) AddStep(ctx context.Context, touchID string, st lead.Step) error {
	name, value := stepField(st)
	if err := amend.Run(ctx, s.rdb, []string{s.touchKey(touchID)}, name, value).Err(); err != nil {
		return fmt.Errorf("add a step to touch %s: %w", touchID, err)
	}
	return nil
}

// sourcesOf are the sources that a lead remembers.
func sourcesOf(l *lead.Lead) (sources []string) {
	for _, past := range l.History {
		if !slices.Contains(sources, past.Source) {
			sources = append(sources, past.Source)
		}
	}
	return sources
}

// Deliver writes steps forward of deliveries in one round trip: the delivery,
// the step of the trail, and with Settled the end of the touch and its outcome.
// It may come before the touch itself is there.
func (s *Store) Deliver(ctx context.Context, changes []lead.Change) error {
	if len(changes) == 0 {
		return nil
	}
	pipe := s.rdb.Pipeline()
	var entries []entry
	for _, c := range changes {
		name, value := deliveryField(c.Delivery)
		set := []any{name, value}
		if c.Step.Step != "" {
			name, value := stepField(c.Step)
			set = append(set, name, value)
		}
		if c.Settled {
			set = append(set, fieldSettled, "1")
			pipe.ZRem(ctx, s.touchesInState(lead.Accepted), c.TouchID)
		}
		if c.Settled && c.Day != "" {
			e := s.book(ctx, pipe, c.Day, c.TouchID, c.Outcome)
			entries, set = append(entries, e), append(set, e.fields()...)
		}
		pipe.HSet(ctx, s.touchKey(c.TouchID), set...)
	}
	if err := exec(ctx, pipe); err != nil {
		return fmt.Errorf("write %d deliveries: %w", len(changes), err)
	}
	return s.correct(ctx, entries)
}

// Repeated counts a repeat of a touch, however often it is called for the same one.
func (s *Store) Repeated(ctx context.Context, firstID, repeatID string) error {
	keys := []string{s.touchKey(firstID), s.repeatsKey(firstID)}
	if err := count.Run(ctx, s.rdb, keys, repeatID, int(repeatLife/time.Second)).Err(); err != nil {
		return fmt.Errorf("count a repeat of touch %s: %w", firstID, err)
	}
	return nil
}
