package slack

import (
	"context"
	"errors"
	"strings"

	"github.com/slack-go/slack"

	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/message"
)

// updateErrors mean that a message cannot be updated any more: it was deleted, or
// the workspace forbids editing.
// https://docs.slack.dev/reference/methods/chat.update#errors
var updateErrors = []string{"message_not_found", "cant_update_message", "edit_window_closed", "channel_not_found", "is_archived",
	"not_in_channel", "is_inactive", "streaming_state_conflict", "update_failed"}

// Update updates a message that Send posted, in the richest form that Slack accepts.
func (s *bot) Update(ctx context.Context, receipt string, alerts []notify.Alert) error {
	channel, ts, ok := strings.Cut(receipt, "/")
	if !ok {
		return &notify.Error{Class: notify.BadContent, Code: "nothing", Err: errors.New("the receipt names no message")}
	}
	style := s.o.Style
	style.Now = s.o.Now()
	m := message.ComposeAll(alerts, style)
	var err error
	for f := full; f <= plain; f++ {
		r := render(m, f, s.o.Buttons)
		// Blocks that are left out would stay, so a plain text takes their place.
		blocks := r.blocks
		if f == plain {
			blocks = []slack.Block{slack.NewSectionBlock(plainObject(strings.Join(linesOf(m), "\n"), 2500), nil, nil)}
		}
		options := []slack.MsgOption{slack.MsgOptionText(r.text, false), slack.MsgOptionBlocks(blocks...)}
		if f != plain {
			options = append(options, slack.MsgOptionMetadata(slack.SlackMetadata{EventType: metadataType, EventPayload: metadataOf(m)}))
		}
		if err = s.update(ctx, channel, ts, options); notify.ClassOf(err) != notify.BadContent {
			break
		}
		s.o.Logger.Warn("slack refuses an updated message in this form", "form", f.String(), "lead_id", m.LeadID, "error", err)
	}
	return err
}

// update makes one call of chat.update.
func (s *bot) update(ctx context.Context, channel, ts string, options []slack.MsgOption) error {
	_, done, _, err := s.api.UpdateMessageContext(ctx, channel, ts, options...)
	if err != nil {
		e := errorOf(err)
		for _, word := range updateErrors {
			if e.Code == word {
				return &notify.Error{Class: notify.BadTarget, Code: word, Err: errors.New("slack cannot rewrite the message any more")}
			}
		}
		return e
	}
	if done == "" {
		return &notify.Error{Code: "no_ts", Ambiguous: true, Err: errors.New("slack answered without saying that it rewrote the message")}
	}
	return nil
}
