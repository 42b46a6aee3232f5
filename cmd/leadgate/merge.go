package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"

	"github.com/spf13/cobra"

	"github.com/leadgate/leadgate/lead"
)

func mergeCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "merge ID INTO | merge --undo ID", Short: "Make one lead of two, or two of one again",
		Long: "Merge makes the lead ID a part of the lead INTO, which then has the touches, the messages and the claim of both.\n" +
			"Two e-mail addresses are never one person by themselves, so this is for people to say. --undo brings both back.",
		Args: cobra.RangeArgs(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			undo, _ := c.Flags().GetBool("undo")
			if undo != (len(args) == 1) {
				return &codedError{exitUsage, fmt.Errorf("say merge ID INTO, or merge --undo ID")}
			}
			from, err := runningServer(c)
			if err != nil {
				return err
			}
			body := map[string]string{}
			body["by"], _ = c.Flags().GetString("by")
			verb := "/unmerge"
			if !undo {
				verb, body["into"] = "/merge", args[1]
			}
			var l lead.Lead
			if err := from.Call(c.Context(), http.MethodPost, "/leads/"+url.PathEscape(args[0])+verb, body, &l); err != nil {
				return err
			}
			if asJSON, _ := c.Flags().GetBool("json"); asJSON {
				e := json.NewEncoder(c.OutOrStdout())
				e.SetIndent("", "  ")
				return e.Encode(l)
			}
			explainLead(c.OutOrStdout(), &l)
			fmt.Fprintf(c.OutOrStdout(), "  %d touches\n", len(l.Touches))
			return nil
		},
	}
	addConfigFlags(c.Flags())
	c.Flags().Bool("undo", false, "bring back a lead that was merged")
	c.Flags().String("by", cmp.Or(os.Getenv("USER"), "operator"), "who does it, for the trail")
	c.Flags().Bool("json", false, "print the lead as JSON")
	return c
}
