package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/leadgate/leadgate/cmd/leadgate/load"
)

const loadHelp = `Load measures how fast leads are accepted and how soon a hot one is in Slack.

It starts this program with a data directory of its own, on a free port of 127.0.0.1, with a fake Slack,
and measures two things one after the other: from a hot lead sent to its alert arriving at Slack, idle or
behind --warm leads a second; then how long warm leads wait for their answer, as many as come back
(--rate 0) or on a timetable. On a timetable the time counts from when a request was due, so a stall shows.

--mode echo and naive measure what leadgate is compared with: Echo that only parses the body, and Echo with
one asynq enqueue for each request, worked in the same process. --compare measures the three in turns on
the same Redis (append-only file, fsync every second), one at a time, and prints medians and ratios.

--url aims at a leadgate that runs already, on this machine only. Its form sources have a rate per
address: give it json sources. Alerts are measured there with --slack-listen, when its
LEADGATE_SLACK_API_URL is http://THAT_ADDRESS/api/.

Figures for people go to standard error, as JSON to standard output.`

func loadCommand() *cobra.Command {
	var o load.Options
	c := &cobra.Command{
		Use: "load", Short: "Measure acceptance and alerts under load", Long: loadHelp, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.Check(c.Flags().Changed("hot-rate")); err != nil {
				return &codedError{exitUsage, err}
			}
			var err error
			if o.Program, err = os.Executable(); err != nil {
				return fmt.Errorf("find this program: %w", err)
			}
			o.Version, o.Out = version, c.ErrOrStderr()
			r, err := o.Measure(c.Context())
			if err != nil {
				return err
			}
			if err := o.Write(c.OutOrStdout(), r); err != nil {
				return err
			}
			return r.Verdict()
		},
	}
	o.AddFlags(c.Flags())
	c.AddCommand(baselineCommand())
	return c
}

// baselineCommand runs one of them; load starts it, so it is not in the help.
func baselineCommand() *cobra.Command {
	var listen, redisURL string
	c := &cobra.Command{
		Use: "baseline echo|naive", Short: "Run a server that load compares with", Hidden: true,
		Args: cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs), ValidArgs: []string{load.Echo, load.Naive},
		RunE: func(c *cobra.Command, args []string) error {
			return load.Baseline(c.Context(), args[0], listen, redisURL)
		},
	}
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:0", "address to listen on")
	c.Flags().StringVar(&redisURL, "redis", "redis://127.0.0.1:6379/1", "of naive")
	return c
}
