package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/leadgate/leadgate/cmd/leadgate/client"
	"github.com/leadgate/leadgate/cmd/leadgate/console"
	"github.com/leadgate/leadgate/config"
	"github.com/leadgate/leadgate/handlers"
	"github.com/leadgate/leadgate/lead/ops"
	"github.com/leadgate/leadgate/lead/rules"
	"github.com/leadgate/leadgate/store"
)

const doctorHelp = `Doctor looks for what will hurt: settings that are seldom meant, a disk that is full or slow to keep, a Redis
that forgets, a Slack token that may not post, a public address that does not lead here. When the server runs it
is asked, for it holds the data directory; else this command looks by itself.

The exit code is 1 when something fails; what is only warned of does not change it.`

func doctorCommand(env environment) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "doctor", Short: "Look for what will hurt, and say what to do", Long: doctorHelp, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := env.config(c)
			if err != nil {
				return err
			}
			found, err := examine(c.Context(), cfg)
			if err != nil {
				return err
			}
			if asJSON {
				err = json.NewEncoder(c.OutOrStdout()).Encode(struct {
					Items []handlers.Finding `json:"items"`
				}{found})
			} else {
				printFindings(c.OutOrStdout(), found)
			}
			if slices.ContainsFunc(found, func(f handlers.Finding) bool { return f.State == handlers.Fails }) {
				return errors.Join(err, errors.New("something fails"))
			}
			return err
		},
	}
	addConfigFlags(c.Flags())
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// examine asks the server that runs on the data directory, or looks by itself.
func examine(ctx context.Context, cfg *config.Config) ([]handlers.Finding, error) {
	if l, err := client.Find(cfg.DataDir); err == nil {
		var page struct{ Items []handlers.Finding }
		if err := l.Get(ctx, "/doctor", &page); err == nil {
			return page.Items, nil
		}
	}
	set, err := loadRules(cfg)
	if err != nil {
		return nil, err
	}
	clients, err := openRedis(ctx, cfg.Redis.URL.Reveal())
	if err != nil {
		return nil, &codedError{exitConfig, err}
	}
	defer clients.close()
	d := doctor{cfg: func() *config.Config { return cfg }, dir: cfg.DataDir, rules: func() *rules.Set { return set }, store: store.New(clients.producer, store.Options{}), embedded: clients.embedded}
	return d.Findings(ctx), nil
}

const findingCells = 400 // of a line, in terminal cells

func printFindings(w io.Writer, found []handlers.Finding) {
	for _, f := range found {
		fmt.Fprintf(w, "%-4s  %-12s  %s\n", f.State, f.Check, console.Sanitise(f.Says, findingCells))
		if f.Do != "" {
			fmt.Fprintf(w, "%-4s  %-12s  -> %s\n", "", "", console.Sanitise(f.Do, findingCells))
		}
	}
}

// doctor looks for what will hurt.
type doctor struct {
	cfg      func() *config.Config // in force
	later    func() []string       // settings of the file that are in force at the next start; nil: none
	dir      string                // of the data
	rules    func() *rules.Set
	store    *store.Store
	embedded bool
	targets  func() []ops.Target            // nil: nothing is known of them
	unnamed  func() (map[string]int, error) // touches without their person, by source; nil: nothing is known of them
}

// doctorLimit bounds each look.
const doctorLimit = 5 * time.Second

// Findings looks at everything, each in its time.
func (d doctor) Findings(ctx context.Context) []handlers.Finding {
	return looks(ctx, d.settings, d.space, d.fsync, d.redis, d.slack, d.public, d.outlets, d.persons)
}

// Glance looks at what is known here, or by Redis.
func (d doctor) Glance(ctx context.Context) []handlers.Finding {
	return looks(ctx, d.settings, d.space, d.redis, d.outlets, d.persons)
}

func looks(ctx context.Context, all ...func(context.Context) []handlers.Finding) (found []handlers.Finding) {
	for _, look := range all {
		ctx, cancel := context.WithTimeout(ctx, doctorLimit)
		found = append(found, look(ctx)...)
		cancel()
	}
	return found
}

func finding(check string, state handlers.FindingState, do, says string, args ...any) handlers.Finding {
	return handlers.Finding{Check: check, State: state, Says: fmt.Sprintf(says, args...), Do: do}
}

// settings tells of what is allowed and seldom meant.
func (d doctor) settings(context.Context) (all []handlers.Finding) {
	cfg := d.cfg()
	for _, w := range cfg.Check(d.rules().Knows) {
		all = append(all, finding("settings", handlers.Warns, "", "%s", w))
	}
	if d.later != nil {
		for _, name := range d.later() {
			all = append(all, finding("settings", handlers.Warns, "restart leadgate", "%s was changed in the file and is in force at the next start", name))
		}
	}
	if len(all) == 0 {
		file := cfg.File
		if file == "" {
			file = "no file, the built-in settings"
		}
		all = append(all, finding("settings", handlers.Fine, "", "%s: %d sources, %d targets, %d routes", file, len(cfg.Sources), len(cfg.Targets), len(cfg.Routes)))
	}
	return all
}

// persons tells of sources whose vendor did not tell who its touches are about.
func (d doctor) persons(context.Context) (all []handlers.Finding) {
	if d.unnamed == nil {
		return nil
	}
	counts, err := d.unnamed()
	if err != nil {
		return []handlers.Finding{finding("sources", handlers.Fails, "", "who is unknown cannot be read: %s", cause(err))}
	}
	for _, source := range slices.Sorted(maps.Keys(counts)) {
		all = append(all, finding("sources", handlers.Warns, "look at fetch.token of the source, then run leadgate replay --state settled --source "+source,
			"the vendor of %s did not tell who %d of its touches are about, and is asked no more", source, counts[source]))
	}
	return all
}

// outlets tells of targets that take nothing.
func (d doctor) outlets(context.Context) (all []handlers.Finding) {
	if d.targets == nil {
		return nil
	}
	for _, t := range d.targets() {
		switch t.State {
		case "ok":
			all = append(all, finding("targets", handlers.Fine, "", "%s takes what it is sent", t.Name))
		case "paused":
			all = append(all, finding("targets", handlers.Warns, "resume it when it may be told again", "%s was paused by %s; %d messages wait", t.Name, t.PausedBy, t.Waiting))
		case "broken":
			all = append(all, finding("targets", handlers.Fails, "mend it; what waits is sent then", "%s takes nothing: %s; %d messages wait", t.Name, t.LastError, t.Waiting))
		default:
			all = append(all, finding("targets", handlers.Warns, "", "%s is tried again: %s; %d messages wait", t.Name, t.LastError, t.Waiting))
		}
	}
	return all
}
