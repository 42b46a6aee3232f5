package app

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/leadgate/leadgate/config"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/rules"
	"github.com/leadgate/leadgate/notify"
)

// rulebook holds the rules in force.
type rulebook struct{ p atomic.Pointer[rules.Set] }

func newRulebook(r *rules.Set) *rulebook {
	b := &rulebook{}
	b.p.Store(r)
	return b
}

func (b *rulebook) now() *rules.Set { return b.p.Load() }

// reloadEvery is how often the files are looked at.
const reloadEvery = 2 * time.Second

// reloader puts changed rules, routes, sources, reps and teams in force while
// the server runs. When a file is wrong the whole of the old configuration stays.
type reloader struct {
	inForce atomic.Pointer[config.Config]
	book    *rulebook
	log     *slog.Logger

	again chan struct{}              // asks for a look
	apply func(*config.Config) error // puts everything but the rules in force, or nothing
	audit func(context.Context, lead.Entry)

	seen   [sha256.Size]byte
	refuse atomic.Pointer[string]   // why the files are not in force; nil: they are
	later  atomic.Pointer[[]string] // changed settings that are in force at the next start
}

func newReloader(cfg *config.Config, book *rulebook, log *slog.Logger) *reloader {
	r := &reloader{book: book, log: log, again: make(chan struct{}, 1)}
	r.inForce.Store(cfg)
	r.seen = r.digest()
	return r
}

// config returns the configuration in force. It must not be changed.
func (r *reloader) config() *config.Config { return r.inForce.Load() }

func (r *reloader) people() lead.People {
	cfg := r.config()
	return lead.People{Reps: cfg.Reps, Teams: cfg.Teams}
}

// run looks at the files every two seconds, and at once when asked to, until ctx
// ends.
func (r *reloader) run(ctx context.Context) {
	tick := time.NewTicker(reloadEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if now := r.digest(); now != r.seen {
				r.seen = now
				r.reload()
			}
		case <-r.again:
			r.seen = r.digest()
			r.reload()
		case <-ctx.Done():
			return
		}
	}
}

// digest is of what the files hold now; one that cannot be read counts as empty.
func (r *reloader) digest() (sum [sha256.Size]byte) {
	hash := sha256.New()
	cfg := r.config()
	for _, file := range []string{cfg.File, cfg.RulesPath} {
		src, _ := os.ReadFile(file) // the reload says why it cannot be read
		fmt.Fprintf(hash, "%d\n%s", len(src), src)
	}
	return [sha256.Size]byte(hash.Sum(nil))
}

// reload puts everything that may change in force, or nothing.
func (r *reloader) reload() {
	if err := r.tryReload(); err != nil {
		text := r.oneLine(err)
		r.refuse.Store(&text)
		r.log.Error("the changed configuration is not in force; the old one stays", "rules", r.book.now().Version(), "error", err)
		return
	}
	r.refuse.Store(nil)
}

func (r *reloader) tryReload() error {
	old := r.config()
	cfg, err := old.Reload()
	if err != nil {
		return err
	}
	set, err := LoadRules(cfg)
	if err != nil {
		return err
	}
	if name := newTarget(old, cfg); name != "" {
		return fmt.Errorf("a route leads to the new target %q; targets are opened at the start, so restart leadgate", name)
	}
	changed, later := old.Changed(cfg)
	if err := r.apply(cfg); err != nil {
		return err
	}
	r.inForce.Store(old.Adopt(cfg))
	before := r.book.p.Swap(set)
	for _, w := range cfg.Check(set.Knows) {
		r.log.Warn("configuration", "warning", w.String())
	}
	r.later.Store(&later)
	if len(later) > 0 {
		r.log.Warn("these settings change at the next start", "settings", strings.Join(later, ", "))
	}
	r.log.Info("configuration is in force", "rules", set.Version(), "rules_before", before.Version(), "changed", strings.Join(changed, ", "))
	if set.Version() != before.Version() && !slices.Contains(changed, "rules") {
		changed = append(changed, "rules") // the file is another one under the same name
	}
	if len(changed) > 0 {
		r.audit(context.Background(), lead.Entry{By: "configuration", Did: lead.ActReload, About: strings.Join(changed, ", ")})
	}
	return nil
}

// newTarget names a target that routes lead to and that is not open; empty: all are.
func newTarget(old, now *config.Config) string {
	to := func(all []notify.Target, name string) bool {
		return slices.ContainsFunc(all, func(t notify.Target) bool { return t.Name == name })
	}
	for _, r := range now.Routes {
		names := []string{r.To}
		for _, e := range r.Escalate {
			names = append(names, e.To)
		}
		for _, name := range names {
			if to(now.Targets, name) && !to(old.Targets, name) {
				return name
			}
		}
	}
	return ""
}

// nextStart names the changed settings that are in force at the next start.
func (r *reloader) nextStart() []string {
	if names := r.later.Load(); names != nil {
		return *names
	}
	return nil
}

// refused says in one line why the files are not in force; empty: they are.
func (r *reloader) refused() string {
	if text := r.refuse.Load(); text != nil {
		return *text
	}
	return ""
}

// oneLine is the first of what is wrong, without directories, for anybody may
// see it.
func (r *reloader) oneLine(err error) string {
	if ps := (config.Problems{}); errors.As(err, &ps) {
		err = ps[0]
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	cfg := r.config()
	for _, file := range []string{cfg.File, cfg.RulesPath} {
		if file != "" {
			line = strings.ReplaceAll(line, file, filepath.Base(file))
		}
	}
	return line
}

// LoadRules reads the configured rules, or those built in.
func LoadRules(cfg *config.Config) (*rules.Set, error) {
	if cfg.RulesPath == "" {
		return rules.Default(), nil
	}
	src, err := os.ReadFile(cfg.RulesPath)
	if err != nil {
		return nil, &ConfigError{fmt.Errorf("rules: %w", err)}
	}
	set, err := rules.Parse(cfg.RulesPath, src)
	if err != nil {
		return nil, &ConfigError{err}
	}
	return set, nil
}
