// Package slack delivers alerts to Slack: with a bot token, or one way through
// an incoming webhook.
//
// A message is sent as rich as Slack accepts it: blocks, one plain block, text.
// Before an attempt with unknown outcome is repeated, the channel's history is
// searched for its message. Nothing that a visitor wrote can become a link, a
// mention or formatting.
//
// It must not know how clicks are answered. To render a new kind of alert, add
// its blocks to render; to understand a new refusal, add its word to errorWords.
package slack

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/message"
	"github.com/leadgate/leadgate/notify/outbound"
)

// Options are what senders need of the program.
type Options struct {
	Token   string       // bot token, xoxb-...; empty: incoming webhooks only
	APIURL  string       // default https://slack.com/api/
	HTTP    *http.Client // its transport carries the calls; nil: a default one
	Style   message.Style
	Buttons bool         // clicks are answered, so messages carry Claim and the other buttons
	Logger  *slog.Logger // nil discards
	Now     func() time.Time
}

// Check says what is wrong with a target, as far as its configuration tells.
func Check(t notify.Target) error {
	if t.Channel == "" && t.URL == "" {
		return errors.New("a slack target needs a channel, or the url of an incoming webhook")
	}
	if t.Concurrency > 1 {
		return errors.New("messages to slack go one after the other; leave concurrency out")
	}
	if t.URL != "" {
		_, err := outbound.ParseURL(t.URL)
		return err
	}
	return nil
}

// callTimeout bounds one call of Slack's API.
const callTimeout = 5 * time.Second

// Open returns the sender of a target: a bot, or an incoming webhook.
func Open(t notify.Target, o Options) (notify.Sender, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.APIURL = strings.TrimSuffix(cmp.Or(o.APIURL, slack.APIURL), "/") + "/"
	client := &http.Client{Timeout: callTimeout, CheckRedirect: outbound.NoRedirects}
	if o.HTTP != nil {
		client.Transport = o.HTTP.Transport
	}
	if t.URL != "" && (o.Token == "" || t.Channel == "") {
		return &hook{url: t.URL, o: o, client: outbound.Client{HTTP: client, Most: 64 << 10, Refused: hookError}}, nil
	}
	if o.Token == "" {
		return nil, errors.New("slack needs a bot token (LEADGATE_SLACK_BOT_TOKEN), or the target the url of an incoming webhook")
	}
	s := &bot{channel: t.Channel, o: o, opened: o.Now(), attempts: map[string]attempt{}, threads: map[string]string{}, most: message.MostLeads}
	s.api = slack.New(o.Token, slack.OptionAPIURL(o.APIURL),
		slack.OptionHTTPClient(outbound.Client{HTTP: client, Most: 4 << 20, Refused: proxyError}))
	return s, nil
}

// bot posts to one channel with a bot token.
type bot struct {
	channel string // as configured
	o       Options
	api     *slack.Client
	opened  time.Time

	sending sync.Mutex        // one message after the other
	before  map[string]string // Alert.ID -> ts of a message that an earlier process sent

	mu             sync.Mutex
	id             string             // of the channel, once an answer had it
	attempts       map[string]attempt // Alert.ID -> attempts that failed
	threads        map[string]string  // lead id -> receipt of the alert that this process sent
	searched       bool               // for what an earlier process sent
	most           int                // leads in one message, as far as Slack accepts them
	noHistoryUntil time.Time          // the token may not read the channel
}

// attempt is what a failed attempt leaves behind for the next one.
type attempt struct {
	at    time.Time // the first that Slack may have accepted; zero: none
	form  form      // the richest that Slack may still accept
	alone bool      // form is of the touch alone, not of a rollup with it
}

// rememberMost bounds what a sender remembers of touches and leads. Forgetting
// costs at worst a duplicate or a reply outside its thread.
const rememberMost = 5000

func (s *bot) Most() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.most
}

// Send posts one message. Before it repeats an attempt whose outcome is not
// known, it searches for that attempt's message.
func (s *bot) Send(ctx context.Context, alerts []notify.Alert) (string, error) {
	ctx = outbound.Traced(ctx, alerts)
	s.sending.Lock()
	defer s.sending.Unlock()
	found, left := s.reconcile(ctx, alerts)
	if len(left) == 0 {
		return found, nil
	}
	receipt, err := s.postRichest(ctx, left)
	if err != nil {
		return "", err
	}
	s.recordSuccess(left, receipt)
	return receipt, nil
}

// postRichest posts the richest form that Slack accepts.
func (s *bot) postRichest(ctx context.Context, alerts []notify.Alert) (receipt string, err error) {
	style := s.o.Style
	style.Now = s.o.Now()
	m := message.ComposeAll(alerts, style)
	thread := ""
	if len(alerts) == 1 {
		thread = s.thread(alerts[0])
	}
	for f := s.form(alerts); f <= plain; f++ {
		receipt, err = s.post(ctx, m, f, thread)
		if thread != "" && threadIsGone(err) {
			thread = ""
			receipt, err = s.post(ctx, m, f, thread)
		}
		if notify.ClassOf(err) != notify.BadContent {
			break
		}
		if len(alerts) > roomyLeads {
			return "", s.shrinkRollups(err)
		}
		s.o.Logger.Warn("slack refuses a message in this form", "form", f.String(), "touch_id", alerts[0].Touch.ID, "error", err)
		s.recordFailure(alerts, func(t *attempt) { t.form = min(f+1, plain) })
	}
	var e *notify.Error
	if errors.As(err, &e) && e.Ambiguous {
		s.recordFailure(alerts, func(t *attempt) { t.at = earlier(t.at, style.Now) })
	}
	return receipt, err
}

// post makes one call of chat.postMessage. Only a ts means success: slack-go
// returns none and no error for an empty answer.
func (s *bot) post(ctx context.Context, m message.Message, f form, thread string) (string, error) {
	r := render(m, f, s.o.Buttons)
	options := []slack.MsgOption{slack.MsgOptionText(r.text, false), slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl()}
	if f == plain { // nothing that could be refused
		options = append(options, slack.MsgOptionDisableMarkdown())
	} else {
		options = append(options, slack.MsgOptionBlocks(r.blocks...),
			slack.MsgOptionMetadata(slack.SlackMetadata{EventType: metadataType, EventPayload: metadataOf(m)}))
	}
	if _, ts, ok := strings.Cut(thread, "/"); ok {
		options = append(options, slack.MsgOptionTS(ts))
		if m.Kind == lead.Escalated {
			options = append(options, slack.MsgOptionBroadcast())
		}
	}
	channel, ts, err := s.api.PostMessageContext(ctx, s.channel, options...)
	if err != nil {
		return "", errorOf(err)
	}
	if ts == "" {
		return "", &notify.Error{Code: "no_ts", Ambiguous: true, Err: errors.New("slack answered without saying that it has the message")}
	}
	channel = cmp.Or(channel, s.channel)
	s.mu.Lock()
	s.id = channel
	s.mu.Unlock()
	return channel + "/" + ts, nil
}

// thread is the receipt of the alert that a repeat belongs to. An alert that was
// in flight when the repeat was decided on has been sent by now.
func (s *bot) thread(a notify.Alert) string {
	if a.Kind != lead.Repeat && a.Kind != lead.Escalated || a.Thread != "" {
		return a.Thread
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.threads[a.Lead.ID]
}

// form is the richest form that none of the alerts was refused in.
func (s *bot) form(alerts []notify.Alert) form {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := full
	for _, a := range alerts {
		// What was refused in a rollup may be accepted alone.
		if t := s.attempts[a.ID()]; t.alone == (len(alerts) == 1) {
			f = max(f, t.form)
		}
	}
	return f
}

// recordFailure keeps what an attempt has shown.
func (s *bot) recordFailure(alerts []notify.Alert, change func(*attempt)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.attempts) > rememberMost {
		clear(s.attempts)
	}
	for _, a := range alerts {
		t := s.attempts[a.ID()]
		if alone := len(alerts) == 1; t.alone != alone {
			t.alone, t.form = alone, full
		}
		change(&t)
		s.attempts[a.ID()] = t
	}
}

// recordSuccess forgets the attempts and keeps the thread.
func (s *bot) recordSuccess(alerts []notify.Alert, receipt string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.threads) > rememberMost {
		clear(s.threads)
	}
	for _, a := range alerts {
		delete(s.attempts, a.ID())
		if a.Kind == lead.HotAlert || a.Kind == lead.JustTurnedHot {
			s.threads[a.Lead.ID] = receipt
		}
	}
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// alarmRendered is an alarm as Slack shows it.
func alarmRendered(a notify.Alarm) rendered {
	r := rendered{text: escape("⚠️ " + message.Line(a.Title, 200)), blocks: []slack.Block{
		slack.NewHeaderBlock(plainObject("⚠️ "+a.Title, 150)), slack.NewSectionBlock(plainObject(a.Text, 2500), nil, nil)}}
	if a.URL != "" {
		r.blocks = append(r.blocks, slack.NewActionBlock("", buttonElement(message.Button{Action: "lead.open", Label: "Open leadgate", URL: a.URL})))
	}
	return r
}

// Alarm posts a message that is about no lead.
func (s *bot) Alarm(ctx context.Context, a notify.Alarm) error {
	r := alarmRendered(a)
	_, ts, err := s.api.PostMessageContext(ctx, s.channel, slack.MsgOptionText(r.text, false), slack.MsgOptionBlocks(r.blocks...),
		slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl())
	if err != nil {
		return errorOf(err)
	}
	if ts == "" {
		return &notify.Error{Code: "no_ts", Ambiguous: true, Err: errors.New("slack answered without saying that it has the message")}
	}
	return nil
}

// Probe checks the token, without posting anything.
// https://docs.slack.dev/reference/methods/auth.test
func (s *bot) Probe(ctx context.Context) error {
	if _, err := s.api.AuthTestContext(ctx); err != nil {
		return errorOf(err)
	}
	return nil
}
