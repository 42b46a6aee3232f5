package main

import (
	"fmt"
	"io"
	"net/url"
	"os"

	"github.com/spf13/cobra"

	"github.com/leadgate/leadgate/cmd/leadgate/console"
	"github.com/leadgate/leadgate/lead"
)

func rulesCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "rules", Short: "Try other rules on past leads", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	try := rulesTryCommand()
	try.Args = usageArgs(try.Args)
	c.AddCommand(try)
	return c
}

func rulesTryCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "try FILE", Short: "Tell which past leads other rules would change, and how many more alerts they mean",
		Long: "Try lets the running server judge everybody who did something lately by the rules in FILE, and compares that\n" +
			"with the rules in force. Nothing is changed and nobody is told. FILE is a whole rules file, or one that begins\n" +
			"with extends: default.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			src, err := os.ReadFile(args[0])
			if err != nil {
				return &codedError{exitUsage, err}
			}
			if _, err := lead.ParseRules(args[0], src); err != nil {
				return &codedError{exitConfig, err}
			}
			from, err := runningServer(c)
			if err != nil {
				return err
			}
			asJSON, _ := c.Flags().GetBool("json")
			since, _ := c.Flags().GetString("since")
			t := turns{all: asJSON, out: progressOf(c, asJSON)}
			var r lead.Rehearsal
			if err := from.Walk(c.Context(), "/rules/try?since="+url.QueryEscape(since), src, t.walk(), &r); err != nil {
				return err
			}
			if asJSON {
				return t.printJSON(c.OutOrStdout(), r)
			}
			printRehearsal(c.OutOrStdout(), &r, &t)
			return nil
		},
	}
	addConfigFlags(c.Flags())
	c.Flags().String("since", "30d", "leads that did something since: 30d, 12h, 2026-11-25")
	c.Flags().Bool("json", false, "print one JSON document with every lead that changes")
	return c
}

func printRehearsal(w io.Writer, r *lead.Rehearsal, t *turns) {
	fmt.Fprintf(w, "rules %s against %s in force, since %s\n\n", r.Rules, r.RulesInUse, r.Since.Format("2006-01-02 15:04 MST"))
	fmt.Fprintf(w, "%8d  leads did something\n%8d  of them would be of another class, %d would have another score only\n", r.Leads, r.Turned, r.Rescored)
	fmt.Fprintf(w, "%+8.1f  alerts a day: %.1f instead of %.1f\n", r.Alerts.AfterPerDay-r.Alerts.BeforePerDay, r.Alerts.AfterPerDay, r.Alerts.BeforePerDay)
	if r.Turned > 0 {
		fmt.Fprintln(w)
	}
	t.print(w, r.Turns)
}

// progressOf is where progress goes: to a person at a terminal.
func progressOf(c *cobra.Command, asJSON bool) io.Writer {
	if w := c.ErrOrStderr(); !asJSON && console.IsTerminal(w) {
		return w
	}
	return nil
}
