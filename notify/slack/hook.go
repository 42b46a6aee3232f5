package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/slack-go/slack"

	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/message"
	"github.com/leadgate/leadgate/notify/outbound"
)

// Alarm posts a message that is about no lead.
func (s *hook) Alarm(ctx context.Context, a notify.Alarm) error { return s.post(ctx, alarmRendered(a)) }

// hook posts to an incoming webhook: one way, without buttons that answer,
// threads or receipts.
type hook struct {
	url    string // a secret
	o      Options
	client outbound.Client
}

// hookReceipt is the receipt of an incoming webhook, which returns none.
const hookReceipt = "webhook"

func (s *hook) Most() int { return message.MostLeads }

// Send posts one message, in a simpler form if Slack refuses the rich one.
func (s *hook) Send(ctx context.Context, alerts []notify.Alert) (string, error) {
	ctx = outbound.Traced(ctx, alerts)
	style := s.o.Style
	style.Now = s.o.Now()
	m := message.ComposeAll(alerts, style)
	var err error
	for f := full; f <= plain; f++ {
		if err = s.post(ctx, renderHook(m, f)); notify.ClassOf(err) != notify.BadContent {
			break
		}
	}
	if err != nil {
		return "", err
	}
	return hookReceipt, nil
}

func (s *hook) post(ctx context.Context, r rendered) error {
	body := map[string]any{"text": r.text, "unfurl_links": false, "unfurl_media": false}
	if len(r.blocks) > 0 {
		body["blocks"] = slack.Blocks{BlockSet: r.blocks}
	} else {
		body["mrkdwn"] = false
	}
	b, err := json.Marshal(body)
	if err != nil {
		return &notify.Error{Class: notify.BadContent, Code: "unprintable", Err: errors.New("the message could not be written as json")}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(b))
	if err != nil {
		return &notify.Error{Class: notify.BadTarget, Code: "bad_url", Err: errors.New("the webhook's url is not one")}
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return &notify.Error{Code: "cut_off", Ambiguous: true, Err: errors.New("slack's answer was cut off")}
	}
	if string(answer) != "ok" {
		return wordError(string(answer))
	}
	return nil
}
