package app

import (
	"fmt"
	"log/slog"

	"github.com/leadgate/leadgate/cmd/leadgate/console"
	"github.com/leadgate/leadgate/config"
	"github.com/leadgate/leadgate/jobs"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify/kind"
	"github.com/leadgate/leadgate/notify/message"
	"github.com/leadgate/leadgate/notify/pace"
)

// openOutlets makes a sender and a pace for every target.
func openOutlets(cfg *config.Config, public string, book *rulebook, people func() lead.People, out *console.Output, log *slog.Logger) ([]jobs.Outlet, error) {
	env := kind.Env{
		SlackToken: cfg.Slack.BotToken.Reveal(), SlackAPIURL: cfg.Slack.APIURL, AllowPrivate: cfg.AllowPrivateTargets,
		Style: message.Style{PublicURL: public, Label: func(a lead.Action) string { return book.now().Label(a) }, People: people}, Out: out, Color: out.Color, Logger: log,
		Buttons: cfg.Slack.SigningSecret != "" || cfg.Slack.AppToken != "",
	}
	var outlets []jobs.Outlet
	pacers := map[string]*pace.Pacer{}
	for _, target := range cfg.Targets {
		target = kind.Complete(target)
		sender, err := kind.Open(target, env)
		if err != nil {
			return nil, &ConfigError{fmt.Errorf("target %s: %w", target.Name, err)}
		}
		name := target.PaceName()
		if pacers[name] == nil {
			pacers[name] = pace.New(target.PaceName(), target.Pace)
		}
		outlets = append(outlets, jobs.Outlet{Target: target, Sender: sender, Pacer: pacers[name]})
	}
	return outlets, nil
}
