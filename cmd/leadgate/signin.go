package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/leadgate/leadgate/cmd/leadgate/client"
	"github.com/leadgate/leadgate/cmd/leadgate/console"
	"github.com/leadgate/leadgate/handlers/session"
)

func signinCommand(env environment) *cobra.Command {
	var o struct {
		name, token, revoke  string
		readOnly, list, json bool
	}
	c := &cobra.Command{
		Use: "signin", Short: "Print a link that signs a browser in, or make, list and end API tokens",
		Long: "Signin asks the server that runs on this data directory for a link that signs one browser in, once, within\n" +
			"15 minutes. With --token it makes an API token instead, which is shown this once. --list shows who may come\n" +
			"in, --revoke ends a token or a session by its name or id.",
		Example: "  leadgate signin --name Dana\n  leadgate signin --token reporting --read-only\n  leadgate signin --revoke reporting",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			from, err := env.server(c)
			if err != nil {
				return err
			}
			switch {
			case o.list:
				return listPasses(c, from, o.json)
			case o.revoke != "":
				return revokePass(c, from, o.revoke)
			case o.token != "":
				right := "write"
				if o.readOnly {
					right = "read"
				}
				return makePass(c, from, map[string]string{"kind": "token", "name": o.token, "right": right}, o.json)
			}
			return makePass(c, from, map[string]string{"kind": "link", "name": cmp.Or(o.name, osUser()), "right": "own"}, o.json)
		},
	}
	addConfigFlags(c.Flags())
	c.Flags().StringVar(&o.name, "name", "", "who signs in; default: the user of this machine")
	c.Flags().StringVar(&o.token, "token", "", "make an API token for who or what is called so")
	c.Flags().BoolVar(&o.readOnly, "read-only", false, "the token may only read")
	c.Flags().BoolVar(&o.list, "list", false, "list tokens, sessions and links")
	c.Flags().StringVar(&o.revoke, "revoke", "", "end the tokens and sessions of this name or id")
	c.Flags().BoolVar(&o.json, "json", false, "print JSON")
	c.MarkFlagsMutuallyExclusive("token", "list", "revoke", "name")
	return c
}

func makePass(c *cobra.Command, from client.Client, in map[string]string, asJSON bool) error {
	var out struct{ Token, URL string }
	var raw json.RawMessage
	if err := from.Call(c.Context(), http.MethodPost, "/passes", in, &raw); err != nil {
		return err
	}
	if asJSON {
		_, err := fmt.Fprintln(c.OutOrStdout(), string(raw))
		return err
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	fmt.Fprintln(c.OutOrStdout(), cmp.Or(out.Token, out.URL))
	if out.Token != "" {
		fmt.Fprintln(c.ErrOrStderr(), "Keep it: it is shown this once. Use it as  Authorization: Bearer TOKEN")
	} else {
		fmt.Fprintln(c.ErrOrStderr(), "One use, 15 minutes.")
	}
	return nil
}

func passList(c *cobra.Command, from client.Client) (all []session.Credential, err error) {
	var page struct{ Items []session.Credential }
	err = from.Get(c.Context(), "/passes", &page)
	return page.Items, err
}

func listPasses(c *cobra.Command, from client.Client, asJSON bool) error {
	all, err := passList(c, from)
	if err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(c.OutOrStdout()).Encode(all)
	}
	w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
	for _, p := range all {
		seen := "never used"
		if !p.SeenAt.IsZero() {
			seen = "last used " + p.SeenAt.Format("2006-01-02 15:04 MST")
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%.12s\t%s\n", p.Kind, p.Right, console.Plain(p.Name), p.ID, seen)
	}
	return w.Flush()
}

func revokePass(c *cobra.Command, from client.Client, name string) error {
	all, err := passList(c, from)
	if err != nil {
		return err
	}
	ended := 0
	for _, p := range all {
		if p.Name != name && (len(name) < 8 || !strings.HasPrefix(p.ID, name)) {
			continue
		}
		if err := from.Call(c.Context(), http.MethodDelete, "/passes/"+p.ID, nil, nil); err != nil {
			return err
		}
		ended++
	}
	if ended == 0 {
		return fmt.Errorf("nobody and nothing is called %q; leadgate signin --list shows who may come in", name)
	}
	fmt.Fprintf(c.ErrOrStderr(), "%d ended.\n", ended)
	return nil
}
