package kind

import (
	"time"

	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/pace"
	"github.com/leadgate/leadgate/notify/slack"
)

var slackKind = Kind{
	Name:  "slack",
	Doc:   "https://docs.slack.dev/reference/methods/chat.postMessage",
	Pace:  pace.Pace{N: 1, Per: time.Second}, // Slack's own limit for each channel
	Check: slack.Check,
	Open: func(t notify.Target, e Env) (notify.Sender, error) {
		return slack.Open(t, slack.Options{Token: e.SlackToken, APIURL: e.SlackAPIURL, HTTP: e.HTTP, Style: e.Style, Buttons: e.Buttons, Logger: e.Logger, Now: e.Now})
	},
}
