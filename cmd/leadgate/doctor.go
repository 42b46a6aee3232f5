package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/leadgate/leadgate/cmd/leadgate/app"
	"github.com/leadgate/leadgate/cmd/leadgate/client"
	"github.com/leadgate/leadgate/cmd/leadgate/console"
	"github.com/leadgate/leadgate/config"
	"github.com/leadgate/leadgate/lead/ops"
)

const doctorHelp = `Doctor looks for what will hurt: settings that are seldom meant, a disk that is full or slow to keep, a Redis
that forgets, a Slack token that may not post, a public address that does not lead here. When the server runs it
is asked, for it holds the data directory; else this command looks by itself.

The exit code is 1 when something fails; what is only warned of does not change it.`

func doctorCommand(env environment) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "doctor", Short: "Look for what will hurt, and say what to do", Long: doctorHelp, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := env.config(c)
			if err != nil {
				return err
			}
			found, err := examine(c.Context(), cfg)
			if err != nil {
				return err
			}
			if asJSON {
				err = json.NewEncoder(c.OutOrStdout()).Encode(struct {
					Items []ops.Finding `json:"items"`
				}{found})
			} else {
				printFindings(c.OutOrStdout(), found)
			}
			if slices.ContainsFunc(found, func(f ops.Finding) bool { return f.State == ops.Fails }) {
				return errors.Join(err, errors.New("something fails"))
			}
			return err
		},
	}
	addConfigFlags(c.Flags())
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// examine asks the server that runs on the data directory, or looks by itself.
func examine(ctx context.Context, cfg *config.Config) ([]ops.Finding, error) {
	if l, err := client.Find(cfg.DataDir); err == nil {
		var page struct{ Items []ops.Finding }
		if err := l.Get(ctx, "/doctor", &page); err == nil {
			return page.Items, nil
		}
	}
	return app.Diagnose(ctx, cfg)
}

const findingCells = 400 // of a line, in terminal cells

func printFindings(w io.Writer, found []ops.Finding) {
	for _, f := range found {
		fmt.Fprintf(w, "%-4s  %-12s  %s\n", f.State, f.Check, console.Sanitise(f.Says, findingCells))
		if f.Do != "" {
			fmt.Fprintf(w, "%-4s  %-12s  -> %s\n", "", "", console.Sanitise(f.Do, findingCells))
		}
	}
}

// healthCommand asks the running server whether it is alive: what a container
// without a shell uses as its health check.
func healthCommand(env environment) *cobra.Command {
	return &cobra.Command{
		Use: "health", Short: "Ask the running server whether it is alive", Hidden: true, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := env.config(c)
			if err != nil {
				return err
			}
			l, err := client.Find(cfg.DataDir)
			if err != nil { // journal: off leaves nothing on disk
				l.Address = console.Dialable(cfg.Listen)
			}
			ctx, cancel := context.WithTimeout(c.Context(), 3*time.Second)
			defer cancel()
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+l.Address+"/readyz", nil)
			if err != nil {
				return err
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				return fmt.Errorf("the server at %s does not answer", l.Address)
			}
			defer resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				return fmt.Errorf("the server at %s is not ready: %s", l.Address, resp.Status)
			}
			return nil
		},
	}
}
