package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/lead"
)

// Touches returns a page of whole touches. Touches that arrive meanwhile do not
// move what the cursor stands for. A page may be short of the limit and still
// have a next one. ErrBadCursor for a cursor that is none.
func (s *Store) Touches(ctx context.Context, q lead.TouchQuery) (p lead.TouchPage, err error) {
	w := listing[lead.Touch]{key: s.touchesKey(), look: s.look, since: q.Since, limit: q.Limit, cursor: q.Cursor, load: s.TouchesByID}
	switch {
	case q.State != "" && q.State != lead.Settled:
		w.key = s.touchesInState(q.State)
	case q.Source != "":
		w.key = s.touchesOfSource(q.Source)
	}
	w.keep = q.Matches
	p.Items, p.Next, err = w.page(ctx, s.rdb)
	return p, err
}

// Leads returns a page of leads by the time of their creation; what Touches
// promises holds for it as well.
func (s *Store) Leads(ctx context.Context, q lead.Query) (p lead.LeadPage, err error) {
	w := listing[lead.Lead]{key: s.leadsKey(), look: s.look, since: q.Since, limit: q.Limit, cursor: q.Cursor, load: s.LeadsByID}
	now, rest := s.now(), q // what neither a list nor a pointer answers
	rest.Temperature = nil
	w.keep = func(l *lead.Lead) bool {
		switch {
		case len(l.Touches) == 0: // its last touch has just left for another lead
			return false
		case q.Temperature != nil && l.Temperature < *q.Temperature: // nobody gets warmer by waiting
			return false
		case !rest.Matches(l):
			return false
		}
		l.Verdict = s.asOf(l, now)
		return q.Temperature == nil || l.Temperature == *q.Temperature
	}
	if q.Email != "" && q.Status != lead.HeldInQuarantine { // to which no pointer leads
		rest.Email = "" // the pointer knows all addresses of the lead
		p.Items, err = s.leadByEmail(ctx, q, w)
		return p, err
	}
	if w.key, err = s.shortest(ctx, q); err != nil {
		return p, err
	}
	if q.Text == "" && w.key == s.leadsOfSource(q.Source) {
		rest.Source = "" // the list remembers more touches than the lead does
	}
	list := w // without what the cards know
	switch text := strings.ToLower(strings.TrimSpace(q.Text)); {
	case q.Text != "" || q.Consent != "" && w.key == s.leadsKey():
		w.below = func(ctx context.Context, at *cursor, n int) ([]cursor, error) {
			return s.matching(ctx, text, q.Consent, at, q.Since, n)
		}
	case q.Consent != "":
		w.below = func(ctx context.Context, at *cursor, n int) ([]cursor, error) {
			return s.saying(ctx, q.Consent, at, func(at *cursor) ([]cursor, error) { return list.inList(ctx, s.rdb, at, max(n, s.look)) })
		}
	}
	p.Items, p.Next, err = w.page(ctx, s.rdb)
	return p, err
}

// lists are the lists that every lead that q asks for is in.
func (s *Store) lists(q lead.Query) (keys []string) {
	if q.Status != "" && q.Status != lead.New {
		keys = append(keys, s.leadsWith(q.Status))
	}
	if q.ClaimedBy != "" {
		keys = append(keys, s.leadsBy(q.ClaimedBy))
	}
	if q.Source != "" {
		keys = append(keys, s.leadsOfSource(q.Source))
	}
	if q.Temperature != nil && *q.Temperature > lead.Cold {
		keys = append(keys, s.leadsAt(*q.Temperature))
	}
	return keys
}

// shortest is the list in which there is the least to leave out.
func (s *Store) shortest(ctx context.Context, q lead.Query) (string, error) {
	keys := s.lists(q)
	if len(keys) == 0 {
		return s.leadsKey(), nil
	}
	if len(keys) == 1 {
		return keys[0], nil
	}
	pipe := s.rdb.Pipeline()
	lengths := make([]*redis.IntCmd, len(keys))
	for i, key := range keys {
		lengths[i] = pipe.ZCard(ctx, key)
	}
	if err := exec(ctx, pipe); err != nil {
		return "", fmt.Errorf("choose a list of leads: %w", err)
	}
	best := 0
	for i := range lengths {
		if lengths[i].Val() < lengths[best].Val() {
			best = i
		}
	}
	return keys[best], nil
}

// leadByEmail finds the one lead that an e-mail points at.
func (s *Store) leadByEmail(ctx context.Context, q lead.Query, w listing[lead.Lead]) ([]*lead.Lead, error) {
	if _, err := parseCursor(q.Cursor); err != nil {
		return nil, err
	}
	none := []*lead.Lead{}
	email := lead.NormalEmail(q.Email)
	if email == "" || q.Cursor != "" {
		return none, nil
	}
	id, err := s.rdb.Get(ctx, s.whoKey(s.keysOf(lead.Person{Email: email})[0])).Result()
	if errors.Is(err, redis.Nil) {
		return none, nil
	}
	if err != nil {
		return nil, err
	}
	l, err := s.merged(ctx, id)
	if errors.Is(err, ErrNotFound) || err == nil && (!w.keep(l) || l.CreatedAt.Before(q.Since)) {
		return none, nil
	}
	if err != nil {
		return nil, err
	}
	return []*lead.Lead{l}, nil
}

// merged returns a lead, or the one that it was merged into.
func (s *Store) merged(ctx context.Context, id string) (*lead.Lead, error) {
	for {
		l, err := s.Lead(ctx, id)
		if err != nil || l.MergedInto == "" {
			return l, err
		}
		id = l.MergedInto
	}
}
