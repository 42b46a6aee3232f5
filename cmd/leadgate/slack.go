package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/leadgate/leadgate/cmd/leadgate/app"
	"github.com/leadgate/leadgate/cmd/leadgate/console"
	"github.com/leadgate/leadgate/config"
	"github.com/leadgate/leadgate/handlers/provider"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/rules"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/kind"
	"github.com/leadgate/leadgate/notify/message"
	"github.com/leadgate/leadgate/notify/slack"
)

func slackCommand(env environment) *cobra.Command {
	c := &cobra.Command{Use: "slack", Short: "Set Slack up, test it, see what it would show"}
	setup := &cobra.Command{
		Use: "setup", Short: "Make the Slack app, check its token, post a test",
		Long: "Setup prints the link on which Slack makes the app, waits for the bot token and a channel, checks what the\n" +
			"token may do, and posts a test alert. Without public_url the app uses Socket Mode, which needs no public\n" +
			"address. Nothing is stored: it prints what to set.",
		Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error { return slackSetup(c, env) },
	}
	test := &cobra.Command{
		Use: "test", Short: "Post a test alert to every Slack target", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return slackTest(c, env) },
	}
	var name, action string
	preview := &cobra.Command{
		Use: "preview FILE", Short: "Print the alert of a payload as Slack would get it",
		Long: "Preview reads a payload from a file (- for standard input) as a source would and prints the message as JSON,\n" +
			"which Slack's Block Kit Builder shows. Nothing is sent or kept.",
		Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
			return slackPreview(c, env, args[0], name, lead.Action(action))
		},
	}
	preview.Flags().StringVar(&name, "provider", "", "whose format it is (default json, or form)")
	preview.Flags().StringVar(&action, "action", "demo_request", "the source's action, for payloads that do not say")
	for _, sub := range []*cobra.Command{setup, test, preview} {
		addConfigFlags(sub.Flags())
		sub.Args = usageArgs(sub.Args)
		c.AddCommand(sub)
	}
	return c
}

// slackSetup leads through making the app.
func slackSetup(c *cobra.Command, env environment) error {
	cfg, err := env.config(c)
	if err != nil {
		return err
	}
	talk, in := c.ErrOrStderr(), bufio.NewScanner(c.InOrStdin())
	fmt.Fprintf(talk, "1. Make the app here, and install it to your workspace:\n\n   %s\n\n", slack.InstallURL(slack.Manifest(cfg.PublicURL)))
	if cfg.PublicURL == "" {
		fmt.Fprintln(talk, "   Then: Basic Information, App-Level Tokens: make one with connections:write (LEADGATE_SLACK_APP_TOKEN).")
	} else {
		fmt.Fprintln(talk, "   Then: Basic Information, Signing Secret (LEADGATE_SLACK_SIGNING_SECRET).")
	}
	token, channel := cfg.Slack.BotToken.Reveal(), cfg.Slack.Channel
	if token == "" {
		token = ask(talk, in, "2. OAuth & Permissions, Bot User OAuth Token (xoxb-...): ")
	}
	if token == "" {
		return errors.New("no bot token yet; run leadgate slack setup again when you have it, or set LEADGATE_SLACK_BOT_TOKEN")
	}
	if channel == "" {
		channel = ask(talk, in, "3. The channel for hot leads, its id (C0...) or #name: ")
	}
	if channel == "" {
		return errors.New("no channel yet; run leadgate slack setup again, or set LEADGATE_SLACK_CHANNEL")
	}
	if err := checkBot(c.Context(), talk, token, cfg.Slack.APIURL); err != nil {
		return err
	}
	if err := postTest(c.Context(), cfg, token, notify.Target{Name: "slack", Kind: "slack", Channel: channel}); err != nil {
		return fmt.Errorf("post a test to %s: %w", channel, err)
	}
	fmt.Fprintf(talk, "A test alert is in %s. Set, before leadgate starts:\n", channel)
	out := c.OutOrStdout()
	fmt.Fprintf(out, "LEADGATE_SLACK_BOT_TOKEN=<the bot token>\nLEADGATE_SLACK_CHANNEL=%s\n", channel)
	if cfg.PublicURL == "" {
		fmt.Fprintln(out, "LEADGATE_SLACK_APP_TOKEN=<the app-level token>")
	} else {
		fmt.Fprintln(out, "LEADGATE_SLACK_SIGNING_SECRET=<the signing secret>")
	}
	return nil
}

// ask waits for a line; empty at the end of the input.
func ask(talk io.Writer, in *bufio.Scanner, question string) string {
	fmt.Fprint(talk, question)
	if !in.Scan() {
		fmt.Fprintln(talk)
		return ""
	}
	return strings.TrimSpace(in.Text())
}

func checkBot(ctx context.Context, talk io.Writer, token, apiURL string) error {
	bot, err := slack.CheckToken(ctx, token, apiURL)
	if err != nil {
		return err
	}
	fmt.Fprintf(talk, "The token is %s's in %s.\n", console.Plain(bot.Name), console.Plain(bot.Team))
	for _, m := range bot.Missing {
		fmt.Fprintln(talk, "  It lacks", m)
	}
	return nil
}

// slackTest posts to each Slack target and says of each how it went.
func slackTest(c *cobra.Command, env environment) error {
	cfg, err := env.config(c)
	if err != nil {
		return err
	}
	if token := cfg.Slack.BotToken.Reveal(); token != "" {
		if err := checkBot(c.Context(), c.ErrOrStderr(), token, cfg.Slack.APIURL); err != nil {
			return err
		}
	}
	var failed []error
	n := 0
	for _, t := range cfg.Targets {
		if t.Kind != "slack" {
			continue
		}
		n++
		if err := postTest(c.Context(), cfg, cfg.Slack.BotToken.Reveal(), t); err != nil {
			failed = append(failed, fmt.Errorf("target %s: %w", t.Name, err))
			continue
		}
		fmt.Fprintf(c.OutOrStdout(), "%s: a test alert is in %s\n", t.Name, cmp.Or(t.Channel, "the webhook's channel"))
	}
	if n == 0 {
		return &codedError{exitConfig, errors.New("there is no Slack target; run leadgate slack setup")}
	}
	return errors.Join(failed...)
}

func postTest(ctx context.Context, cfg *config.Config, token string, t notify.Target) error {
	s, err := kind.Open(t, kind.Env{SlackToken: token, SlackAPIURL: cfg.Slack.APIURL, Style: message.Style{PublicURL: cfg.PublicURL}})
	if err != nil {
		return err
	}
	a := sample(time.Now().UTC())
	_, err = s.Send(ctx, []notify.Alert{a})
	return err
}

// sample is a test alert about nobody.
func sample(now time.Time) notify.Alert {
	id := lead.NewID(now)
	t := &lead.Touch{ID: id, LeadID: id, Source: "slack-test", Action: "demo_request", At: now, ReceivedAt: now, Test: true,
		Person: lead.Person{Name: "Grace Hopper", Company: "Acme Corp", Email: "grace@acme.example", Phone: "+14155550100"}, Message: "This is a test of leadgate. Nobody waits."}
	l := &lead.Lead{ID: id, Status: lead.New, Test: true, CreatedAt: now, UpdatedAt: now}
	l.Take(t)
	l.Verdict = rules.Default().ClassifyTouch(t, now)
	return notify.Alert{Kind: lead.TestAlert, Lead: l, Touch: t}
}

// slackPreview prints what Slack would get of a payload's first touch.
func slackPreview(c *cobra.Command, env environment, file, name string, action lead.Action) error {
	cfg, err := env.config(c)
	if err != nil {
		return err
	}
	set, err := app.LoadRules(cfg)
	if err != nil {
		return err
	}
	body, err := readFileOrStdin(c, file)
	if err != nil {
		return err
	}
	p, ok := provider.Find(cmp.Or(name, guessProvider(body)))
	if !ok {
		return &codedError{exitUsage, fmt.Errorf("no provider is called %q; there are %s", name, strings.Join(provider.Names(), ", "))}
	}
	now := time.Now().UTC()
	touches, err := p.Touches(&provider.Request{Method: http.MethodPost, URL: &url.URL{Path: "/in/" + p.Name}, Header: http.Header{}, Body: body, Now: now,
		Source: provider.Source{Name: p.Name, Action: action}})
	if err != nil {
		return errors.New(console.Plain(fmt.Sprintf("read %s as %s: %v", file, p.Name, err)))
	}
	if len(touches) == 0 {
		return fmt.Errorf("%s holds no touch, so nobody would hear", file)
	}
	t := &touches[0]
	t.ID, t.ReceivedAt = cmp.Or(t.ID, lead.NewID(now)), now
	t.Action = cmp.Or(t.Action, action)
	l := &lead.Lead{ID: t.ID, Status: lead.New, CreatedAt: now, UpdatedAt: now, Revision: 1}
	l.Take(t)
	l.Verdict = set.ClassifyTouch(t, now)
	b, err := slack.JSON([]notify.Alert{{Kind: lead.HotAlert, Lead: l, Touch: t}},
		message.Style{PublicURL: cmp.Or(cfg.PublicURL, "http://"+cfg.Listen), Label: set.Label, Now: now}, true)
	if err != nil {
		return err
	}
	fmt.Fprintln(c.OutOrStdout(), string(b))
	return nil
}
