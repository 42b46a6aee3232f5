// Package doctor looks for what will hurt: one method a check, each with its own
// time. It reads and measures and changes nothing. To add a check, write a method
// that returns findings and name it in Findings, or also in QuickChecks when it needs
// neither the disk nor anybody else's server.
package doctor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/leadgate/leadgate/config"
	"github.com/leadgate/leadgate/lead/ops"
	"github.com/leadgate/leadgate/lead/rules"
)

// Doctor looks for what will hurt.
type Doctor struct {
	Config       func() *config.Config // in force
	NextStart    func() []string       // settings of the file that are in force at the next start; nil: none
	Dir          string                // of the data
	Rules        func() *rules.Set
	Store        redisServer
	Embedded     bool                           // Redis is in this process
	Targets      func() []ops.Target            // nil: nothing is known of them
	Unidentified func() (map[string]int, error) // touches without their person, by source; nil: nothing is known of them
}

// redisServer is what is asked about Redis; *store.Store is one.
type redisServer interface {
	CheckServer(ctx context.Context) (warnings []string, err error)
	Time(ctx context.Context) (time.Time, error)
	Server(ctx context.Context) ops.Redis
}

// checkLimit bounds each check.
const checkLimit = 5 * time.Second

// Findings runs every check, each within its time.
func (d Doctor) Findings(ctx context.Context) []ops.Finding {
	return check(ctx, d.settings, d.space, d.fsync, d.redis, d.slack, d.public, d.outlets, d.persons)
}

// QuickChecks runs those that ask this process or Redis only.
func (d Doctor) QuickChecks(ctx context.Context) []ops.Finding {
	return check(ctx, d.settings, d.space, d.redis, d.outlets, d.persons)
}

func check(ctx context.Context, all ...func(context.Context) []ops.Finding) (found []ops.Finding) {
	for _, one := range all {
		ctx, cancel := context.WithTimeout(ctx, checkLimit)
		found = append(found, one(ctx)...)
		cancel()
	}
	return found
}

func finding(check string, state ops.FindingState, do, says string, args ...any) ops.Finding {
	return ops.Finding{Check: check, State: state, Says: fmt.Sprintf(says, args...), Do: do}
}

// settings reports what is allowed and seldom meant.
func (d Doctor) settings(context.Context) (all []ops.Finding) {
	cfg := d.Config()
	for _, w := range cfg.Check(d.Rules().Knows) {
		all = append(all, finding("settings", ops.Warns, "", "%s", w))
	}
	if d.NextStart != nil {
		for _, name := range d.NextStart() {
			all = append(all, finding("settings", ops.Warns, "restart leadgate", "%s was changed in the file and is in force at the next start", name))
		}
	}
	if len(all) == 0 {
		file := cfg.File
		if file == "" {
			file = "no file, the built-in settings"
		}
		all = append(all, finding("settings", ops.Fine, "", "%s: %d sources, %d targets, %d routes", file, len(cfg.Sources), len(cfg.Targets), len(cfg.Routes)))
	}
	return all
}

// persons tells of sources whose vendor did not tell who its touches are about.
func (d Doctor) persons(context.Context) (all []ops.Finding) {
	if d.Unidentified == nil {
		return nil
	}
	counts, err := d.Unidentified()
	if err != nil {
		return []ops.Finding{finding("sources", ops.Fails, "", "who is unknown cannot be read: %s", cause(err))}
	}
	for _, source := range slices.Sorted(maps.Keys(counts)) {
		all = append(all, finding("sources", ops.Warns, "look at fetch.token of the source, then run leadgate replay --state settled --source "+source,
			"the vendor of %s did not tell who %d of its touches are about, and is asked no more", source, counts[source]))
	}
	return all
}

// outlets tells of targets that take nothing.
func (d Doctor) outlets(context.Context) (all []ops.Finding) {
	if d.Targets == nil {
		return nil
	}
	for _, t := range d.Targets() {
		switch t.State {
		case "ok":
			all = append(all, finding("targets", ops.Fine, "", "%s takes what it is sent", t.Name))
		case "paused":
			all = append(all, finding("targets", ops.Warns, "resume it when it may be told again", "%s was paused by %s; %d messages wait", t.Name, t.PausedBy, t.Waiting))
		case "broken":
			all = append(all, finding("targets", ops.Fails, "mend it; what waits is sent then", "%s takes nothing: %s; %d messages wait", t.Name, t.LastError, t.Waiting))
		default:
			all = append(all, finding("targets", ops.Warns, "", "%s is tried again: %s; %d messages wait", t.Name, t.LastError, t.Waiting))
		}
	}
	return all
}
