package main

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/leadgate/leadgate/lead"
)

func resendCommand() *cobra.Command {
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
			server, err := runningServer(c)
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
