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

// An index entry is what of a lead can be searched for, and whether the person may
// be contacted. Every node reads all entries once and keeps them; after that it reads
// only those that were written since, which a log names. So a search over a
// hundred thousand leads takes milliseconds and asks Redis for next to nothing.

// indexLog is about how many of the latest writes the log names. A node that
// missed more reads all entries again.
const indexLog = 20_000

// indexLead writes the index entry of a lead.
func (s *Store) indexLead(ctx context.Context, pipe redis.Pipeliner, l *lead.Lead) {
	pipe.HSet(ctx, s.indexKey(), l.ID, indexTextOf(l))
	s.logIndexed(ctx, pipe, l.ID)
}

// indexTextOf is a lead's entry as it is kept: when it was made, what of its person can
// be searched for, in small letters, and behind a zero byte the consent.
func indexTextOf(l *lead.Lead) string {
	p := l.Person
	return strconv.FormatInt(l.CreatedAt.UnixMicro(), 10) + " " +
		strings.ToLower(strings.Join([]string{p.Name, p.FirstName, p.LastName, p.Email, p.Phone, p.Company, p.Title}, "\n")) +
		"\x00" + string(l.Consent())
}

// unindex removes the entry of a lead that is no more.
func (s *Store) unindex(ctx context.Context, pipe redis.Pipeliner, id string) {
	pipe.HDel(ctx, s.indexKey(), id)
	s.logIndexed(ctx, pipe, id)
}

func (s *Store) logIndexed(ctx context.Context, pipe redis.Pipeliner, id string) {
	pipe.XAdd(ctx, &redis.XAddArgs{Stream: s.indexLogKey(), MaxLen: indexLog, Approx: true, Values: []string{"lead", id}})
}

// searchIndex holds the entries that this node knows, the newest lead last.
type searchIndex struct {
	mu    sync.Mutex
	all   []indexEntry
	where map[string]cursor // lead id -> its place in all
	last  string            // entry of the log that is known; empty: nothing is
}

type indexEntry struct {
	cursor
	text    string
	consent lead.Consent // empty: the entry was written before entries had it
}

// may reports whether a lead can have a consent, as far as its entry knows.
func (k *indexEntry) may(consent lead.Consent) bool {
	return consent == "" || k.consent == "" || k.consent == consent
}

// search returns the places of the leads below at, and not before since, whose
// entries hold text and the consent, newest first; at most limit of them. Some of
// them may have another consent.
func (s *Store) search(ctx context.Context, text string, consent lead.Consent, at *cursor, since time.Time, limit int) ([]cursor, error) {
	c := &s.index
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := s.refreshIndex(ctx); err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	var found []cursor
	for i := len(c.all) - 1; i >= 0 && len(found) < limit; i-- {
		k := &c.all[i]
		if !since.IsZero() && k.score < since.UnixMicro() {
			break
		}
		if (at == nil || k.before(*at)) && k.may(consent) && strings.Contains(k.text, text) {
			found = append(found, k.cursor)
		}
	}
	return found, nil
}

// withConsent returns the next places of a list, newest first, whose entries do not rule
// out a consent. next reads the list's places below one; none is its end.
func (s *Store) withConsent(ctx context.Context, consent lead.Consent, at *cursor, next func(at *cursor) ([]cursor, error)) (found []cursor, err error) {
	c := &s.index
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := s.refreshIndex(ctx); err != nil {
		return nil, fmt.Errorf("look for consent: %w", err)
	}
	for len(found) == 0 {
		places, err := next(at)
		if err != nil || len(places) == 0 {
			return nil, err
		}
		for _, p := range places {
			if i, known := c.find(p); !known || c.all[i].may(consent) {
				found = append(found, p)
			}
		}
		at = &places[len(places)-1]
	}
	return found, nil
}

// WarmSearch reads the entries, so that the first search need not. Those that an earlier
// release wrote do not have the consent; their leads are read, and they are
// rewritten.
func (s *Store) WarmSearch(ctx context.Context) error {
	old, err := s.entriesWithoutConsent(ctx)
	if err != nil {
		return err
	}
	for batch := range slices.Chunk(old, 1000) {
		if err := s.rewriteEntries(ctx, batch); err != nil {
			return fmt.Errorf("rewrite %d index entries: %w", len(batch), err)
		}
	}
	return nil
}

// entriesWithoutConsent are the leads whose entries do not have the consent.
func (s *Store) entriesWithoutConsent(ctx context.Context) (ids []string, err error) {
	c := &s.index
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := s.refreshIndex(ctx); err != nil {
		return nil, err
	}
	for i := range c.all {
		if c.all[i].consent == "" {
			ids = append(ids, c.all[i].id)
		}
	}
	return ids, nil
}

// rewriteEntries writes the entries of leads, and those again whose lead was changed
// meanwhile: its own writer may have been faster.
func (s *Store) rewriteEntries(ctx context.Context, ids []string) error {
	written := map[string]int64{} // lead id -> revision
	for len(ids) > 0 {
		leads, err := s.LeadsByID(ctx, ids)
		if err != nil {
			return err
		}
		pipe := s.rdb.Pipeline()
		ids = nil
		for _, l := range leads {
			if l != nil && l.Revision != written[l.ID] {
				s.indexLead(ctx, pipe, l)
				ids, written[l.ID] = append(ids, l.ID), l.Revision
			}
		}
		if err := exec(ctx, pipe); err != nil {
			return err
		}
	}
	return nil
}

// refreshIndex reads the entries that were written since the last time, or all.
func (s *Store) refreshIndex(ctx context.Context) error {
	c := &s.index
	ids, last, ok, err := s.indexedSince(ctx, c.last)
	if err != nil {
		return err
	}
	if !ok {
		all, err := s.readIndex(ctx)
		if err != nil {
			return err
		}
		c.all, c.where = make([]indexEntry, 0, len(all)), make(map[string]cursor, len(all))
		for id, value := range all {
			k := parseIndexEntry(id, value)
			c.all, c.where[id] = append(c.all, k), k.cursor
		}
		slices.SortFunc(c.all, func(a, b indexEntry) int { return a.compare(b.cursor) })
		c.last = last
		return nil
	}
	for batch := range slices.Chunk(ids, 1000) {
		values, err := s.rdb.HMGet(ctx, s.indexKey(), batch...).Result()
		if err != nil {
			return err
		}
		for i, v := range values {
			value, ok := v.(string)
			c.put(batch[i], value, ok)
		}
	}
	c.last = last
	return nil
}

// indexedSince returns the leads whose entries were written after an entry of the
// log, and its last entry. Not ok: the log does not go back so far, for Redis
// was wiped or too much was written since.
func (s *Store) indexedSince(ctx context.Context, entry string) (ids []string, last string, ok bool, err error) {
	if entry == "" {
		newest, err := s.rdb.XRevRangeN(ctx, s.indexLogKey(), "+", "-", 1).Result()
		if err != nil || len(newest) == 0 {
			return nil, "", false, err
		}
		return nil, newest[0].ID, false, nil
	}
	entries, err := s.rdb.XRange(ctx, s.indexLogKey(), entry, "+").Result()
	if err != nil {
		return nil, "", false, err
	}
	if len(entries) == 0 || entries[0].ID != entry {
		return s.indexedSince(ctx, "")
	}
	for _, e := range entries[1:] {
		id, _ := e.Values["lead"].(string)
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return slices.Compact(ids), entries[len(entries)-1].ID, true, nil
}

// readIndex reads every entry, a thousand at a time, so that a shared Redis is
// never held up.
func (s *Store) readIndex(ctx context.Context) (map[string]string, error) {
	all := map[string]string{}
	for at := uint64(0); ; {
		pairs, next, err := s.rdb.HScan(ctx, s.indexKey(), at, "", 1000).Result()
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

func parseIndexEntry(id, value string) indexEntry {
	at, text, _ := strings.Cut(value, " ")
	n, _ := strconv.ParseInt(at, 10, 64) // we wrote it
	k := indexEntry{cursor: cursor{n, id}, text: text}
	if i := strings.LastIndexByte(text, 0); i >= 0 {
		k.text, k.consent = text[:i], lead.Consent(text[i+1:])
	}
	return k
}

// put replaces the entry of a lead, or with ok false removes it.
func (c *searchIndex) put(id, value string, ok bool) {
	if was, known := c.where[id]; known {
		if i, found := c.find(was); found {
			if k := parseIndexEntry(id, value); ok && k.cursor == was {
				c.all[i] = k
				return
			}
			c.all = slices.Delete(c.all, i, i+1)
		}
		delete(c.where, id)
	}
	if ok {
		k := parseIndexEntry(id, value)
		i, _ := c.find(k.cursor)
		c.all, c.where[id] = slices.Insert(c.all, i, k), k.cursor
	}
}

func (c *searchIndex) find(at cursor) (int, bool) {
	return slices.BinarySearchFunc(c.all, at, func(k indexEntry, at cursor) int { return k.compare(at) })
}
