package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/lead"
)

// eraseBatch is how many touches are read and deleted in one round trip.
const eraseBatch = 200

// Erase deletes the touches and leads that an order names, with everything that
// leads to them. What is not there is no error, so it may run again.
func (s *Store) Erase(ctx context.Context, e *lead.Erasure) (gone lead.Erased, err error) {
	gone.Days = map[string]int{}
	sources, keys := map[string]bool{}, map[string]bool{}
	for ids := range slices.Chunk(e.Touches, eraseBatch) {
		if err := s.eraseTouches(ctx, ids, sources, keys, &gone); err != nil {
			return gone, fmt.Errorf("erase %d touches: %w", len(ids), err)
		}
	}
	found, err := s.LeadsByID(ctx, e.Leads)
	if err != nil {
		return gone, fmt.Errorf("erase: %w", err)
	}
	for i, id := range e.Leads {
		if l := found[i]; l != nil {
			gone.Leads++
			if err := s.uncountErased(ctx, e, l); err != nil {
				return gone, err
			}
			for _, key := range pointersOf(l.Person) {
				keys[key] = true
			}
			for _, past := range l.History {
				sources[past.Source] = true
			}
		}
		pipe := s.rdb.Pipeline()
		pipe.Del(ctx, s.leadKey(id))
		s.unlistLead(ctx, pipe, id, mapKeys(sources))
		if err := exec(ctx, pipe); err != nil {
			return gone, fmt.Errorf("erase lead %s: %w", id, err)
		}
		if err := s.unlink(ctx, id, mapKeys(keys)); err != nil {
			return gone, err
		}
	}
	return gone, nil
}

// uncountErased takes a lead out of the funnel before it is deleted, while it is
// known where it counts. What only grew too old stays in it as a number.
func (s *Store) uncountErased(ctx context.Context, e *lead.Erasure, l *lead.Lead) error {
	row := rowOf(l)
	if e.Aged || row == (funnelRow{}) {
		return nil
	}
	pipe := s.rdb.Pipeline()
	s.uncount(ctx, pipe, row, l.ID)
	if err := exec(ctx, pipe); err != nil {
		return fmt.Errorf("take lead %s out of the funnel: %w", l.ID, err)
	}
	return nil
}

// eraseTouches deletes touches, and takes down their sources and whose they were.
func (s *Store) eraseTouches(ctx context.Context, ids []string, sources, keys map[string]bool, gone *lead.Erased) error {
	found, err := s.TouchesByID(ctx, ids)
	if err != nil {
		return err
	}
	pipe := s.rdb.Pipeline()
	corrected := map[*redis.IntCmd]string{}
	for i, id := range ids {
		lists := []string{s.touchesKey()}
		for _, state := range []lead.State{lead.Accepted, lead.Unread, lead.Quarantined, lead.Merged} {
			lists = append(lists, s.touchesInState(state))
		}
		if t := found[i]; t != nil {
			gone.Touches++
			sources[t.Source] = true
			for _, key := range pointersOf(t.Person) {
				keys[key] = true
			}
			lists = append(lists, s.touchesOfSource(t.Source))
			day := dayOf(t.ReceivedAt)
			for _, o := range final {
				corrected[pipe.SRem(ctx, s.bookKey(day, o), id)] = day
			}
			if t.Content != "" {
				pipe.Del(ctx, s.sameKey(t.Source, t.Content))
			}
		}
		for _, list := range lists {
			pipe.ZRem(ctx, list, id)
		}
		pipe.Del(ctx, s.touchKey(id))
		pipe.Del(ctx, s.repeatsKey(id))
	}
	err = exec(ctx, pipe)
	for c, day := range corrected {
		if c.Val() > 0 {
			gone.Days[day] += int(c.Val())
		}
	}
	return err
}

func mapKeys(m map[string]bool) (keys []string) {
	for key := range m {
		keys = append(keys, key)
	}
	return keys
}

// Known returns the leads that are pointed at for a person, the one that p is by
// the setting about tags and the one that has its very address. Who has an e-mail
// is known by that alone: a phone may be several people's.
func (s *Store) Known(ctx context.Context, p lead.Person) (ids []string, err error) {
	pipe := s.rdb.Pipeline()
	var found []*redis.StringCmd
	for _, keys := range [][]string{lead.Keys(p), s.keysOf(p)} {
		for _, key := range keys[:min(1, len(keys))] {
			found = append(found, pipe.Get(ctx, s.whoKey(key)))
		}
	}
	if len(found) == 0 {
		return nil, nil
	}
	if err := exec(ctx, pipe); err != nil {
		return nil, fmt.Errorf("find a person: %w", err)
	}
	for _, f := range found {
		id := f.Val()
		if n := len(id) - len(hasEmail); n > 0 && id[n:] == hasEmail {
			id = id[:n]
		}
		if id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// Order keeps an order of erasure for the other nodes.
func (s *Store) Order(ctx context.Context, e *lead.Erasure) error {
	b, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode erasure %s: %w", e.ID, err)
	}
	if err := s.rdb.HSet(ctx, s.erasuresKey(), e.ID, b).Err(); err != nil {
		return fmt.Errorf("keep erasure %s: %w", e.ID, err)
	}
	return nil
}

// Orders returns the ids of all orders that are kept.
func (s *Store) Orders(ctx context.Context) ([]string, error) {
	ids, err := s.rdb.HKeys(ctx, s.erasuresKey()).Result()
	if err != nil {
		return nil, fmt.Errorf("list erasures: %w", err)
	}
	return ids, nil
}

// OrderOf returns an order, nil when it is kept no longer.
func (s *Store) OrderOf(ctx context.Context, id string) (*lead.Erasure, error) {
	found, err := s.rdb.HMGet(ctx, s.erasuresKey(), id).Result()
	if err != nil {
		return nil, fmt.Errorf("read erasure %s: %w", id, err)
	}
	kept, ok := found[0].(string)
	if !ok {
		return nil, nil
	}
	e := new(lead.Erasure)
	if err := json.Unmarshal([]byte(kept), e); err != nil {
		return nil, fmt.Errorf("decode erasure %s: %w", id, err)
	}
	return e, nil
}

// Unorder forgets an order that no journal can need any more.
func (s *Store) Unorder(ctx context.Context, id string) error {
	if err := s.rdb.HDel(ctx, s.erasuresKey(), id).Err(); err != nil {
		return fmt.Errorf("forget erasure %s: %w", id, err)
	}
	return nil
}
