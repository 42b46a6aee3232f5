// Command leadgate takes leads from websites, form builders, webinar platforms
// and schedulers, keeps each one before it answers, and tells sales about the
// hot ones at once. Without arguments it serves; `leadgate help` lists the rest.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // zones of reps and digests, also where the system has none

	"github.com/leadgate/leadgate/cmd/leadgate/app"
	"github.com/spf13/cobra"
)

// version is set by the linker for a release.
var version = "0.1.0"

// The exit codes: 0 all is well.
const (
	exitFailed = 1
	exitUsage  = 2
	exitConfig = 3
)

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	app.QuietRedis()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run runs one command to its end and returns its exit code.
func run(ctx context.Context, args []string, env environment, in io.Reader, out, errs io.Writer) int {
	c := command(env)
	c.SetArgs(append([]string{}, args...)) // nil would be those of the process
	c.SetIn(in)
	c.SetOut(out)
	c.SetErr(errs)
	err := c.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	fmt.Fprintln(errs, "leadgate:", err)
	var coded *codedError
	var bad *app.ConfigError
	switch {
	case errors.As(err, &coded):
		return coded.code
	case errors.As(err, &bad):
		return exitConfig
	}
	return exitFailed
}

// codedError is an error with an exit code of its own.
type codedError struct {
	code int
	err  error
}

func (e *codedError) Error() string { return e.err.Error() }
func (e *codedError) Unwrap() error { return e.err }

func command(env environment) *cobra.Command {
	root := serveCommand(env)
	root.Use = "leadgate"
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return &codedError{exitUsage, fmt.Errorf("%w\nrun %s --help for what there is", err, c.CommandPath())}
	})
	serve := serveCommand(env)
	serve.Use = "serve"
	root.AddCommand(serve, checkCommand(env), doctorCommand(env), demoCommand(env), triggerCommand(env), tailCommand(env), explainCommand(env), readCommand(env),
		rulesCommand(env), reclassifyCommand(env), mergeCommand(env), replayCommand(env), resendCommand(env), importCommand(env), exportCommand(env), eraseCommand(env),
		slackCommand(env), signinCommand(env), loadCommand(), healthCommand(env), versionCommand())
	for _, c := range append(root.Commands(), root) {
		c.Args = usageArgs(c.Args)
	}
	return root
}

// usageArgs makes what is wrong with a command's arguments a usage error.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if check == nil {
			return nil
		}
		if err := check(c, args); err != nil {
			return &codedError{exitUsage, fmt.Errorf("%w\nrun %s --help for what there is", err, c.CommandPath())}
		}
		return nil
	}
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		Run: func(c *cobra.Command, _ []string) { fmt.Fprintln(c.OutOrStdout(), "leadgate", version) },
	}
}
