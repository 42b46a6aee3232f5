package notify

import (
	"context"
	"errors"

	"github.com/slack-go/slack"
)

// alarmRendered is an alarm as Slack shows it.
func alarmRendered(a Alarm) rendered {
	r := rendered{text: escape("⚠️ " + line(a.Title, 200)), blocks: []slack.Block{
		slack.NewHeaderBlock(plainObject("⚠️ "+a.Title, 150)), slack.NewSectionBlock(plainObject(a.Text, 2500), nil, nil)}}
	if a.URL != "" {
		r.blocks = append(r.blocks, slack.NewActionBlock("", buttonElement(Button{Action: "lead.open", Label: "Open leadgate", URL: a.URL})))
	}
	return r
}

// Alarm posts a message that tells no lead.
func (s *slackBot) Alarm(ctx context.Context, a Alarm) error {
	r := alarmRendered(a)
	_, ts, err := s.api.PostMessageContext(ctx, s.channel, slack.MsgOptionText(r.text, false), slack.MsgOptionBlocks(r.blocks...),
		slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl())
	if err != nil {
		return slackError(err)
	}
	if ts == "" {
		return &Error{Code: "no_ts", Ambiguous: true, Err: errors.New("slack answered without saying that it has the message")}
	}
	return nil
}

// Alarm posts a message that tells no lead.
func (s *slackHook) Alarm(ctx context.Context, a Alarm) error { return s.post(ctx, alarmRendered(a)) }
