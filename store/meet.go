package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/lead"
)

// Meet says in one round trip what Redis knows of a touch. said is the touch that
// said its content to its source first as far as is known without Redis: t itself
// as a rule, and when it has no content. It is First, too, unless Redis knows of
// one within the last ten minutes; but a touch that has its lead already is never
// a repeat of a later one.
func (s *Store) Meet(ctx context.Context, t *lead.Touch, said string) (*lead.Met, error) {
	pipe := s.rdb.Pipeline()
	key := ""
	var isFirst *redis.BoolCmd
	if content := t.ContentKey(); content != "" {
		key = s.sameKey(t.Source, content)
		isFirst = pipe.SetNX(ctx, key, said, sameLife)
	}
	asked := s.ask(ctx, pipe, s.pointersTo(t.Person))
	if err := exec(ctx, pipe); err != nil {
		return nil, fmt.Errorf("look for touch %s: %w", t.ID, err)
	}
	met := asked()
	met.First = said
	if isFirst == nil || isFirst.Val() {
		return met, nil
	}
	pipe = s.rdb.Pipeline()
	holder, hasLead := pipe.Get(ctx, key), pipe.HExists(ctx, s.touchKey(said), fieldLead)
	if err := exec(ctx, pipe); err != nil {
		return nil, fmt.Errorf("look for the content of touch %s: %w", t.ID, err)
	}
	if !hasLead.Val() && holder.Val() != "" { // "": expired in between
		met.First = holder.Val()
	}
	return met, nil
}

// pointers are the keys of what leads to a person; empty where the person does
// not say.
type pointers struct{ email, tel string }

func (s *Store) pointersTo(person lead.Person) (p pointers) {
	for _, key := range s.keysOf(person) {
		if strings.HasPrefix(key, "email:") {
			p.email = s.whoKey(key)
		} else {
			p.tel = s.whoKey(key)
		}
	}
	return p
}

// ask reads the marker and what the pointers name; the answer is there once
// pipe has been sent.
func (s *Store) ask(ctx context.Context, pipe redis.Pipeliner, p pointers) (answer func() *lead.Met) {
	keys := []string{s.bornKey()}
	for _, key := range []string{p.email, p.tel} {
		if key != "" {
			keys = append(keys, key)
		}
	}
	found := pipe.MGet(ctx, keys...)
	return func() *lead.Met {
		met := &lead.Met{Wiped: found.Val()[0] == nil}
		for i, key := range keys {
			to, _ := found.Val()[i].(string)
			switch key {
			case p.email:
				met.ByEmail = to
			case p.tel:
				met.ByPhone = to
			}
		}
		return met
	}
}
