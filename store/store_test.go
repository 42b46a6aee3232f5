package store_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/store"
)

func TestStore_Born(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		ctx := t.Context()
		first, err := w.Generation(ctx)
		if err != nil || first == "" {
			t.Errorf("Generation = %q, %v, want a name", first, err)
		}
		if again, err := w.NewGeneration(ctx); err != nil || again != first {
			t.Errorf("NewGeneration of what is born = %q, %v, want %q", again, err, first)
		}
		w.flush()
		if got, err := w.Generation(ctx); err != nil || got != "" {
			t.Errorf("Generation after the flush = %q, %v, want none", got, err)
		}
		w.now = w.now.Add(time.Second)
		if second, err := w.NewGeneration(ctx); err != nil || second == first || second == "" {
			t.Errorf("the second life is called %q, %v, and the first %q", second, err, first)
		}
		if err := w.Ping(ctx); err != nil {
			t.Errorf("Ping = %v", err)
		}
	})
}

func TestStore_Lease(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		ctx := t.Context()
		lease := func(owner string, want bool) {
			t.Helper()
			if got, err := w.Lease(ctx, "digest", owner, time.Minute); err != nil || got != want {
				t.Errorf("Lease(%s) = %v, %v, want %v", owner, got, err, want)
			}
		}
		lease("a", true)
		lease("b", false)
		lease("a", true) // prolonged
		if ttl := w.plain.PTTL(ctx, "lg:lease:digest").Val(); ttl <= 0 || ttl > time.Minute {
			t.Errorf("the lease lasts %v, want a minute", ttl)
		}
		if err := w.Release(ctx, "digest", "b"); err != nil {
			t.Error(err)
		}
		lease("b", false) // not b's to give back
		if err := w.Release(ctx, "digest", "a"); err != nil {
			t.Error(err)
		}
		lease("b", true)
	})
}

// told answers INFO in place of a server.
type told map[string]string

func (told) DialHook(next redis.DialHook) redis.DialHook { return next }
func (told) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}
func (h told) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if cmd.Name() != "info" {
			return next(ctx, cmd)
		}
		cmd.(*redis.StringCmd).SetVal(h[cmd.Args()[1].(string)])
		return nil
	}
}

func TestStore_CheckServer(t *testing.T) {
	tests := []struct {
		name     string
		told     told
		warnings int
		err      error
	}{
		{"Good", told{"server": "# Server\r\nredis_version:7.0.15\r\n", "memory": "maxmemory_policy:noeviction\r\n"}, 0, nil},
		{"Oldest", told{"server": "redis_version:6.2.0\r\n"}, 0, nil},
		{"Old", told{"server": "redis_version:6.0.16\r\n"}, 0, store.ErrOldServer},
		{"VeryOld", told{"server": "redis_version:5.9.9\r\n"}, 0, store.ErrOldServer},
		{"Evicts", told{"memory": "maxmemory:0\r\nmaxmemory_policy:allkeys-lru\r\n"}, 1, nil},
		{"TellsNothing", told{}, 0, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := openBuiltin(t)
			w.rdb.AddHook(tt.told)
			warnings, err := w.CheckServer(t.Context())
			if len(warnings) != tt.warnings || !errors.Is(err, tt.err) {
				t.Errorf("CheckServer = %q, %v, want %d warnings and %v", warnings, err, tt.warnings, tt.err)
			}
		})
	}
	everywhere(t, func(t *testing.T, w *testStore) {
		if warnings, err := w.CheckServer(t.Context()); len(warnings) > 0 || err != nil {
			t.Errorf("CheckServer = %q, %v", warnings, err)
		}
	})
}

// With Redis away every method says so, and none waits or panics.
func TestStore_RedisAway(t *testing.T) {
	rdb := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", MaxRetries: -1, DialerRetries: 1})
	defer rdb.Close()
	s := store.New(rdb, store.Options{})
	ctx := t.Context()
	one := touchOf("t1", "ada@mail.example")
	l := &lead.Lead{ID: "l1"}
	calls := map[string]func() error{
		"Generation":    func() error { _, err := s.Generation(ctx); return err },
		"NewGeneration": func() error { _, err := s.NewGeneration(ctx); return err },
		"Ping":          func() error { return s.Ping(ctx) },
		"CheckServer":   func() error { _, err := s.CheckServer(ctx); return err },
		"Stage":         func() error { return s.Stage(ctx, []*lead.Touch{one}) },
		"Touch":         func() error { _, err := s.Touch(ctx, "t1"); return err },
		"TouchesByID":   func() error { _, err := s.TouchesByID(ctx, []string{"t1"}); return err },
		"Add":           func() error { _, _, err := s.Add(ctx, one, "t1", nil, take(one)); return err },
		"AddNobody":     func() error { _, _, err := s.Add(ctx, touch("t2", 1, lead.Person{}), "t2", nil, take(one)); return err },
		"Finish":        func() error { return s.Finish(ctx, one, l, lead.OutcomeHeld) },
		"Deliver":       func() error { return s.Deliver(ctx, []lead.Change{{TouchID: "t1"}}) },
		"Meet":          func() error { _, err := s.Meet(ctx, one, "t1"); return err },
		"Repeated":      func() error { return s.Repeated(ctx, "t1", "t2") },
		"Lead":          func() error { _, err := s.Lead(ctx, "l1"); return err },
		"UpdateLead":    func() error { _, err := s.UpdateLead(ctx, "l1", 0, take(one)); return err },
		"Touches":       func() error { _, err := s.Touches(ctx, lead.TouchQuery{}); return err },
		"Leads":         func() error { _, err := s.Leads(ctx, lead.Query{}); return err },
		"LeadByEmail":   func() error { _, err := s.Leads(ctx, lead.Query{Email: "ada@mail.example"}); return err },
		"Accepted":      func() error { return s.Accepted(ctx, day, "a", 1, 1) },
		"Books":         func() error { _, err := s.Books(ctx, day, ""); return err },
		"Lease":         func() error { _, err := s.Lease(ctx, "n", "o", time.Second); return err },
		"Admit": func() error {
			_, _, err := s.Admit(ctx, lead.Admission{Pace: "n", Every: time.Second, Burst: 1})
			return err
		},
		"Hold":       func() error { return s.Hold(ctx, "n", time.Second, time.Second, 1) },
		"Pauses":     func() error { _, err := s.Pauses(ctx); return err },
		"Pause":      func() error { return s.Pause(ctx, "n", "p") },
		"Release":    func() error { return s.Release(ctx, "n", "o") },
		"RestoreL":   func() error { return s.Restore(ctx, []*lead.Lead{l}, nil) },
		"RestoreT":   func() error { return s.Restore(ctx, nil, []*lead.Touch{one}) },
		"Quarantine": func() error { _, err := s.Quarantine(ctx, one, "t1", take(one)); return err },
		"Reopen":     func() error { return s.Reopen(ctx, one) },
		"Abandon":    func() error { return s.Abandon(ctx, l) },
	}
	for name, call := range calls {
		err := call()
		if err == nil || errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrWiped) {
			t.Errorf("%s with Redis away = %v", name, err)
		} else if strings.Contains(err.Error(), "ada") {
			t.Errorf("%s tells who: %v", name, err)
		}
	}
}

// What somebody else put under our keys is an error, not a panic or a lie.
func TestStore_Garbage(t *testing.T) {
	w := openBuiltin(t)
	ctx := t.Context()
	w.add(touchOf("t1", "ada@mail.example"))
	for _, garbage := range []string{"garbage", "1 {", "x {}"} {
		w.plain.Set(ctx, "lg:{l:t1}", garbage, 0)
		if _, err := w.Lead(ctx, "t1"); garbage != "x {}" && err == nil {
			t.Errorf("Lead of %q: no error", garbage)
		}
		one := touchOf("t2", "ada@mail.example")
		if _, _, err := w.Add(ctx, one, "t2", nil, take(one)); err == nil {
			t.Errorf("Add to %q: no error", garbage)
		}
		if _, err := w.UpdateLead(ctx, "t1", 0, take(one)); err == nil {
			t.Errorf("UpdateLead of %q: no error", garbage)
		}
		if _, err := w.Leads(ctx, lead.Query{Email: "ada@mail.example"}); garbage != "x {}" && err == nil {
			t.Errorf("Leads with %q: no error", garbage)
		}
	}
	for _, field := range []string{"doc", "d:sent:sales", "s:1:sent:sales"} {
		w.plain.HSet(ctx, "lg:{t:t9}", "doc", "{}")
		w.plain.HSet(ctx, "lg:{t:t9}", field, "garbage")
		if _, err := w.Touch(ctx, "t9"); err == nil {
			t.Errorf("Touch with a broken %s: no error", field)
		}
		w.plain.HDel(ctx, "lg:{t:t9}", field)
	}
}

// A time that JSON cannot hold is an error, and nothing is written.
func TestStore_Unencodable(t *testing.T) {
	w := openBuiltin(t)
	ctx := t.Context()
	never := time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)
	w.add(touchOf("t1", "ada@mail.example"))
	before := w.dump()
	bad := touchOf("t2", "ada@mail.example")
	bad.At, bad.ReceivedAt = never, never
	fresh := touchOf("t3", "bob@mail.example")
	fresh.At, fresh.ReceivedAt = never, never
	calls := map[string]func() error{
		"Stage":      func() error { return w.Stage(ctx, []*lead.Touch{bad}) },
		"Finish":     func() error { return w.Finish(ctx, bad, nil, lead.OutcomeHeld) },
		"AddKnown":   func() error { _, _, err := w.Add(ctx, bad, "t2", nil, take(bad)); return err },
		"AddNew":     func() error { _, _, err := w.Add(ctx, fresh, "t3", nil, take(fresh)); return err },
		"UpdateLead": func() error { _, err := w.UpdateLead(ctx, "t1", 0, take(bad)); return err },
		"RestoreL":   func() error { return w.Restore(ctx, []*lead.Lead{{ID: "l1", CreatedAt: never}}, nil) },
		"RestoreT":   func() error { return w.Restore(ctx, nil, []*lead.Touch{bad}) },
	}
	for name, call := range calls {
		if err := call(); err == nil {
			t.Errorf("%s of a touch in the year 10000: no error", name)
		}
	}
	if diff := cmp.Diff(before, w.dump()); diff != "" {
		t.Errorf("something was written:\n%s", diff)
	}
}

// A list may name what is gone by now; a page leaves it out.
func TestStore_ListsOutliveThings(t *testing.T) {
	everywhere(t, func(t *testing.T, w *testStore) {
		w.settle(touchOf("t1", "ada@mail.example"))
		w.settle(touchOf("t2", "bob@mail.example"))
		w.plain.Del(t.Context(), "lg:{t:t1}")
		w.plain.Del(t.Context(), "lg:{l:t1}")
		touches, err := w.Touches(t.Context(), lead.TouchQuery{})
		if got := ids(touches.Items, touchID); err != nil || got != "t2" {
			t.Errorf("touches: %q, %v, want t2", got, err)
		}
		leads, err := w.Leads(t.Context(), lead.Query{})
		if got := ids(leads.Items, leadID); err != nil || got != "t2" {
			t.Errorf("leads: %q, %v, want t2", got, err)
		}
		// Ada's pointer is still there; her next touch makes her lead again.
		if l := w.add(touchOf("t3", "ada@mail.example")); l.ID != "t1" || len(l.Touches) != 1 {
			t.Errorf("lead of a pointer without one: %+v", l)
		}
	})
}

// No name, address or number of a person is part of a key.
func TestStore_KeysTellNobody(t *testing.T) {
	w := openBuiltin(t)
	lived(w)
	keys := w.plain.Keys(t.Context(), "*").Val()
	if i := slices.IndexFunc(keys, func(k string) bool {
		return strings.Contains(k, "ada") || strings.Contains(k, "mail") || strings.Contains(k, phone[1:])
	}); i >= 0 || len(keys) < 20 {
		t.Errorf("%d keys, one tells who: %q", len(keys), keys[max(i, 0)])
	}
}
