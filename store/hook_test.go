package store_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// hook watches every command: it refuses keys of different slots, counts, and
// can lose one command or its answer.
type hook struct {
	mu       sync.Mutex
	trips    int
	commands int
	at       int // this command fails; 0: none
	late     bool
	fired    bool
	before   func(trip int) // called before every round trip
}

var errLost = errors.New("connection lost")

// lose makes the nth command from now fail: late means that Redis did it.
func (h *hook) lose(n int, late bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at, h.late, h.commands, h.trips, h.fired = n, late, 0, 0, false
}

func (h *hook) counts() (trips, commands int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.trips, h.commands
}

func (h *hook) DialHook(next redis.DialHook) redis.DialHook { return next }

func (h *hook) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		return h.send([]redis.Cmder{cmd}, func(cmds []redis.Cmder) error { return next(ctx, cmds[0]) })
	}
}

func (h *hook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		return h.send(cmds, func(cmds []redis.Cmder) error { return next(ctx, cmds) })
	}
}

func (h *hook) send(cmds []redis.Cmder, next func([]redis.Cmder) error) error {
	for _, c := range cmds {
		if err := oneSlot(c); err != nil {
			c.SetErr(err)
			return err
		}
	}
	h.mu.Lock()
	h.trips++
	trip, before := h.trips, h.before
	n := len(cmds)
	lost := h.at > h.commands && h.at <= h.commands+n
	if lost {
		n = h.at - h.commands - 1
		if h.late {
			n++
		}
		h.fired = true
	}
	h.commands += len(cmds)
	h.mu.Unlock()
	if before != nil {
		before(trip)
	}
	if !lost {
		return next(cmds)
	}
	if n > 0 {
		_ = next(cmds[:n]) // whatever Redis says, the answer is lost
	}
	for _, c := range cmds {
		c.SetErr(errLost)
	}
	return errLost
}

// oneSlot refuses a command whose keys do not share a hash tag.
func oneSlot(c redis.Cmder) error {
	var keys []string
	args := make([]string, len(c.Args()))
	for i, a := range c.Args() {
		args[i] = fmt.Sprint(a)
	}
	switch c.Name() {
	case "eval", "evalsha":
		n, _ := strconv.Atoi(args[2])
		keys = args[3 : 3+n]
	case "msetnx", "mset":
		for i := 1; i < len(args); i += 2 {
			keys = append(keys, args[i])
		}
	case "mget", "del", "exists", "unlink", "sunion", "sinter", "sdiff", "pfcount", "rename":
		keys = args[1:]
	}
	for _, k := range keys {
		if slotTag(k) != slotTag(keys[0]) {
			return fmt.Errorf("%s has keys of different slots: %q and %q", c.Name(), keys[0], k)
		}
	}
	return nil
}

func slotTag(key string) string {
	if _, rest, ok := strings.Cut(key, "{"); ok {
		if tag, _, ok := strings.Cut(rest, "}"); ok && tag != "" {
			return tag
		}
	}
	return key
}
