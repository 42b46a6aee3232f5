package main

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/leadgate/leadgate/cmd/leadgate/app"
	"github.com/leadgate/leadgate/cmd/leadgate/client"
	"github.com/leadgate/leadgate/config"
	"github.com/leadgate/leadgate/handlers/provider"
	"github.com/leadgate/leadgate/notify/kind"
)

// addConfigFlags adds the settings that every command takes.
func addConfigFlags(f *pflag.FlagSet) {
	f.String("config", "", "configuration file (LEADGATE_CONFIG)")
	f.String("data-dir", "", "directory of the journal (LEADGATE_DATA_DIR)")
}

// environment is what a command runs in: variables as NAME=value.
type environment []string

// config reads flags, environment and file for a command.
func (env environment) config(c *cobra.Command) (*config.Config, error) {
	o := config.Options{Env: env, Flags: map[string]string{}, Signs: signs, Grants: grants, Providers: provider.Names(), Field: provider.IsField, CheckTarget: kind.Check}
	for _, k := range kind.All() {
		o.Kinds = append(o.Kinds, k.Name)
	}
	c.Flags().Visit(func(f *pflag.Flag) { o.Flags[f.Name] = f.Value.String() })
	o.Path = o.Flags["config"]
	delete(o.Flags, "config")
	cfg, err := config.Load(o)
	if err != nil {
		return nil, &codedError{exitConfig, err}
	}
	return cfg, nil
}

func signs(name string) (known, signs bool) {
	p, ok := provider.Find(name)
	return ok, ok && p.Verify != nil
}

func grants(name string) bool {
	p, ok := provider.Find(name)
	return ok && p.Fetch != nil && p.Fetch.Grant != nil
}

// server finds the server that has the configured data directory open.
func (env environment) server(c *cobra.Command) (client.Client, error) {
	cfg, err := env.config(c)
	if err != nil {
		return client.Client{}, err
	}
	return client.Find(cfg.DataDir)
}

func checkCommand(env environment) *cobra.Command {
	c := &cobra.Command{
		Use: "check", Short: "Check the configuration and print what is in force", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := env.config(c)
			if err != nil {
				return err
			}
			set, err := app.LoadRules(cfg)
			if err != nil {
				return err
			}
			for _, w := range cfg.Check(set.Knows) {
				fmt.Fprintln(c.ErrOrStderr(), "warning:", w)
			}
			cfg.Print(c.OutOrStdout())
			fmt.Fprintln(c.ErrOrStderr(), "the configuration is good")
			return nil
		},
	}
	addConfigFlags(c.Flags())
	return c
}
