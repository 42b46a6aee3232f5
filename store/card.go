package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/lead"
)

// A card is what of a lead can be searched for. Every node that is asked to
// search reads all cards once and keeps them; after that it reads only those
// that were written since, which a set for each minute names. So a search over
// a hundred thousand leads takes milliseconds and asks Redis for next to nothing.

// cardKept is how long the minutes are kept. A node that did not search for
// longer reads all cards again.
const cardKept = time.Hour

// card writes the card of a lead.
func (s *Store) card(ctx context.Context, pipe redis.Pipeliner, l *lead.Lead) {
	pipe.HSet(ctx, s.cardsKey(), l.ID, cardOf(l))
	s.markCard(ctx, pipe, l.ID)
}

// cardOf is a lead's card as it is kept: when it was made, and what of its
// person can be searched for, in small letters.
func cardOf(l *lead.Lead) string {
	p := l.Person
	return strconv.FormatInt(l.CreatedAt.UnixMicro(), 10) + " " +
		strings.ToLower(strings.Join([]string{p.Name, p.FirstName, p.LastName, p.Email, p.Phone, p.Company, p.Title}, "\n"))
}

// dropCard removes the card of a lead that is no more.
func (s *Store) dropCard(ctx context.Context, pipe redis.Pipeliner, id string) {
	pipe.HDel(ctx, s.cardsKey(), id)
	s.markCard(ctx, pipe, id)
}

func (s *Store) markCard(ctx context.Context, pipe redis.Pipeliner, id string) {
	key := s.cardMinuteKey(s.now())
	pipe.SAdd(ctx, key, id)
	if s.lives.due(key, s.now()) {
		pipe.Expire(ctx, key, cardKept+5*time.Minute)
	}
}

// cards are the cards that this node knows, the newest lead last.
type cards struct {
	mu    sync.Mutex
	all   []card
	where map[string]cursor // lead id -> its place in all
	asOf  time.Time         // what was written before is known; zero: nothing is
	since string            // the marker's value; another one means that Redis was wiped
}

type card struct {
	cursor
	text string
}

// matching returns the places of the leads below at, and not before since, whose
// cards hold text, newest first; at most limit of them.
func (s *Store) matching(ctx context.Context, text string, at *cursor, since time.Time, limit int) ([]cursor, error) {
	c := &s.cards
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := s.readCards(ctx); err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	var found []cursor
	for i := len(c.all) - 1; i >= 0 && len(found) < limit; i-- {
		k := &c.all[i]
		if !since.IsZero() && k.score < since.UnixMicro() {
			break
		}
		if (at == nil || k.before(*at)) && strings.Contains(k.text, text) {
			found = append(found, k.cursor)
		}
	}
	return found, nil
}

// readCards reads the cards that were written since the last time, or all.
func (s *Store) readCards(ctx context.Context) error {
	c, now := &s.cards, s.now()
	born, err := s.rdb.Get(ctx, s.bornKey()).Result()
	if err != nil && err != redis.Nil {
		return err
	}
	if c.asOf.IsZero() || now.Sub(c.asOf) > cardKept || born != c.since {
		all, err := s.allCards(ctx)
		if err != nil {
			return err
		}
		c.all, c.where = nil, make(map[string]cursor, len(all))
		for id, value := range all {
			k := parseCard(id, value)
			c.all, c.where[id] = append(c.all, k), k.cursor
		}
		slices.SortFunc(c.all, func(a, b card) int { return a.compare(b.cursor) })
		c.asOf, c.since = now, born
		return nil
	}
	var keys []string
	// The clocks of nodes differ by less than a minute.
	for m := c.asOf.Add(-time.Minute); !m.After(now.Add(time.Minute)); m = m.Add(time.Minute) {
		keys = append(keys, s.cardMinuteKey(m))
	}
	ids, err := s.writtenIn(ctx, keys)
	if err != nil {
		return err
	}
	for batch := range slices.Chunk(ids, 1000) {
		values, err := s.rdb.HMGet(ctx, s.cardsKey(), batch...).Result()
		if err != nil {
			return err
		}
		for i, v := range values {
			value, ok := v.(string)
			c.put(batch[i], value, ok)
		}
	}
	c.asOf = now
	return nil
}

// allCards reads every card, a thousand at a time, so that a shared Redis is
// never held up.
func (s *Store) allCards(ctx context.Context) (map[string]string, error) {
	all := map[string]string{}
	for at := uint64(0); ; {
		pairs, next, err := s.rdb.HScan(ctx, s.cardsKey(), at, "", 1000).Result()
		if err != nil {
			return nil, err
		}
		for i := 0; i+1 < len(pairs); i += 2 {
			all[pairs[i]] = pairs[i+1]
		}
		if at = next; at == 0 {
			return all, nil
		}
	}
}

// writtenIn returns the leads whose cards were written in these minutes.
func (s *Store) writtenIn(ctx context.Context, keys []string) (ids []string, err error) {
	pipe := s.rdb.Pipeline()
	replies := make([]*redis.StringSliceCmd, len(keys))
	for i, key := range keys {
		replies[i] = pipe.SMembers(ctx, key)
	}
	if err := exec(ctx, pipe); err != nil {
		return nil, err
	}
	for _, r := range replies {
		ids = append(ids, r.Val()...)
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

func parseCard(id, value string) card {
	at, text, _ := strings.Cut(value, " ")
	n, _ := strconv.ParseInt(at, 10, 64) // we wrote it
	return card{cursor{n, id}, text}
}

// put replaces the card of a lead, or with ok false removes it.
func (c *cards) put(id, value string, ok bool) {
	if was, known := c.where[id]; known {
		if i, found := c.find(was); found {
			if k := parseCard(id, value); ok && k.cursor == was {
				c.all[i] = k
				return
			}
			c.all = slices.Delete(c.all, i, i+1)
		}
		delete(c.where, id)
	}
	if ok {
		k := parseCard(id, value)
		i, _ := c.find(k.cursor)
		c.all, c.where[id] = slices.Insert(c.all, i, k), k.cursor
	}
}

func (c *cards) find(at cursor) (int, bool) {
	return slices.BinarySearchFunc(c.all, at, func(k card, at cursor) int { return k.compare(at) })
}
