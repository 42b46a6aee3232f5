package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/slack-go/slack"
)

// slackHook posts to an incoming webhook: one way, without buttons that answer,
// threads or receipts.
type slackHook struct {
	url    string // a secret
	env    Env
	caller caller
}

// hookReceipt stands for what an incoming webhook does not tell.
const hookReceipt = "webhook"

func (s *slackHook) Most() int { return MostLeads }

// Send posts one message, in a simpler form if Slack refuses the rich one.
func (s *slackHook) Send(ctx context.Context, alerts []Alert) (string, error) {
	if len(alerts) == 0 {
		return "", errNothing
	}
	style := s.env.Style
	style.Now = s.env.Now()
	m := composeAll(alerts, style)
	var err error
	for f := full; f <= plain; f++ {
		if err = s.post(ctx, renderHook(m, f)); ClassOf(err) != BadContent {
			break
		}
	}
	if err != nil {
		return "", err
	}
	return hookReceipt, nil
}

func (s *slackHook) post(ctx context.Context, r rendered) error {
	body := map[string]any{"text": r.text, "unfurl_links": false, "unfurl_media": false}
	if len(r.blocks) > 0 {
		body["blocks"] = slack.Blocks{BlockSet: r.blocks}
	} else {
		body["mrkdwn"] = false
	}
	b, err := json.Marshal(body)
	if err != nil {
		return &Error{Class: BadContent, Code: "unprintable", Err: errors.New("the message could not be written as json")}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(b))
	if err != nil {
		return &Error{Class: BadTarget, Code: "bad_url", Err: errors.New("the webhook's url is not one")}
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.caller.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return &Error{Code: "cut_off", Ambiguous: true, Err: errors.New("slack's answer was cut off")}
	}
	if string(answer) != "ok" {
		return slackWord(string(answer))
	}
	return nil
}
