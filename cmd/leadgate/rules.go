package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/leadgate/leadgate/cmd/leadgate/console"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/rules"
)

func rulesCommand(env environment) *cobra.Command {
	c := &cobra.Command{
		Use: "rules", Short: "Try other rules on past leads", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	try := rulesTryCommand(env)
	try.Args = usageArgs(try.Args)
	c.AddCommand(try)
	return c
}

func rulesTryCommand(env environment) *cobra.Command {
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
			if _, err := rules.Parse(args[0], src); err != nil {
				return &codedError{exitConfig, err}
			}
			from, err := env.server(c)
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

func reclassifyCommand(env environment) *cobra.Command {
	c := &cobra.Command{
		Use: "reclassify", Short: "Give past leads the verdict of the rules in force",
		Long: "Reclassify lets the running server judge leads anew, all of them or those that the flags choose, after the rules\n" +
			"were changed. Posted messages are rewritten; nobody is told anew without --alert. Leads that do something are judged anew anyway.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			from, err := env.server(c)
			if err != nil {
				return err
			}
			asJSON, _ := c.Flags().GetBool("json")
			body := map[string]any{}
			for _, name := range []string{"source", "since", "temperature"} {
				if v, _ := c.Flags().GetString(name); v != "" {
					body[name] = v
				}
			}
			body["alert"], _ = c.Flags().GetBool("alert")
			body["dry_run"], _ = c.Flags().GetBool("dry-run")
			b, err := json.Marshal(body)
			if err != nil {
				return err
			}
			t := turns{all: asJSON, out: progressOf(c, asJSON)}
			var r lead.Reclassified
			if err := from.Walk(c.Context(), "/reclassify", b, t.walk(), &r); err != nil {
				return err
			}
			if asJSON {
				return t.printJSON(c.OutOrStdout(), r)
			}
			printReclassified(c.OutOrStdout(), &r, &t)
			return nil
		},
	}
	addConfigFlags(c.Flags())
	c.Flags().String("source", "", "only leads that this source touched")
	c.Flags().String("since", "", "only leads that did something since: 30d, 12h, 2026-11-25")
	c.Flags().String("temperature", "", "only leads that are cold, warm or hot now")
	c.Flags().Bool("alert", false, "alert the targets to leads that turn hot")
	c.Flags().Bool("dry-run", false, "tell what would change and change nothing")
	c.Flags().Bool("json", false, "print one JSON document with every lead that changes")
	return c
}

func printReclassified(w io.Writer, r *lead.Reclassified, t *turns) {
	verb := "are"
	if r.DryRun {
		verb = "would be"
	}
	fmt.Fprintf(w, "%8d  leads judged by rules %s\n%8d  of them %s of another class\n", r.Leads, r.Rules, r.Turned, verb)
	if r.Alerted > 0 {
		fmt.Fprintf(w, "%8d  of them %s alerted\n", r.Alerted, verb)
	}
	if r.Turned > 0 {
		fmt.Fprintln(w)
	}
	t.print(w, r.Turns)
}

// turnsPrinted is how many leads are shown by name when people read.
const turnsPrinted = 20

// turns gathers what a walk tells: all of it for --json, some of it for people.
type turns struct {
	all  bool
	list []lead.Turn
	out  io.Writer // of the progress; nil: nobody watches
}

// walk is what to give to the one who walks.
func (t *turns) walk() lead.Walk {
	return lead.Walk{
		Turn: func(x lead.Turn) error {
			if t.all || len(t.list) < turnsPrinted {
				t.list = append(t.list, x)
			}
			return nil
		},
		Progress: func(p lead.Progress) error {
			if t.out != nil {
				fmt.Fprintf(t.out, "\r%d of %d leads", p.Done, p.All)
				if p.Done >= p.All {
					fmt.Fprintln(t.out)
				}
			}
			return nil
		},
	}
}

// printJSON writes the result with every turn as one document.
func (t *turns) printJSON(w io.Writer, result any) error {
	if t.list == nil {
		t.list = []lead.Turn{}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		Result any         `json:"result"`
		Turns  []lead.Turn `json:"turns"`
	}{result, t.list})
}

// print writes how many turn from what to what, then some of them with the
// rules that make the difference.
func (t *turns) print(w io.Writer, counts map[string]int) {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return cmp.Or(counts[b]-counts[a], strings.Compare(a, b)) })
	for _, name := range names {
		fmt.Fprintf(w, "%8d  %s\n", counts[name], name)
	}
	total := 0
	for _, n := range counts {
		total += n
	}
	if len(t.list) > 0 {
		fmt.Fprintln(w)
	}
	for _, x := range t.list {
		fmt.Fprintf(w, "%s  %s %d -> %s %d  %s\n", x.LeadID, x.Before.Class(), x.Before.Score, x.After.Class(), x.After.Score, console.Plain(console.Who(x.Person)))
		for _, line := range differences(x) {
			fmt.Fprintln(w, "      "+line)
		}
	}
	if more := total - len(t.list); more > 0 {
		fmt.Fprintf(w, "and %d more; --json lists all\n", more)
	}
}

// differences are the rules whose points the verdicts of a turn do not share.
func differences(t lead.Turn) (lines []string) {
	for _, x := range t.Changes() {
		points := fmt.Sprintf("now %+d, was %+d", x.Points, x.Was)
		switch {
		case x.Gained:
			points = fmt.Sprintf("now %+d", x.Points)
		case x.Lost:
			points = fmt.Sprintf("was %+d", x.Was)
		}
		lines = append(lines, fmt.Sprintf("%s  %s  (rule %s)", points, console.Plain(x.Because), x.Rule))
	}
	return lines
}
