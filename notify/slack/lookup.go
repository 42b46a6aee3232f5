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
	searchTimeout = 4 * time.Second // leaves time for the message
	searchPages   = 5               // of 200 messages
	searchMargin  = time.Minute     // Slack's clock is not ours
	historyPause  = time.Hour       // after the token was refused the history
)

// metadataOf is what a message is recognised by: in clicks, and in the search below.
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

// reconcile searches for messages of earlier attempts whose outcome is not known:
// of calls that were cut off, and once of what the process before this one may
// have sent. It returns the receipt of what it found, and the alerts still to
// send. Without the right to read the channel all of them are sent.
func (s *bot) reconcile(ctx context.Context, alerts []notify.Alert) (receipt string, left []notify.Alert) {
	posted := s.findPosted(ctx, alerts)
	for _, a := range alerts {
		ts := posted[a.ID()]
		if ts == "" {
			left = append(left, a)
			continue
		}
		receipt = s.channelID() + "/" + ts
		s.recordSuccess([]notify.Alert{a}, receipt)
	}
	return receipt, left
}

// findPosted returns the messages that may hold these alerts: Alert.ID -> ts.
func (s *bot) findPosted(ctx context.Context, alerts []notify.Alert) map[string]string {
	since, first := s.uncertainSince(alerts)
	if since.IsZero() {
		return s.before
	}
	ctx, cancel := context.WithTimeout(ctx, searchTimeout)
	defer cancel()
	thread := ""
	if len(alerts) == 1 && !first {
		_, thread, _ = strings.Cut(s.thread(alerts[0]), "/")
	}
	posted, err := s.history(ctx, since.Add(-searchMargin), thread)
	if err != nil {
		e := errorOf(err)
		s.o.Logger.Warn("slack cannot be searched for a message that may have arrived; it is sent again", "code", e.Code)
		if e.Class != notify.Again {
			s.mu.Lock()
			s.noHistoryUntil = s.o.Now().Add(historyPause)
			s.mu.Unlock()
		}
		return nil
	}
	if first {
		s.before = posted
	}
	return posted
}

// uncertainSince is the moment from which a message with one of these alerts may
// exist, zero if none can; first: the process before this one may have sent it.
func (s *bot) uncertainSince(alerts []notify.Alert) (since time.Time, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.o.Now().Before(s.noHistoryUntil) || s.channelIDLocked() == "" {
		return since, false
	}
	for _, a := range alerts {
		if t := s.attempts[a.ID()]; !t.at.IsZero() {
			since = earlier(since, t.at)
		}
		if !s.searched && a.Touch.ReceivedAt.Before(s.opened) {
			since, first = earlier(since, a.Touch.ReceivedAt), true
		}
	}
	s.searched = s.searched || first
	return since, first
}

// history returns the alerts in our messages since then, with each message's ts.
// If a thread is given, it is searched instead of the channel.
func (s *bot) history(ctx context.Context, since time.Time, thread string) (map[string]string, error) {
	posted := map[string]string{}
	oldest := strconv.FormatFloat(float64(since.UnixMilli())/1000, 'f', 6, 64)
	cursor := ""
	for range searchPages {
		var messages []slack.Message
		var err error
		if thread != "" {
			p := slack.GetConversationRepliesParameters{ChannelID: s.channelID(), Timestamp: thread, Cursor: cursor, Oldest: oldest, Limit: 200, IncludeAllMetadata: true}
			messages, _, cursor, err = s.api.GetConversationRepliesContext(ctx, &p)
		} else {
			p := slack.GetConversationHistoryParameters{ChannelID: s.channelID(), Cursor: cursor, Oldest: oldest, Limit: 200, IncludeAllMetadata: true}
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
				for _, id := range alertIDs(m.Metadata.EventPayload) {
					posted[id] = m.Timestamp
				}
			}
		}
		if cursor == "" {
			break
		}
	}
	return posted, nil
}

// alertIDs are the ids of the alerts in a message.
func alertIDs(payload map[string]any) (ids []string) {
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

// channelID is the channel's id, which history needs; empty while only a name is
// known.
func (s *bot) channelID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.channelIDLocked()
}

func (s *bot) channelIDLocked() string {
	if s.id == "" && !slices.ContainsFunc([]string{"#", "@"}, func(p string) bool { return strings.HasPrefix(s.channel, p) }) {
		return s.channel
	}
	return s.id
}
