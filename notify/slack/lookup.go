package slack

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/message"
)

// metadataType marks our messages in Slack.
const metadataType = "leadgate_lead"

const (
	lookTimeout = 4 * time.Second // a look-up must leave time for the message
	lookPages   = 5               // of 200 messages
	lookMargin  = time.Minute     // Slack's clock is not ours
	blindFor    = time.Hour       // how long not to ask again for what may not be read
)

// metadataOf is what our other parts, and the look-up below, know a message by.
func metadataOf(m message.Message) map[string]any {
	payload := map[string]any{"kind": string(m.Kind)}
	if m.Notice != "" {
		payload["notice"] = m.Notice
	}
	if m.Kind != lead.Rollup && m.Kind != lead.DigestAlert {
		payload["lead_id"], payload["touch_id"], payload["rev"] = m.LeadID, m.TouchID, m.Rev
		return payload
	}
	var leads, touches []string
	for _, one := range m.Leads {
		leads, touches = append(leads, one.LeadID), append(touches, one.TouchID)
	}
	payload["lead_ids"], payload["touch_ids"] = leads, touches
	return payload
}

// reconcile looks for messages of earlier attempts whose outcome is not known:
// calls that were cut off, and once what the process before this one may have
// sent. It returns the receipt of what it found, and the alerts still to send.
// Without the right to read the channel all of them are sent.
func (s *bot) reconcile(ctx context.Context, alerts []notify.Alert) (receipt string, left []notify.Alert) {
	told := s.look(ctx, alerts)
	for _, a := range alerts {
		ts := told[a.ID()]
		if ts == "" {
			left = append(left, a)
			continue
		}
		receipt = s.where() + "/" + ts
		s.done([]notify.Alert{a}, receipt)
	}
	return receipt, left
}

// look returns the messages that may tell of these alerts: Alert.ID -> ts.
func (s *bot) look(ctx context.Context, alerts []notify.Alert) map[string]string {
	since, first := s.doubt(alerts)
	if since.IsZero() {
		return s.before
	}
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	thread := ""
	if len(alerts) == 1 && !first {
		_, thread, _ = strings.Cut(s.thread(alerts[0]), "/")
	}
	told, err := s.history(ctx, since.Add(-lookMargin), thread)
	if err != nil {
		e := errorOf(err)
		s.o.Logger.Warn("slack does not tell whether a message arrived; it is sent again", "code", e.Code)
		if e.Class != notify.Again {
			s.mu.Lock()
			s.blind = s.o.Now().Add(blindFor)
			s.mu.Unlock()
		}
		return nil
	}
	if first {
		s.before = told
	}
	return told
}

// doubt is the moment from which a message with one of these alerts may exist,
// zero if none can; first: the process before this one may have sent it.
func (s *bot) doubt(alerts []notify.Alert) (since time.Time, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.o.Now().Before(s.blind) || s.whereLocked() == "" {
		return since, false
	}
	for _, a := range alerts {
		if t := s.tries[a.ID()]; !t.at.IsZero() {
			since = earlier(since, t.at)
		}
		if !s.looked && a.Touch.ReceivedAt.Before(s.opened) {
			since, first = earlier(since, a.Touch.ReceivedAt), true
		}
	}
	s.looked = s.looked || first
	return since, first
}

// history returns the alerts that our messages since then tell of, with each
// message's ts. A thread is looked through instead of the channel if given.
func (s *bot) history(ctx context.Context, since time.Time, thread string) (map[string]string, error) {
	told := map[string]string{}
	oldest := strconv.FormatFloat(float64(since.UnixMilli())/1000, 'f', 6, 64)
	cursor := ""
	for range lookPages {
		var messages []slack.Message
		var err error
		if thread != "" {
			p := slack.GetConversationRepliesParameters{ChannelID: s.where(), Timestamp: thread, Cursor: cursor, Oldest: oldest, Limit: 200, IncludeAllMetadata: true}
			messages, _, cursor, err = s.api.GetConversationRepliesContext(ctx, &p)
		} else {
			p := slack.GetConversationHistoryParameters{ChannelID: s.where(), Cursor: cursor, Oldest: oldest, Limit: 200, IncludeAllMetadata: true}
			var page *slack.GetConversationHistoryResponse
			if page, err = s.api.GetConversationHistoryContext(ctx, &p); err == nil {
				messages, cursor = page.Messages, page.ResponseMetaData.NextCursor
			}
		}
		if err != nil {
			return nil, err
		}
		for _, m := range messages {
			if m.Metadata.EventType == metadataType {
				for _, id := range toldIn(m.Metadata.EventPayload) {
					told[id] = m.Timestamp
				}
			}
		}
		if cursor == "" {
			break
		}
	}
	return told, nil
}

// toldIn are the ids of the alerts that a message tells of.
func toldIn(payload map[string]any) (ids []string) {
	if notice, ok := payload["notice"].(string); ok {
		return []string{notice}
	}
	if id, ok := payload["touch_id"].(string); ok {
		ids = append(ids, id)
	}
	many, _ := payload["touch_ids"].([]any)
	for _, v := range many {
		if id, ok := v.(string); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// where is the channel's id, which history wants; empty while only a name is
// known.
func (s *bot) where() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.whereLocked()
}

func (s *bot) whereLocked() string {
	if s.id == "" && !slices.ContainsFunc([]string{"#", "@"}, func(p string) bool { return strings.HasPrefix(s.channel, p) }) {
		return s.channel
	}
	return s.id
}
