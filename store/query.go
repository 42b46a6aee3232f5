package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/lead"
)

// TouchQuery chooses touches. The zero query is all but the repeats.
type TouchQuery struct {
	Source string
	State  lead.State // merged ones are shown only when it says so
	Since  time.Time  // received then or later
	Limit  int        // default 50, at most 1000
	Cursor string     // of the page before
}

// TouchPage is a page of touches, newest first.
type TouchPage struct {
	Items []*lead.Touch
	Next  string // cursor of the next page; empty: this was the last
}

// Touches returns a page of whole touches. Touches that arrive meanwhile do not
// move what the cursor stands for. A page may be short of the limit and still
// have a next one. ErrBadCursor for a cursor that is none.
func (s *Store) Touches(ctx context.Context, q TouchQuery) (p TouchPage, err error) {
	w := listing[lead.Touch]{key: s.touchesKey(), look: s.look, since: q.Since, limit: q.Limit, cursor: q.Cursor, load: s.TouchesByID}
	switch {
	case q.State != "" && q.State != lead.Settled:
		w.key = s.touchesInState(q.State)
	case q.Source != "":
		w.key = s.touchesOfSource(q.Source)
	}
	w.keep = func(t *lead.Touch) bool {
		return (q.Source == "" || t.Source == q.Source) &&
			(q.State == t.State || q.State == "" && t.State != lead.Merged)
	}
	p.Items, p.Next, err = w.page(ctx, s.rdb)
	return p, err
}

// LeadQuery chooses leads; all that is set has to hold. The zero query is all
// but those in quarantine, which only their status finds.
type LeadQuery struct {
	Temperature *lead.Temperature // as of now
	Status      lead.Status
	Source      string       // one that touched the lead
	Email       string       // in any spelling
	Text        string       // part of the name, e-mail, phone, company or title
	ClaimedBy   string       // who has the lead
	Unclaimed   bool         // nobody has it, and it is not done with: its status is new
	Consent     lead.Consent // what the person said last about being contacted
	Since       time.Time    // created then or later
	Limit       int          // default 50, at most 1000
	Cursor      string       // of the page before
}

// LeadPage is a page of leads, newest first.
type LeadPage struct {
	Items []*lead.Lead
	Next  string // cursor of the next page; empty: this was the last
}

// Leads returns a page of leads by the time of their creation; what Touches
// promises holds for it as well.
func (s *Store) Leads(ctx context.Context, q LeadQuery) (p LeadPage, err error) {
	w := listing[lead.Lead]{key: s.leadsKey(), look: s.look, since: q.Since, limit: q.Limit, cursor: q.Cursor, load: s.LeadsByID}
	now, ofSource := s.now(), false
	w.keep = func(l *lead.Lead) bool {
		if !q.matches(l, ofSource) {
			return false
		}
		l.Verdict = s.asOf(l, now)
		return q.Temperature == nil || l.Temperature == *q.Temperature
	}
	if q.Email != "" && q.Status != lead.HeldInQuarantine { // to which no pointer leads
		p.Items, err = s.leadByEmail(ctx, q, w)
		return p, err
	}
	if w.key, err = s.shortest(ctx, q); err != nil {
		return p, err
	}
	ofSource = q.Text == "" && w.key == s.leadsOfSource(q.Source)
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
func (q LeadQuery) lists(s *Store) (keys []string) {
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
func (s *Store) shortest(ctx context.Context, q LeadQuery) (string, error) {
	keys := q.lists(s)
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
func (s *Store) leadByEmail(ctx context.Context, q LeadQuery, w listing[lead.Lead]) ([]*lead.Lead, error) {
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

// matches says whether a lead is asked for. ofSource: it comes from the list of
// the source, which remembers more touches than the lead does.
func (q LeadQuery) matches(l *lead.Lead, ofSource bool) bool {
	switch {
	case l.MergedInto != "":
		return false
	case q.Temperature != nil && l.Temperature < *q.Temperature: // nobody gets warmer by waiting
		return false
	case len(l.Touches) == 0: // its last touch has just left for another lead
		return false
	case q.Status != "" && l.Status != q.Status, q.Status == "" && l.Status == lead.HeldInQuarantine:
		return false
	case q.Email != "" && lead.NormalEmail(l.Person.Email) != lead.NormalEmail(q.Email) && l.Status == lead.HeldInQuarantine:
		return false
	case q.Source != "" && !ofSource && !slices.ContainsFunc(l.History, func(p lead.Past) bool { return p.Source == q.Source }):
		return false
	case q.ClaimedBy != "" && (l.Claim == nil || l.Claim.By != q.ClaimedBy):
		return false
	case q.Unclaimed && (l.Claim != nil || l.Status != lead.New && l.Status != ""):
		return false
	case q.Consent != "" && l.Consent() != q.Consent:
		return false
	case q.Text == "":
		return true
	}
	text := strings.ToLower(strings.TrimSpace(q.Text))
	p := l.Person
	return slices.ContainsFunc([]string{p.Name, p.FirstName, p.LastName, p.Email, p.Phone, p.Company, p.Title}, func(v string) bool {
		return strings.Contains(strings.ToLower(v), text)
	})
}
