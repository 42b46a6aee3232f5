package doctor

import (
	"context"

	"github.com/leadgate/leadgate/lead/ops"
	"github.com/leadgate/leadgate/notify/slack"
)

// slack asks Slack what the bot may do.
func (d Doctor) slack(ctx context.Context) (all []ops.Finding) {
	const check = "slack"
	s := d.Config().Slack
	switch {
	case s.BotToken == "" && s.WebhookURL == "":
		return []ops.Finding{finding(check, ops.Warns, "set LEADGATE_SLACK_BOT_TOKEN and LEADGATE_SLACK_CHANNEL, or run leadgate slack setup", "not connected: alerts are shown on the console and in the inbox only")}
	case s.BotToken == "":
		return []ops.Finding{finding(check, ops.Warns, "use a bot token: with it leads can be claimed in Slack and messages are kept up to date", "connected by an incoming webhook, which can only post")}
	}
	bot, err := slack.CheckToken(ctx, s.BotToken.Reveal(), s.APIURL)
	if err != nil {
		return []ops.Finding{finding(check, ops.Fails, "run leadgate slack setup; what is to be told waits until then", "%s", err)}
	}
	for _, m := range bot.Missing {
		all = append(all, finding(check, ops.Warns, "add the scope and install the app again", "the bot lacks the scope %s", m))
	}
	if len(all) == 0 {
		all = append(all, finding(check, ops.Fine, "", "%s of %s may do all that it has to", bot.Name, bot.Team))
	}
	return all
}
