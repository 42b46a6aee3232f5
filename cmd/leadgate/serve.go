package main

import (
	"cmp"
	"context"
	"os"
	"os/signal"
	"os/user"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/leadgate/leadgate/cmd/leadgate/app"
)

func serveCommand(env environment) *cobra.Command {
	c := &cobra.Command{
		Short: "Take leads, keep them, tell sales about the hot ones",
		Long: "leadgate takes leads from websites, form builders, webinar platforms and schedulers, keeps each one before it\n" +
			"answers, decides how warm the person is and why, and tells sales about the hot ones in Slack at once.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			begin := time.Now()
			cfg, err := env.config(c)
			if err != nil {
				return err
			}
			a, err := app.New(app.Options{Config: cfg, Out: c.ErrOrStderr(), Version: version, Owner: osUser(), Begin: begin})
			if err != nil {
				return err
			}
			return serve(c.Context(), a)
		},
	}
	addConfigFlags(c.Flags())
	c.Flags().String("listen", "", "address to listen on, host:port (LEADGATE_LISTEN)")
	return c
}

// serve runs the server until ctx ends or a part of it does.
func serve(ctx context.Context, a *app.App) error {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	gc, stopGC := context.WithCancel(ctx)
	defer stopGC()
	go fitGC(gc)
	a.Start()
	for {
		select {
		case <-hup:
			a.Reload()
		case <-a.Done():
			return a.Stop()
		case <-ctx.Done():
			return a.Stop()
		}
	}
}

// osUser is who runs this command, as a name for trails.
func osUser() string {
	u, err := user.Current()
	if err != nil {
		return "owner"
	}
	return cmp.Or(strings.TrimSpace(u.Name), u.Username, "owner")
}
