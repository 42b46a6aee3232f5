package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/leadgate/leadgate/cmd/leadgate/console"
	"github.com/leadgate/leadgate/lead"
)

func replayCommand(env environment) *cobra.Command {
	var unread, dryRun, asJSON bool
	var source, since, until, state string
	var limit int
	c := &cobra.Command{
		Use: "replay [ID...]", Short: "Read kept requests again, as their sources read them now",
		Long: "Replay reads the requests of touches again, after a source's fields or provider were put right. What could\n" +
			"not be read becomes a real touch and is told like any other; what says something else now is corrected in\n" +
			"its lead. Nobody hears of the same touch twice. Name touches by ID, or choose them: --unread takes all that\n" +
			"could not be read, --state settled (or all) those that could. Each node has the requests that it accepted.",
		RunE: func(c *cobra.Command, ids []string) error {
			if (len(ids) > 0) == (unread || state != "") {
				return &codedError{exitUsage, fmt.Errorf("name touches by ID, or choose them with --unread or --state\nrun %s --help for what there is", c.CommandPath())}
			}
			server, err := env.server(c)
			if err != nil {
				return err
			}
			total := lead.Run{What: "replay", DryRun: dryRun}
			if len(ids) == 0 {
				ask := map[string]any{"source": source, "since": since, "until": until, "state": state, "limit": limit, "dry_run": dryRun}
				if err := server.Call(c.Context(), http.MethodPost, "/replay", ask, &total); err != nil {
					return err
				}
				if err := server.Await(c.Context(), &total, c.ErrOrStderr()); err != nil {
					return err
				}
			}
			for _, id := range ids {
				var run lead.Run
				if err := server.Call(c.Context(), http.MethodPost, "/touches/"+url.PathEscape(id)+"/replay", map[string]any{"dry_run": dryRun}, &run); err != nil {
					return fmt.Errorf("%s: %w", id, err)
				}
				for _, r := range run.Results {
					total.Add(r)
				}
			}
			return printRun(c.OutOrStdout(), &total, asJSON)
		},
	}
	addConfigFlags(c.Flags())
	c.Flags().BoolVar(&unread, "unread", false, "all touches that could not be read")
	c.Flags().StringVar(&state, "state", "", "those in this state: unread, settled, all")
	c.Flags().StringVar(&source, "source", "", "only those of this source")
	c.Flags().StringVar(&since, "since", "", "only those received since: 30d, 2h, 2026-11-25, or a time")
	c.Flags().StringVar(&until, "until", "", "only those received before")
	c.Flags().IntVar(&limit, "limit", 0, "at most so many, the newest first (default all)")
	c.Flags().BoolVar(&dryRun, "dry-run", false, "only tell what would change")
	c.Flags().BoolVar(&asJSON, "json", false, "print the run as JSON")
	c.MarkFlagsMutuallyExclusive("unread", "state")
	return c
}

// printRun prints what a run did: a line for each result, and how many of each.
func printRun(w io.Writer, run *lead.Run, asJSON bool) error {
	if asJSON {
		b, err := json.MarshalIndent(run, "", "  ")
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(w, string(b))
		return err
	}
	for _, r := range run.Results {
		fmt.Fprintf(w, "%-26s  %-10s  %s\n", r.TouchID, strings.TrimSpace(r.Result+" "+r.Target), console.Plain(r.Why))
		for _, d := range r.Changes {
			fmt.Fprintf(w, "%28s%s: %q -> %q\n", "", console.Plain(d.Field), console.Plain(d.Was), console.Plain(d.Is))
		}
	}
	if more := run.Looked - len(run.Results); more > 0 {
		fmt.Fprintf(w, "... and %d more\n", more)
	}
	var counts []string
	for _, result := range slices.Sorted(maps.Keys(run.Counts)) {
		counts = append(counts, fmt.Sprintf("%d %s", run.Counts[result], result))
	}
	dry := ""
	if run.DryRun {
		dry = " (dry run: nothing was changed)"
	}
	fmt.Fprintf(w, "%d looked at: %s%s\n", run.Looked, strings.Join(append(counts, "nothing")[:max(1, len(counts))], ", "), dry)
	return nil
}

func resendCommand(env environment) *cobra.Command {
	var to, temperature, source, since, until, by string
	var limit int
	var failed, again, dryRun, asJSON bool
	c := &cobra.Command{
		Use: "resend --to TARGET", Short: "Tell a target what it has missed",
		Long: "Resend tells a target of the touches that it was not told of, or could not be: after it was configured late,\n" +
			"or was away for longer than deliveries are tried. What it has a receipt for it is not told again, so the\n" +
			"command can be repeated; --again tells that, too.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if to == "" {
				return &codedError{exitUsage, fmt.Errorf("say whom to tell with --to TARGET\nrun %s --help for what there is", c.CommandPath())}
			}
			server, err := env.server(c)
			if err != nil {
				return err
			}
			ask := map[string]any{"to": to, "temperature": temperature, "source": source, "since": clockTime(since, time.Now()), "until": clockTime(until, time.Now()),
				"limit": limit, "failed": failed, "again": again, "dry_run": dryRun, "by": by}
			var run lead.Run
			if err := server.Call(c.Context(), http.MethodPost, "/resend", ask, &run); err != nil {
				return err
			}
			if err := server.Await(c.Context(), &run, c.ErrOrStderr()); err != nil {
				return err
			}
			return printRun(c.OutOrStdout(), &run, asJSON)
		},
	}
	addConfigFlags(c.Flags())
	c.Flags().StringVar(&to, "to", "", "the target to tell")
	c.Flags().StringVar(&temperature, "temperature", "", "only of leads that are now at least so warm: cold, warm, hot")
	c.Flags().StringVar(&source, "source", "", "only of touches of this source")
	c.Flags().StringVar(&since, "since", "", "only of touches received since: 09:00 today, 2h, 30d, 2026-11-25, or a time")
	c.Flags().StringVar(&until, "until", "", "only of touches received before")
	c.Flags().IntVar(&limit, "limit", 0, "look at so many touches at most, the newest first (default all)")
	c.Flags().BoolVar(&failed, "failed", false, "only what was tried and given up")
	c.Flags().BoolVar(&again, "again", false, "also what the target has")
	c.Flags().BoolVar(&dryRun, "dry-run", false, "only tell what would be sent")
	c.Flags().StringVar(&by, "by", "", "who asks for it, for the trail")
	c.Flags().BoolVar(&asJSON, "json", false, "print the run as JSON")
	return c
}

// clockTime makes 09:00 that time of today; anything else stays as it is.
func clockTime(s string, now time.Time) string {
	at, err := time.ParseInLocation("15:04", strings.TrimSpace(s), now.Location())
	if err != nil {
		return s
	}
	return time.Date(now.Year(), now.Month(), now.Day(), at.Hour(), at.Minute(), 0, 0, now.Location()).UTC().Format(time.RFC3339)
}
