package store

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

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
		case q.Temperature != nil && l.Temperature < *q.Temperature: // no lead gets warmer by waiting
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
	list := w // without what the index knows
	switch text := strings.ToLower(strings.TrimSpace(q.Text)); {
	case q.Text != "" || q.Consent != "" && w.key == s.leadsKey():
		w.below = func(ctx context.Context, at *cursor, n int) ([]cursor, error) {
			return s.search(ctx, text, q.Consent, at, q.Since, n)
		}
	case q.Consent != "":
		w.below = func(ctx context.Context, at *cursor, n int) ([]cursor, error) {
			return s.withConsent(ctx, q.Consent, at, func(at *cursor) ([]cursor, error) { return list.inList(ctx, s.rdb, at, max(n, s.look)) })
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
	keys := s.keysOf(lead.Person{Email: email})
	if len(keys) == 0 { // an address that stands for none recognises nobody
		return none, nil
	}
	id, err := s.rdb.Get(ctx, s.whoKey(keys[0])).Result()
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

const (
	defaultLimit = 50
	mostLimit    = 1000

	// mostScanned bounds how many are loaded for one page. A filter that
	// seldom matches gets a short page and a cursor to go on with.
	mostScanned = 5000
	mostLoaded  = 500 // at once, for others use Redis, too
)

// cursor is a place in a list: what comes after it, newest first, is older or
// as old with a smaller id. So what is added at the top moves nothing.
type cursor struct {
	score int64 // Unix microseconds
	id    string
}

func (c cursor) String() string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(c.score, 10) + " " + c.id))
}

// compare orders places from the oldest to the newest.
func (c cursor) compare(o cursor) int {
	return cmp.Or(cmp.Compare(c.score, o.score), strings.Compare(c.id, o.id))
}

// before reports whether c comes after o in a list, which begins with the newest.
func (c cursor) before(o cursor) bool { return c.compare(o) < 0 }

// parseCursor reads a cursor; an empty one is the top of the list.
func parseCursor(s string) (*cursor, error) {
	if s == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return nil, ErrBadCursor
	}
	at, id, ok := strings.Cut(string(b), " ")
	n, err := strconv.ParseInt(at, 10, 64)
	if !ok || err != nil || id == "" {
		return nil, ErrBadCursor
	}
	return &cursor{score: n, id: id}, nil
}

// listing is one walk down a list, newest first.
type listing[T any] struct {
	key    string
	since  time.Time // zero: to the end
	limit  int
	cursor string
	load   func(ctx context.Context, ids []string) ([]*T, error) // nil where there is none
	keep   func(*T) bool

	look  int                                                            // places read at once when many are left out
	below func(ctx context.Context, at *cursor, n int) ([]cursor, error) // nil: the list's; else a search's
}

// page returns what is kept, and the cursor of the next page, empty at the end
// of the list.
func (w listing[T]) page(ctx context.Context, rdb redis.UniversalClient) (items []*T, next string, err error) {
	at, err := parseCursor(w.cursor)
	if err != nil {
		return nil, "", err
	}
	limit := min(max(cmp.Or(w.limit, defaultLimit), 1), mostLimit)
	items = []*T{}  // an empty page is [] in JSON, not null
	var last cursor // of the last one kept
	below := w.below
	if below == nil {
		below = func(ctx context.Context, at *cursor, n int) ([]cursor, error) { return w.inList(ctx, rdb, at, n) }
	}
	// What the page needs is looked at first, and more and more at once where few
	// of those fit.
	batch, look := limit+1, limit+1
	for loaded := 0; loaded < mostScanned; look = max(batch, w.look) {
		places, err := below(ctx, at, look)
		if err != nil {
			return nil, "", err
		}
		if len(places) == 0 {
			return items, "", nil
		}
		for len(places) > 0 && loaded < mostScanned {
			some := places[:min(batch, len(places))]
			found, err := w.load(ctx, idsOf(some))
			if err != nil {
				return nil, "", err
			}
			had := len(items)
			for i, v := range found {
				if v == nil || !w.keep(v) {
					continue
				}
				if len(items) == limit { // there is at least one more
					return items, last.String(), nil
				}
				items, last = append(items, v), some[i]
			}
			places, at, loaded = places[len(some):], &some[len(some)-1], loaded+len(some)
			if len(items)-had < len(some)/2 {
				batch = max(batch, min(2*batch, mostLoaded))
			}
		}
	}
	return items, at.String(), nil
}

func idsOf(places []cursor) []string {
	ids := make([]string, len(places))
	for i, p := range places {
		ids[i] = p.id
	}
	return ids
}

// inList reads up to n places after at. Many may have come at the same time, in
// one import, so it reads on past those until there are new ones.
func (w listing[T]) inList(ctx context.Context, rdb redis.UniversalClient, at *cursor, n int) ([]cursor, error) {
	args := redis.ZRangeArgs{Key: w.key, Start: "+inf", Stop: "-inf", ByScore: true, Rev: true, Count: int64(n)}
	if at != nil {
		args.Start = at.score
	}
	if !w.since.IsZero() {
		args.Stop = w.since.UnixMicro()
	}
	for {
		read, err := rdb.ZRangeArgsWithScores(ctx, args).Result()
		if err != nil {
			return nil, fmt.Errorf("read list %s: %w", w.key, err)
		}
		var places []cursor
		for _, z := range read {
			id, _ := z.Member.(string)
			p := cursor{score: int64(z.Score), id: id}
			if at == nil || p.before(*at) {
				places = append(places, p)
			}
		}
		if len(places) > 0 || len(read) == 0 {
			return places, nil
		}
		args.Offset += int64(len(read))
		args.Count = min(2*args.Count, mostScanned)
	}
}
