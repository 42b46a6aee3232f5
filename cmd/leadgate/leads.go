package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/leadgate/leadgate/cmd/leadgate/client"
	"github.com/leadgate/leadgate/lead"
)

func mergeCommand(env environment) *cobra.Command {
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
			from, err := env.server(c)
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

func exportCommand(env environment) *cobra.Command {
	c := &cobra.Command{
		Use: "export EMAIL", Short: "Print all that is held of a person, as JSON",
		Long: "Export prints a person's leads, touches, deliveries, trails and raw requests, for the person who asks what is\n" +
			"held of them. Requests that other nodes accepted are listed by id; run it there for them.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			server, err := env.server(c)
			if err != nil {
				return err
			}
			var x lead.Export
			if err := server.Get(c.Context(), "/export?email="+url.QueryEscape(args[0]), &x); err != nil {
				return err
			}
			if len(x.Leads)+len(x.Touches)+len(x.Requests) == 0 {
				fmt.Fprintln(c.ErrOrStderr(), "nothing is held of this address")
			}
			b, err := json.MarshalIndent(&x, "", "  ")
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), string(b))
			return err
		},
	}
	addConfigFlags(c.Flags())
	return c
}

func eraseCommand(env environment) *cobra.Command {
	var asJSON bool
	var by string
	c := &cobra.Command{
		Use: "erase EMAIL|ID", Short: "Forget a person everywhere",
		Long: "Erase deletes a person's leads, touches and raw requests from the store, from every node's journal (whose\n" +
			"files are rewritten without them), and from what waits to be sent, and has the posted messages say only\n" +
			"that somebody was erased. It cannot be undone. A node that is down does its part when it comes back.\n" +
			"The receipt that is printed says nothing of the person.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			server, err := env.server(c)
			if err != nil {
				return err
			}
			path, ask := "/leads/"+url.PathEscape(args[0])+"/erase", map[string]any{"by": by}
			if strings.Contains(args[0], "@") {
				path, ask = "/erase", map[string]any{"by": by, "email": args[0]}
			}
			var run lead.Run
			if err := server.Call(c.Context(), http.MethodPost, path, ask, &run); errors.Is(err, client.ErrNotFound) {
				return fmt.Errorf("%s: %w", args[0], err)
			} else if err != nil {
				return err
			}
			if err := server.Await(c.Context(), &run, c.ErrOrStderr()); err != nil {
				return err
			}
			if asJSON {
				return printRun(c.OutOrStdout(), &run, true)
			}
			n := run.Counts
			_, err = fmt.Fprintf(c.OutOrStdout(), "erased %s: %d leads, %d touches, %d requests, %d requests shared with others cut, %d messages rewritten\n",
				run.ID, n["leads"], n["touches"], n["requests"], n["requests_cut"], n["messages"])
			return err
		},
	}
	addConfigFlags(c.Flags())
	c.Flags().StringVar(&by, "by", "", "who asks for it, for the log")
	c.Flags().BoolVar(&asJSON, "json", false, "print the receipt as JSON")
	return c
}
