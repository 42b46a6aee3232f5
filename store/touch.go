package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

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
