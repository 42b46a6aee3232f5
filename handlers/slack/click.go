package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/slack-go/slack"

	"github.com/leadgate/leadgate/handlers/api"
	"github.com/leadgate/leadgate/handlers/inbox"
	"github.com/leadgate/leadgate/lead"
)

// interact does what somebody pressed. The answer is what Slack is sent back at
// once: nothing, or what is wrong with a dialog. By then what was pressed is durable.
func (a *App) interact(ctx context.Context, ic slack.InteractionCallback) (any, error) {
	by, refused, err := a.admit(ctx, ic.Team.ID, ic.APIAppID, ic.User.ID, ic.User.TeamID, ic.User.Name)
	if err != nil {
		return nil, err
	}
	switch ic.Type {
	case slack.InteractionTypeBlockActions:
		for _, action := range ic.ActionCallback.BlockActions {
			if refused != "" {
				a.whisper(ic, refused)
				break
			}
			a.press(ctx, ic, action, by)
		}
	case slack.InteractionTypeViewSubmission:
		if refused != "" {
			return inDialog(ic, refused), nil
		}
		return a.submit(ctx, ic, by), nil
	}
	return nil, nil
}

// press does what one button or menu stands for.
func (a *App) press(ctx context.Context, ic slack.InteractionCallback, action *slack.BlockAction, by string) {
	value := action.Value
	if action.SelectedOption.Value != "" {
		value = action.SelectedOption.Value
	}
	id, verb, ok := pressed(action.ActionID, value)
	if !ok {
		return // opens a page, or is of another version
	}
	if row, _ := verb.Row(); row.Needs != lead.NeedsNothing {
		a.open(ctx, ic, id, row)
		return
	}
	l, err := a.o.Actor.Act(ctx, id, lead.Command{Verb: verb, By: by, Click: clickOf(ic)}, 0)
	switch text := a.outcome(l, verb, by, err); {
	case text != "":
		a.whisper(ic, text)
	case ic.Container.IsEphemeral: // which nobody rewrites
		a.whisper(ic, done(l, verb))
	}
}

// pressed reads a button: lead.claim or lead.claim.N with v1.LEAD.REVISION, a
// menu with v1.LEAD.REVISION.VERB. The revision tells a stale button; what counts
// is what the lead is now.
func pressed(actionID, value string) (leadID string, verb lead.Verb, ok bool) {
	parts := strings.Split(value, ".")
	if len(parts) < 3 || parts[0] != "v1" || parts[1] == "" {
		return "", "", false
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(actionID, "lead."), ".")
	if name == "more" {
		if len(parts) != 4 {
			return "", "", false
		}
		return parts[1], lead.Verb(parts[3]), true
	}
	row, _ := lead.Verb(name).Row()
	return parts[1], row.Verb, row.Button != ""
}

func clickOf(ic slack.InteractionCallback) lead.Click {
	c := lead.Click{Member: ic.User.ID}
	if ic.Container.MessageTs != "" && ic.Container.ChannelID != "" && !ic.Container.IsEphemeral {
		c.Receipt = ic.Container.ChannelID + "/" + ic.Container.MessageTs
	}
	return c
}

// outcome says to who pressed why nothing came of it; empty when all is well.
func (a *App) outcome(l *lead.Lead, v lead.Verb, by string, err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, lead.ErrTwoClaims), errors.Is(err, lead.ErrSameLead):
		return api.WhyApart(err)
	case lead.IsConflict(err) && l != nil && l.Claim != nil && l.Claim.By != by:
		return fmt.Sprintf("%s has %s since %s ago.", l.Claim.By, called(l), inbox.Ago(l.Claim.At, a.o.Now()))
	case lead.IsConflict(err):
		return "The lead has changed meanwhile. Look again."
	case errors.Is(err, lead.ErrNotFound):
		return "This lead is not known here any more."
	case errors.Is(err, lead.ErrWhom):
		return "Say whom."
	}
	a.o.Logger.Error("a click in slack came to nothing", "verb", v, "error", err)
	return "That could not be kept just now, so nothing has changed. Try again in a moment."
}

// done says what has been done, where no message shows it.
func done(l *lead.Lead, v lead.Verb) string {
	if row, _ := v.Row(); row.Reply != "" {
		return fmt.Sprintf(row.Reply, called(l))
	}
	return "Done: " + called(l) + "."
}

// called is how a lead is spoken of.
func called(l *lead.Lead) string {
	p := l.Person
	p.Fill()
	for _, name := range []string{p.Name, p.Email, p.Phone} {
		if name != "" && p.Company != "" && name == p.Name {
			return name + ", " + p.Company
		}
		if name != "" {
			return name
		}
	}
	return "this lead"
}

// whisper tells only the person who pressed.
func (a *App) whisper(ic slack.InteractionCallback, text string) {
	if !a.slacks(ic.ResponseURL) {
		return
	}
	a.afterwards("whisper", func(ctx context.Context) error {
		body, err := json.Marshal(map[string]any{"response_type": "ephemeral", "replace_original": false, "text": escaped(text)})
		if err != nil {
			return err
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, ic.ResponseURL, bytes.NewReader(body))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := (&http.Client{Timeout: slackTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(req)
		if err != nil {
			return errors.New("no answer")
		}
		return resp.Body.Close()
	})
}

// slacks says whether a URL of a payload is Slack's own.
func (a *App) slacks(link string) bool {
	u, err := url.Parse(link)
	if err != nil || u.Host == "" {
		return false
	}
	api, err := url.Parse(a.o.APIURL)
	return err == nil && u.Host == api.Host && u.Scheme == api.Scheme || u.Scheme == "https" && u.Host == "hooks.slack.com"
}
