package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/lead"
)

// A person is known by pointers: e-mail -> lead, phone -> lead. All pointers
// live in one slot, and a lead's first ones are set in one step, so two jobs
// with the same new person always agree on the lead, whichever of them then
// writes it. A lead that a pointer names but that is not there yet is made by
// whoever comes first.
//
// A phone's pointer ends in "@" once its lead has an e-mail. A touch with the
// same phone and another e-mail is then another person: a new lead, and the
// phone stays with the first.
const hasEmail = "@"

// errAgain: another node changed the pointers meanwhile.
var errAgain = errors.New("the pointers of the person changed")

// adding is one call of Add.
type adding struct {
	*Store
	touch  *lead.Touch
	newID  string
	change func(*lead.Lead) error

	pointers
	spare bool // a lead newID was written that no pointer names yet
}

// Add finds the lead of a touch's person, or makes one with newID, and applies
// change, which has to call l.Take(t) and runs again, on another lead, when
// another node was faster. met is what Meet returned for the touch a moment before;
// nil: Add looks by itself. known says that the lead had the touch already, for
// a job runs again after a crash: the lead is then returned as it is. newID must
// be the same each time, and no other touch's. ErrWiped: fill the store first.
func (s *Store) Add(ctx context.Context, t *lead.Touch, newID string, met *lead.Met, change func(l *lead.Lead) error) (l *lead.Lead, known bool, err error) {
	a := &adding{Store: s, touch: t, newID: newID, change: change, pointers: s.pointersTo(t.Person)}
	for range mostTries {
		if a.email == "" && a.tel == "" { // no person that could be recognised
			l, known, err = a.addTo(ctx, newID, false)
		} else {
			l, known, err = a.try(ctx, met)
			met = nil // it is not so any more
		}
		if !errors.Is(err, errAgain) {
			break
		}
	}
	if err != nil {
		return nil, false, fmt.Errorf("add touch %s: %w", t.ID, err)
	}
	return l, known, nil
}

// try adds to the lead that the pointers name.
func (a *adding) try(ctx context.Context, met *lead.Met) (*lead.Lead, bool, error) {
	if met == nil {
		pipe := a.rdb.Pipeline()
		asked := a.ask(ctx, pipe, a.pointers)
		if err := exec(ctx, pipe); err != nil {
			return nil, false, fmt.Errorf("find the person: %w", err)
		}
		met = asked()
	}
	if met.Wiped {
		return nil, false, ErrWiped
	}
	id, tel := met.ByEmail, met.ByPhone
	telID, telHasEmail := strings.CutSuffix(tel, hasEmail)
	switch {
	case id != "":
		return a.addTo(ctx, id, telID == "")
	case telID != "" && a.email == "":
		return a.addTo(ctx, telID, false)
	case telID != "" && telHasEmail:
		return a.addNew(ctx, a.email, a.newID) // another person at the same phone
	case telID != "":
		done, err := adopt.Run(ctx, a.rdb, []string{a.tel, a.email}, telID, telID+hasEmail).Int()
		if err != nil {
			return nil, false, fmt.Errorf("point the e-mail at lead %s: %w", telID, err)
		}
		if done == 0 {
			return nil, false, errAgain
		}
		return a.addTo(ctx, telID, false)
	case a.email != "" && a.tel != "":
		return a.addNew(ctx, a.email, a.newID, a.tel, a.newID+hasEmail)
	case a.email != "":
		return a.addNew(ctx, a.email, a.newID)
	}
	return a.addNew(ctx, a.tel, a.newID)
}

// addNew writes a lead of this touch alone and points pointers, pairs of key
// and value, at it.
func (a *adding) addNew(ctx context.Context, pointers ...any) (*lead.Lead, bool, error) {
	l, kept, err := a.first(a.newID)
	if err != nil {
		return nil, false, err
	}
	pipe := a.rdb.Pipeline()
	made := pipe.SetNX(ctx, a.leadKey(a.newID), kept, 0)
	pointed := pipe.MSetNX(ctx, pointers...)
	if err := exec(ctx, pipe); err != nil {
		return nil, false, fmt.Errorf("write new lead %s: %w", a.newID, err)
	}
	switch {
	case !pointed.Val():
		a.spare = a.spare || made.Val()
		return nil, false, errAgain
	case made.Val():
		return l, false, nil
	}
	return a.addTo(ctx, a.newID, false) // an earlier run wrote it and got no further
}

// addTo adds to the lead that a pointer names; with pointTel the phone is not
// known yet and becomes this lead's too.
func (a *adding) addTo(ctx context.Context, id string, pointTel bool) (*lead.Lead, bool, error) {
	pipe := a.rdb.Pipeline()
	born := pipe.Exists(ctx, a.bornKey())
	if a.spare && id != a.newID {
		pipe.Del(ctx, a.leadKey(a.newID)) // no pointer names it, so no other node has seen it
	}
	reply := pipe.Get(ctx, a.leadKey(id))
	if pointTel && a.tel != "" {
		pipe.SetNX(ctx, a.tel, id+hasEmail, 0)
	}
	if err := exec(ctx, pipe); err != nil {
		return nil, false, fmt.Errorf("read lead %s: %w", id, err)
	}
	if born.Val() == 0 {
		// Wiped since: the journal knows more of this lead than is here now. The
		// pointer may stay, for Restore brings back a lead of the same id.
		return nil, false, ErrWiped
	}
	a.spare = false
	kept := reply.Val()
	if kept == "" {
		return a.revive(ctx, id)
	}
	return a.append(ctx, kept)
}

// revive writes a lead that a pointer names but that is not there.
func (a *adding) revive(ctx context.Context, id string) (*lead.Lead, bool, error) {
	l, kept, err := a.first(id)
	if err != nil {
		return nil, false, err
	}
	made, err := a.rdb.SetNX(ctx, a.leadKey(id), kept, 0).Result()
	if err != nil {
		return nil, false, fmt.Errorf("write lead %s: %w", id, err)
	}
	if !made {
		return nil, false, errAgain
	}
	return l, false, nil
}

// first is a lead of this touch alone.
func (a *adding) first(id string) (l *lead.Lead, kept string, err error) {
	at := a.touch.ReceivedAt.UTC()
	if at.IsZero() {
		at = a.now().UTC()
	}
	l = &lead.Lead{ID: id, Status: lead.New, CreatedAt: at, UpdatedAt: at}
	if err := a.change(l); err != nil {
		return nil, "", err
	}
	l.Revision = 1
	kept, err = encodeLead(l)
	return l, kept, err
}

// append adds to a lead that is there.
func (a *adding) append(ctx context.Context, kept string) (*lead.Lead, bool, error) {
	for range mostTries {
		l, err := decodeLead(kept)
		if err != nil {
			return nil, false, err
		}
		if l.MergedInto != "" {
			return a.addTo(ctx, l.MergedInto, false)
		}
		if l.Has(a.touch.ID) {
			return l, true, nil
		}
		row := rowOf(l)
		if err := a.change(l); err != nil {
			return nil, false, err
		}
		if rowOf(l) != row { // the touch came late, and is the first now; Finish counts it
			pipe := a.rdb.Pipeline()
			a.uncount(ctx, pipe, row, l.ID)
			if err := exec(ctx, pipe); err != nil {
				return nil, false, fmt.Errorf("move lead %s in the funnel: %w", l.ID, err)
			}
		}
		other, err := a.swap(ctx, l)
		if errors.Is(err, ErrNotFound) {
			return nil, false, errAgain // erased, or wiped
		}
		if err != nil || other == "" {
			return l, false, err
		}
		kept = other
	}
	return nil, false, fmt.Errorf("%w again and again", ErrConflict)
}

// Meet returns in one round trip what Redis knows of a touch. said is the touch that
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
