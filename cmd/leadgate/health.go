package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/leadgate/leadgate/cmd/leadgate/client"
	"github.com/leadgate/leadgate/cmd/leadgate/console"
)

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
