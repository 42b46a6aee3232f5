package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/leadgate/leadgate/cmd/leadgate/client"
	"github.com/leadgate/leadgate/cmd/leadgate/console"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify/routing"
)

func explainCommand(env environment) *cobra.Command {
	c := &cobra.Command{
		Use: "explain ID", Short: "Tell why a lead is warm, who was told, and who was not",
		Long: "Explain prints a lead's verdict with its reasons and every touch's trail: each hop with its time, each\n" +
			"target that was asked, and why it was told or not. Then it goes through the rules in force: what counts today,\n" +
			"what nearly does, and who would hear. ID is a lead's or a touch's.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			l, err := env.server(c)
			if err != nil {
				return err
			}
			return explain(c, l, args[0])
		},
	}
	addConfigFlags(c.Flags())
	c.Flags().Bool("all", false, "also print the rules that are far from counting")
	c.Flags().Bool("json", false, "print what the rules say today as JSON")
	return c
}

func explain(c *cobra.Command, from client.Client, id string) error {
	var t lead.Touch
	var l lead.Lead
	err := from.Get(c.Context(), "/touches/"+url.PathEscape(id), &t)
	switch {
	case errors.Is(err, client.ErrNotFound):
		if err = from.Get(c.Context(), "/leads/"+url.PathEscape(id), &l); err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
	case err != nil:
		return err
	case t.LeadID != "":
		if err := from.Get(c.Context(), "/leads/"+url.PathEscape(t.LeadID), &l); err != nil {
			return fmt.Errorf("lead %s: %w", t.LeadID, err)
		}
	}
	w := c.OutOrStdout()
	var x lead.Explanation
	if l.ID != "" {
		if err := from.Get(c.Context(), "/leads/"+url.PathEscape(l.ID)+"/explain", &x); err != nil {
			return fmt.Errorf("explain lead %s: %w", l.ID, err)
		}
	}
	if asJSON, _ := c.Flags().GetBool("json"); asJSON {
		return json.NewEncoder(w).Encode(x)
	}
	if l.ID != "" {
		explainLead(w, &l)
	}
	touches := l.Touches
	if t.ID != "" {
		touches = []string{t.ID}
	}
	for _, id := range touches {
		var t lead.Touch
		if err := from.Get(c.Context(), "/touches/"+url.PathEscape(id), &t); errors.Is(err, client.ErrNotFound) {
			continue // past its retention
		} else if err != nil {
			return err
		}
		explainTouch(w, &t)
	}
	if l.ID != "" {
		all, _ := c.Flags().GetBool("all")
		explainToday(w, &x, all)
	}
	return nil
}

// explainToday prints today's verdict and decisions rule by rule.
func explainToday(w io.Writer, x *lead.Explanation, all bool) {
	fmt.Fprintf(w, "\ntoday by rules %s: %s %d\n", x.Verdict.Rules, x.Verdict.Class(), x.Verdict.Score)
	far := 0
	for _, line := range x.Lines {
		switch mark := "  no "; {
		case line.Counted:
			fmt.Fprintf(w, "  %+4d  %s  (rule %s)\n", line.Points, line.Because, line.Rule)
		case line.Near || line.TouchID != "" || all:
			if line.Near {
				mark = "nearly"
			}
			fmt.Fprintf(w, "  %s  %s  (rule %s): %s\n", mark, line.Because, line.Rule, console.Plain(strings.Join(line.Missed, "; ")))
		default:
			far++
		}
	}
	if far > 0 {
		fmt.Fprintf(w, "  %d other rules are far from counting; --all prints them\n", far)
	}
	for _, d := range x.Decisions {
		fmt.Fprintf(w, "  target %s: %s  %s\n", cmp.Or(d.Target, "none"), cmp.Or(string(d.Kind), "not told"), console.Plain(d.Why+"  "+routing.Sentence(d.Why)))
	}
}

func explainLead(w io.Writer, l *lead.Lead) {
	stage := ""
	if l.Stage != lead.NoStage {
		stage = " " + l.Stage.String()
	}
	fmt.Fprintf(w, "lead %s  %s%s %d  %s\n", l.ID, strings.ToUpper(l.Temperature.String()), stage, l.Score, console.Plain(console.Who(l.Person)))
	for _, r := range l.Reasons {
		fmt.Fprintf(w, "  %+4d  %s  (rule %s)\n", r.Points, r.Because, r.Rule)
	}
	if l.MergedInto != "" {
		fmt.Fprintf(w, "  merged into %s, which has everything of it\n", l.MergedInto)
	}
	if len(l.Absorbed) > 0 {
		fmt.Fprintf(w, "  merged into it: %s\n", strings.Join(l.Absorbed, ", "))
	}
	if l.NotALead {
		fmt.Fprintln(w, "  not a lead: kept, never alerted")
	}
	if l.Claim != nil {
		fmt.Fprintf(w, "  claimed by %s at %s\n", console.Plain(l.Claim.By), l.Claim.At.Format("2006-01-02 15:04:05 MST"))
	}
}

func explainTouch(w io.Writer, t *lead.Touch) {
	fmt.Fprintf(w, "\ntouch %s  %s  %s by source %s (provider %s), %s\n", t.ID, t.State, cmp.Or(string(t.Action), "no action"), t.Source, t.Provider,
		t.ReceivedAt.Format("2006-01-02 15:04:05 MST"))
	for _, line := range []struct{ what, text string }{{"could not be read", t.Error}, {"held", t.Held}, {"merged into", t.MergedInto}} {
		if line.text != "" {
			fmt.Fprintf(w, "  %s: %s\n", line.what, console.Plain(line.text))
		}
	}
	for _, s := range t.Trail {
		fmt.Fprintf(w, "  %9.1f ms  %-11s %s\n", s.MS, s.Step, explainStep(s))
	}
	for _, d := range t.Deliveries {
		fmt.Fprintf(w, "  target %s (%s): %s after %d attempts %s\n", d.Target, d.Kind, d.State, d.Attempts, console.Plain(cmp.Or(d.Receipt, d.Error)))
	}
}

// explainStep is what a step says beyond its name: a decision's reason in a
// sentence, an error's short word, a remark.
func explainStep(s lead.Step) string {
	out := s.Note
	if s.Why != "" {
		out = strings.TrimSpace(s.Why + "  " + out)
	}
	if sentence := routing.Sentence(s.Why); s.Step == lead.StepDecided && sentence != "" {
		out += "  " + sentence
	}
	return console.Plain(out)
}
