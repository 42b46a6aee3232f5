package notify

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
)

var slackKind = Kind{
	Name: "slack",
	Doc:  "https://docs.slack.dev/reference/methods/chat.postMessage",
	Pace: Pace{N: 1, Per: time.Second}, // Slack's own limit for each channel
	Check: func(t Target) error {
		if t.Channel == "" && t.URL == "" {
			return errors.New("a slack target needs a channel, or the url of an incoming webhook")
		}
		if t.Concurrency > 1 {
			return errors.New("messages to slack go one after the other; leave concurrency out")
		}
		if t.URL != "" {
			_, err := parseURL(t.URL)
			return err
		}
		return nil
	},
	Open: openSlack,
}

// slackTimeout bounds one call of Slack's API.
const slackTimeout = 5 * time.Second

func openSlack(t Target, e Env) (Sender, error) {
	client := &http.Client{Timeout: slackTimeout, CheckRedirect: noRedirects}
	if e.HTTP != nil {
		client.Transport = e.HTTP.Transport
	}
	if t.URL != "" && (e.SlackToken == "" || t.Channel == "") {
		return &slackHook{url: t.URL, env: e, caller: caller{client: client, most: 64 << 10, refused: slackRefusal}}, nil
	}
	if e.SlackToken == "" {
		return nil, errors.New("slack needs a bot token (LEADGATE_SLACK_BOT_TOKEN), or the target the url of an incoming webhook")
	}
	s := &slackBot{channel: t.Channel, env: e, opened: e.Now(), log: e.Logger, tries: map[string]try{}, threads: map[string]string{}, most: MostLeads}
	s.api = slack.New(e.SlackToken, slack.OptionAPIURL(e.SlackAPIURL),
		slack.OptionHTTPClient(caller{client: client, most: 4 << 20, refused: slackStatus}))
	return s, nil
}

// slackBot posts to one channel with a bot token.
type slackBot struct {
	channel string // as configured
	env     Env
	api     *slack.Client
	opened  time.Time
	log     *slog.Logger

	sending sync.Mutex        // one message after the other
	before  map[string]string // Alert.ID -> ts of a message that an earlier process sent

	mu      sync.Mutex
	id      string            // the channel's, once Slack has told
	tries   map[string]try    // Alert.ID -> attempts that failed
	threads map[string]string // lead id -> receipt of the alert that this process sent
	looked  bool              // for what an earlier process sent
	most    int               // leads that Slack has not refused in one message
	blind   time.Time         // until then history is not asked for: it may not be read
}

// try is what an attempt that failed leaves behind for the next one.
type try struct {
	at    time.Time // the first that may have been taken all the same; zero: none
	form  form      // the richest that Slack may still take
	alone bool      // form is of the touch alone, not of a rollup with it
}

// rememberMost bounds what a sender remembers of touches and leads. Forgetting
// costs at worst a duplicate or a reply outside its thread.
const rememberMost = 5000

func (s *slackBot) Most() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.most
}

// Send posts one message. Before it repeats an attempt whose outcome is not
// known, it looks for that attempt's message.
func (s *slackBot) Send(ctx context.Context, alerts []Alert) (string, error) {
	if len(alerts) == 0 {
		return "", errNothing
	}
	s.sending.Lock()
	defer s.sending.Unlock()
	found, left := s.reconcile(ctx, alerts)
	if len(left) == 0 {
		return found, nil
	}
	receipt, err := s.degrade(ctx, left)
	if err != nil {
		return "", err
	}
	s.done(left, receipt)
	return receipt, nil
}

// degrade posts the richest form that Slack takes.
func (s *slackBot) degrade(ctx context.Context, alerts []Alert) (receipt string, err error) {
	style := s.env.Style
	style.Now = s.env.Now()
	m := composeAll(alerts, style)
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
		if ClassOf(err) != BadContent {
			break
		}
		if len(alerts) > roomyLeads {
			return "", s.fewer(err)
		}
		s.log.Warn("slack does not take a message in this form", "form", f.String(), "touch_id", alerts[0].Touch.ID, "error", err)
		s.failed(alerts, func(t *try) { t.form = min(f+1, plain) })
	}
	var e *Error
	if errors.As(err, &e) && e.Ambiguous {
		s.failed(alerts, func(t *try) { t.at = earlier(t.at, style.Now) })
	}
	return receipt, err
}

// post makes one call of chat.postMessage. Only a ts is success: slack-go calls
// an empty answer one as well.
func (s *slackBot) post(ctx context.Context, m Message, f form, thread string) (string, error) {
	r := render(m, f, s.env.Buttons)
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
		return "", slackError(err)
	}
	if ts == "" {
		return "", &Error{Code: "no_ts", Ambiguous: true, Err: errors.New("slack answered without saying that it has the message")}
	}
	channel = cmp.Or(channel, s.channel)
	s.mu.Lock()
	s.id = channel
	s.mu.Unlock()
	return channel + "/" + ts, nil
}

// thread is where a repeat belongs; an alert that was still on its way when the
// repeat was decided on is known here by now.
func (s *slackBot) thread(a Alert) string {
	if a.Kind != lead.Repeat && a.Kind != lead.Escalated || a.Thread != "" {
		return a.Thread
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.threads[a.Lead.ID]
}

// form is the richest form that none of the alerts was refused in.
func (s *slackBot) form(alerts []Alert) form {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := full
	for _, a := range alerts {
		// What was refused among others may be fine alone.
		if t := s.tries[a.ID()]; t.alone == (len(alerts) == 1) {
			f = max(f, t.form)
		}
	}
	return f
}

// failed notes what an attempt has shown.
func (s *slackBot) failed(alerts []Alert, note func(*try)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.tries) > rememberMost {
		clear(s.tries)
	}
	for _, a := range alerts {
		t := s.tries[a.ID()]
		if alone := len(alerts) == 1; t.alone != alone {
			t.alone, t.form = alone, full
		}
		note(&t)
		s.tries[a.ID()] = t
	}
}

// done forgets the attempts and remembers the thread.
func (s *slackBot) done(alerts []Alert, receipt string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.threads) > rememberMost {
		clear(s.threads)
	}
	for _, a := range alerts {
		delete(s.tries, a.ID())
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
