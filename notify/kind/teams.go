package kind

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/message"
	"github.com/leadgate/leadgate/notify/outbound"
	"github.com/leadgate/leadgate/notify/pace"
)

var teamsKind = Kind{
	Name: "teams",
	Doc:  "https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook",
	Pace: pace.Pace{N: 1, Per: time.Second},
	Check: func(t notify.Target) error {
		return outbound.RequireURL(t.URL, "a teams target needs the url of a workflow")
	},
	Open: openTeams,
}

// teamsMost is how many leads one card lists: Teams accepts 28 KB.
const teamsMost = 20

// teams posts cards to the webhook of a Teams workflow: one way, its buttons
// lead to the inbox.
type teams struct {
	url    string // a secret
	env    Env
	client outbound.Client
}

func openTeams(t notify.Target, e Env) (notify.Sender, error) {
	if err := outbound.CheckURL(t.URL, e.AllowPrivate); err != nil {
		return nil, err
	}
	return &teams{url: t.URL, env: e, client: outbound.New(e.AllowPrivate)}, nil
}

func (s *teams) Most() int { return teamsMost }

// Send posts one card. The receipt is the workflow's run, if Teams returns it.
func (s *teams) Send(ctx context.Context, alerts []notify.Alert) (string, error) {
	ctx = outbound.Traced(ctx, alerts)
	style := s.env.Style
	style.Now = s.env.Now()
	return s.post(ctx, cardOf(message.ComposeAll(alerts, style)))
}

// Alarm posts a card that is about no lead.
func (s *teams) Alarm(ctx context.Context, a notify.Alarm) error {
	c := card{Body: []any{sentence(a.Title, "large", true), sentence(a.Text, "", false)}}
	c.open("Open leadgate", a.URL)
	_, err := s.post(ctx, c)
	return err
}

func (s *teams) post(ctx context.Context, c card) (string, error) {
	c.Schema, c.Type, c.Version = "http://adaptivecards.io/schemas/adaptive-card.json", "AdaptiveCard", "1.4"
	c.MSTeams.Width = "Full"
	b, err := json.Marshal(map[string]any{"type": "message", "attachments": []any{map[string]any{
		"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": nil, "content": c}}})
	if err != nil {
		return "", &notify.Error{Class: notify.BadContent, Code: "unprintable", Err: errors.New("the card could not be written as json")}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(b))
	if err != nil {
		return "", &notify.Error{Class: notify.BadTarget, Code: "bad_url", Err: errors.New("the target's url is not one")}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "leadgate")
	resp, err := s.client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return "", &notify.Error{Code: "cut_off", Ambiguous: true, Err: errors.New("the answer was cut off")}
	}
	return cmp.Or(message.Line(resp.Header.Get("X-Ms-Workflow-Run-Id"), 100), fmt.Sprintf("http_%d", resp.StatusCode)), nil
}

// card is an Adaptive Card. What visitors wrote stands in text runs only, which
// have no markup; text blocks have.
// https://adaptivecards.io/explorer/TextRun.html
type card struct {
	Schema  string `json:"$schema"`
	Type    string `json:"type"`
	Version string `json:"version"`
	MSTeams struct {
		Width string `json:"width"`
	} `json:"msteams"`
	FallbackText string `json:"fallbackText,omitempty"`
	Body         []any  `json:"body"`
	Actions      []any  `json:"actions,omitempty"`
}

func (c *card) open(title, url string) {
	if url != "" {
		c.Actions = append(c.Actions, openURL(title, url))
	}
}

func openURL(title, url string) any {
	return map[string]string{"type": "Action.OpenUrl", "title": title, "url": url}
}

// cardOf writes a message in the order in which a busy person reads.
func cardOf(m message.Message) card {
	c := card{Body: []any{sentence(m.Header, "large", true)}, FallbackText: m.Text}
	if s := m.DueLine(); s != "" {
		c.Body = append(c.Body, sentence(s, "", true))
	}
	for _, one := range m.Leads {
		c.Body = append(c.Body, leadRow(one))
	}
	if len(m.Leads) > 0 {
		for _, s := range nonEmpty(m.More, m.Note) {
			c.Body = append(c.Body, sentence(s, "small", false))
		}
		c.open("Open the inbox", m.URL)
		return c
	}
	for _, s := range []string{strings.Join(nonEmpty(m.Phone.Shown, m.Email.Shown), "   "), m.About} {
		if s != "" {
			c.Body = append(c.Body, sentence(s, "", false))
		}
	}
	if m.Quote != "" {
		c.Body = append(c.Body, map[string]any{"type": "Container", "style": "emphasis", "items": []any{sentence(m.Quote, "", false)}})
	}
	for _, f := range m.Facts {
		c.Body = append(c.Body, block("", run(f.Name+": ", true), run(f.Text, false)))
	}
	for _, s := range []string{m.Why, m.NextStep, m.Note} {
		if s != "" {
			c.Body = append(c.Body, sentence(s, "small", false))
		}
	}
	if url := m.ClaimURL(); url != m.URL {
		c.open("Claim", url)
	}
	c.open("Open lead", m.URL)
	return c
}

// leadRow is one lead of several.
func leadRow(m message.Message) any {
	runs := []any{run(m.Who, true), run("  "+m.Row(), false)}
	if c := cmp.Or(m.Phone.Shown, m.Email.Shown); c != "" {
		runs = append(runs, run("  "+c, false))
	}
	if url := m.ClaimURL(); url != "" {
		runs = append(runs, map[string]any{"type": "TextRun", "text": "  Open", "color": "accent", "selectAction": openURL("Open", url)})
	}
	return block("", runs...)
}

// sentence is a line of text in one style.
func sentence(text, size string, bold bool) any { return block(size, run(text, bold)) }

func run(text string, bold bool) any {
	r := map[string]any{"type": "TextRun", "text": text}
	if bold {
		r["weight"] = "bolder"
	}
	return r
}

func block(size string, runs ...any) any {
	if size != "" {
		for _, r := range runs {
			r.(map[string]any)["size"] = size
		}
	}
	return map[string]any{"type": "RichTextBlock", "inlines": runs}
}
