package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/lead"
)

// Restore puts leads and settled touches back into a Redis that has lost them,
// with their lists, pointers and outcomes. Give it the leads first: a lead says
// whether its phone was all that was known of the person, and which of a
// touch's deliveries were alerts. A lead that is there with the same revision
// or a later one stays, and so does a touch that is there.
func (s *Store) Restore(ctx context.Context, leads []*lead.Lead, touches []*lead.Touch) error {
	if err := s.restoreLeads(ctx, leads); err != nil {
		return fmt.Errorf("restore %d leads: %w", len(leads), err)
	}
	if err := s.restoreTouches(ctx, touches); err != nil {
		return fmt.Errorf("restore %d touches: %w", len(touches), err)
	}
	return nil
}

func (s *Store) restoreLeads(ctx context.Context, leads []*lead.Lead) error {
	if len(leads) == 0 {
		return nil
	}
	// Who came first keeps a phone that two people share.
	leads = slices.SortedStableFunc(slices.Values(leads), func(a, b *lead.Lead) int { return a.CreatedAt.Compare(b.CreatedAt) })
	made := make([]*redis.BoolCmd, len(leads))
	pipe := s.rdb.Pipeline()
	for i, l := range leads {
		kept, err := encodeLead(l)
		if err != nil {
			return err
		}
		made[i] = pipe.SetNX(ctx, s.leadKey(l.ID), kept, 0)
		if !l.Apart {
			s.link(ctx, pipe, l.Person, l.ID, lead.NormalEmail(l.Person.Email) != "")
		}
		for _, past := range l.History {
			if !l.Apart && (past.Said.Email != l.Person.Email || past.Said.Phone != l.Person.Phone) {
				s.link(ctx, pipe, past.Said, l.ID, true)
			}
		}
		s.listLead(ctx, pipe, l, sourcesOf(l)...)
		pipe.HSetNX(ctx, s.indexKey(), l.ID, indexTextOf(l))
		s.logIndexed(ctx, pipe, l.ID)
	}
	if err := exec(ctx, pipe); err != nil {
		return err
	}
	var late []*lead.Lead // seldom any: another replica was faster, or changed it since
	for i, l := range leads {
		if !made[i].Val() {
			late = append(late, l)
		}
	}
	return s.restoreNewer(ctx, late)
}

// restoreNewer puts leads in the place of older ones of their ids. Each of them
// is listed by now; the one that is out of date leaves the funnel.
func (s *Store) restoreNewer(ctx context.Context, leads []*lead.Lead) error {
	there, err := s.LeadsByID(ctx, idsOfLeads(leads))
	if err != nil {
		return err
	}
	pipe := s.rdb.Pipeline()
	for i, l := range leads {
		old, now := l, there[i]
		for now == nil || now.Revision < l.Revision {
			written, err := s.restoreOver(ctx, now, l)
			if err != nil {
				return err
			}
			if written {
				old, now = now, l
				s.indexLead(ctx, pipe, l)
				break
			}
			if now, err = s.Lead(ctx, l.ID); err != nil && !errors.Is(err, ErrNotFound) {
				return err
			}
		}
		if old != nil && now != nil && rowOf(old) != rowOf(now) {
			s.uncount(ctx, pipe, rowOf(old), l.ID)
		}
	}
	return exec(ctx, pipe)
}

// restoreOver puts a lead in the place of an older one, or of none, with what
// people did about the older one; not when that has changed meanwhile.
func (s *Store) restoreOver(ctx context.Context, old, l *lead.Lead) (written bool, err error) {
	if old != nil {
		l.Recall(old)
	}
	kept, err := encodeLead(l)
	if err != nil {
		return false, err
	}
	if old == nil {
		return s.rdb.SetNX(ctx, s.leadKey(l.ID), kept, 0).Result()
	}
	reply, err := swap.Run(ctx, s.rdb, []string{s.leadKey(l.ID)}, revisionPrefix(old.Revision), kept).Result()
	return reply == int64(1), err
}

func idsOfLeads(leads []*lead.Lead) []string {
	ids := make([]string, len(leads))
	for i, l := range leads {
		ids[i] = l.ID
	}
	return ids
}

// link sets the pointers of a person that are not there.
func (s *Store) link(ctx context.Context, pipe redis.Pipeliner, p lead.Person, leadID string, withEmail bool) {
	for _, key := range s.keysOf(p) {
		to := leadID
		if withEmail && strings.HasPrefix(key, "tel:") {
			to += hasEmail
		}
		pipe.SetNX(ctx, s.whoKey(key), to, 0)
	}
}

func (s *Store) restoreTouches(ctx context.Context, touches []*lead.Touch) error {
	if len(touches) == 0 {
		return nil
	}
	pipe := s.rdb.Pipeline()
	there := make([]*redis.BoolCmd, len(touches))
	for i, t := range touches {
		there[i] = pipe.HExists(ctx, s.touchKey(t.ID), fieldDoc)
	}
	leads := s.askAlerted(ctx, pipe, touches)
	if err := exec(ctx, pipe); err != nil {
		return err
	}
	now := s.now()
	pipe = s.rdb.Pipeline()
	for i, t := range touches {
		if there[i].Val() {
			continue
		}
		o, age := outcomeOf(t, leads[t.ID]), now.Sub(t.ReceivedAt)
		if t.Test || age > bookLife {
			o = lead.OutcomeWaiting // of which there is nothing to count
		}
		if err := s.restoreTouch(ctx, pipe, t, o); err != nil {
			return err
		}
		if key := t.ContentKey(); key != "" && (t.State == lead.Settled || t.State == lead.Quarantined) && age < sameLife {
			pipe.SetNX(ctx, s.sameKey(t.Source, key), t.ID, sameLife-age)
		}
	}
	return exec(ctx, pipe)
}

// restoreTouch writes a touch whole, and its outcome.
func (s *Store) restoreTouch(ctx context.Context, pipe redis.Pipeliner, t *lead.Touch, o lead.Outcome) error {
	doc, err := touchDoc(t)
	if err != nil {
		return err
	}
	set := []any{fieldDoc, doc, fieldState, string(t.State)}
	if t.State != lead.Accepted {
		set = append(set, fieldSettled, "1")
	}
	if t.LeadID != "" {
		set = append(set, fieldLead, t.LeadID)
	}
	if t.LeadID != "" && t.State != lead.Quarantined {
		// A phone that is not the lead's present one: whether the lead has an
		// e-mail is not known here, and that merges no two people by mistake.
		s.link(ctx, pipe, t.Person, t.LeadID, true)
	}
	if t.MergedInto != "" {
		set = append(set, fieldMerged, t.MergedInto)
		pipe.SAdd(ctx, s.repeatsKey(t.MergedInto), t.ID)
		pipe.Expire(ctx, s.repeatsKey(t.MergedInto), repeatLife)
	}
	if t.Repeats > 0 {
		set = append(set, fieldRepeats, t.Repeats)
	}
	for _, d := range t.Deliveries {
		name, value := deliveryField(d)
		set = append(set, name, value)
	}
	s.list(ctx, pipe, t)
	if o != lead.OutcomeWaiting {
		set = append(set, s.book(ctx, pipe, dayOf(t.ReceivedAt), t.ID, o).fields()...)
	}
	pipe.HSet(ctx, s.touchKey(t.ID), set...)
	return nil
}

// askAlerted asks for the leads that say whether a touch was an alert.
func (s *Store) askAlerted(ctx context.Context, pipe redis.Pipeliner, touches []*lead.Touch) map[string]*redis.StringCmd {
	leads := map[string]*redis.StringCmd{}
	for _, t := range touches {
		if t.State == lead.Settled && t.LeadID != "" && len(t.Deliveries) > 0 {
			leads[t.ID] = pipe.Get(ctx, s.leadKey(t.LeadID))
		}
	}
	return leads
}

// outcomeOf is how a touch ended, from its state, its deliveries and what its
// lead remembers of the decisions. One that the lead has forgotten counts as
// alerted if anything was sent.
func outcomeOf(t *lead.Touch, kept *redis.StringCmd) lead.Outcome {
	switch t.State {
	case lead.Quarantined:
		return lead.OutcomeQuarantined
	case lead.Unread:
		return lead.OutcomeUnread
	case lead.Merged:
		return lead.OutcomeMerged
	case lead.Accepted:
		return lead.OutcomeWaiting
	}
	kinds := map[string]lead.AlertKind{}
	if kept != nil && kept.Val() != "" {
		if l, err := decodeLead(kept.Val()); err == nil {
			for _, past := range l.History {
				if past.ID != t.ID {
					continue
				}
				for _, d := range past.Decisions {
					kinds[d.Target] = d.Kind
				}
			}
		}
	}
	o := lead.OutcomeHeld
	for _, d := range t.Deliveries {
		kind := kinds[d.Target]
		switch {
		case d.State == lead.Failed:
			if o == lead.OutcomeHeld {
				o = lead.OutcomeFailed
			}
		case kind == lead.DigestAlert, d.As == lead.DigestAlert:
			o = lead.OutcomeDigested
		case kind != lead.Copy:
			return lead.OutcomeAlerted
		}
	}
	return o
}
