package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/leadgate/leadgate/lead"
)

func reclassifyCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "reclassify", Short: "Give past leads the verdict of the rules in force",
		Long: "Reclassify lets the running server judge leads anew, all of them or those that the flags choose, after the rules\n" +
			"were changed. Posted messages are rewritten; nobody is told anew without --alert. Leads that do something are judged anew anyway.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			from, err := runningServer(c)
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
