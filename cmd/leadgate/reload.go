package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/leadgate/leadgate/config"
	"github.com/leadgate/leadgate/handlers"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
)

// rulebook holds the rules in force.
type rulebook struct{ p atomic.Pointer[lead.Rules] }

func newRulebook(r *lead.Rules) *rulebook {
	b := &rulebook{}
	b.p.Store(r)
	return b
}

func (b *rulebook) now() *lead.Rules { return b.p.Load() }

// reloadEvery is how often the files are looked at.
const reloadEvery = 2 * time.Second

// live are the settings that a running server takes over.
var live = []string{"rules", "routes", "sources"}

// reloader puts changed rules, routes and sources in force while the server
// runs. What is wrong in a file is said, and all of the old stays.
type reloader struct {
	cfg  *config.Config // in force
	book *rulebook
	log  *slog.Logger

	routes  func([]notify.Route)
	sources func([]handlers.Source) error
	audit   func(context.Context, lead.Entry)

	seen   [sha256.Size]byte
	refuse atomic.Pointer[string] // why the files are not in force; nil: they are
}

func newReloader(cfg *config.Config, book *rulebook, log *slog.Logger) *reloader {
	own := *cfg // which changes as files do
	r := &reloader{cfg: &own, book: book, log: log}
	r.seen = r.digest()
	return r
}

// run looks at the files every two seconds, and at once after a SIGHUP, until
// ctx ends.
func (r *reloader) run(ctx context.Context) {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	tick := time.NewTicker(reloadEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if now := r.digest(); now != r.seen {
				r.seen = now
				r.reload()
			}
		case <-hup:
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
	for _, file := range []string{r.cfg.File, r.cfg.RulesPath} {
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
	cfg, err := r.cfg.Reload()
	if err != nil {
		return err
	}
	rules, err := loadRules(cfg)
	if err != nil {
		return err
	}
	changed := r.cfg.Changed(cfg)
	if slices.Contains(changed, "routes") {
		for _, route := range cfg.Routes {
			if !slices.ContainsFunc(r.cfg.Targets, func(t notify.Target) bool { return t.Name == route.To }) {
				return fmt.Errorf("a route leads to the new target %q; targets are opened at the start, so restart leadgate", route.To)
			}
		}
	}
	if err := r.sources(cfg.Sources); err != nil {
		return err
	}
	r.routes(cfg.Routes)
	before := r.book.p.Swap(rules)
	for _, w := range cfg.Check(rules.Knows) {
		r.log.Warn("configuration", "warning", w.String())
	}
	if later := slices.DeleteFunc(slices.Clone(changed), func(name string) bool { return slices.Contains(live, name) }); len(later) > 0 {
		r.log.Warn("these settings change at the next start", "settings", strings.Join(later, ", "))
	}
	r.log.Info("configuration is in force", "rules", rules.Version(), "rules_before", before.Version(), "changed", strings.Join(changed, ", "))
	if rules.Version() != before.Version() && !slices.Contains(changed, "rules") {
		changed = append(changed, "rules") // the file is another one under the same name
	}
	if len(changed) > 0 {
		r.audit(context.Background(), lead.Entry{By: "configuration", Did: lead.ActReload, About: strings.Join(changed, ", ")})
	}
	r.cfg.RulesPath, r.cfg.Routes, r.cfg.Sources = cfg.RulesPath, cfg.Routes, cfg.Sources
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
	for _, file := range []string{r.cfg.File, r.cfg.RulesPath} {
		if file != "" {
			line = strings.ReplaceAll(line, file, filepath.Base(file))
		}
	}
	return line
}
