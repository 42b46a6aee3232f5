package slack

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/slack-go/slack"

	"github.com/leadgate/leadgate/lead"
)

// dialog asks for what a verb needs. Its one input is in the block "ask", under
// the action "answer".
type dialog struct {
	input func(a *App) slack.BlockElement
	// complete adds the answer to the command; a problem is for who answered.
	complete func(ctx context.Context, a *App, c *lead.Command, answer slack.BlockAction) (problem string)
}

var dialogs = map[lead.Need]dialog{
	lead.NeedsReason: {func(*App) slack.BlockElement {
		return slack.NewRadioButtonsBlockElement("answer", options("spam", "Spam or bot", "vendor", "Vendor or job seeker",
			"test", "Test by our own team", "fake", "Fake or unreachable contact")...)
	}, func(_ context.Context, _ *App, c *lead.Command, answer slack.BlockAction) string {
		c.Why = answer.SelectedOption.Value
		return ""
	}},
	lead.NeedsRep: {func(a *App) slack.BlockElement {
		var reps []string
		for _, r := range a.o.Reps() {
			reps = append(reps, r.Name, r.Name)
		}
		if len(reps) > 0 {
			return slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, nil, "answer", options(reps[:min(len(reps), 200)]...)...)
		}
		return slack.NewOptionsSelectBlockElement(slack.OptTypeUser, nil, "answer")
	}, func(ctx context.Context, a *App, c *lead.Command, answer slack.BlockAction) string {
		if c.To = answer.SelectedOption.Value; c.To == "" && answer.SelectedUser != "" {
			c.To = a.nameOf(ctx, answer.SelectedUser)
		}
		return ""
	}},
	lead.NeedsLead: {func(*App) slack.BlockElement {
		return slack.NewPlainTextInputBlockElement(nil, "answer")
	}, func(ctx context.Context, a *App, c *lead.Command, answer slack.BlockAction) string {
		other, err := a.o.API.OtherLead(ctx, answer.Value)
		if errors.Is(err, lead.ErrNotFound) {
			return "There is no such lead."
		}
		if err != nil {
			return a.outcome(nil, c.Verb, c.By, err)
		}
		c.To = other.ID
		return ""
	}},
}

// options are pairs of value and label.
func options(pairs ...string) (all []*slack.OptionBlockObject) {
	for i := 0; i+1 < len(pairs); i += 2 {
		all = append(all, slack.NewOptionBlockObject(pairs[i], plainWords(pairs[i+1], 75), nil))
	}
	return all
}

func plainWords(s string, most int) *slack.TextBlockObject {
	if r := []rune(s); len(r) > most {
		s = string(r[:most-1]) + "…"
	}
	return slack.NewTextBlockObject(slack.PlainTextType, s, false, false)
}

// asked is what a dialog remembers of the button that opened it.
type asked struct {
	Lead  string     `json:"lead"`
	Click lead.Click `json:"click"`
}

const dialogBlock = "ask"

// open opens a dialog, within the three seconds that Slack grants.
func (a *App) open(ctx context.Context, ic slack.InteractionCallback, id string, v lead.VerbRow) {
	if a.api == nil {
		a.whisper(ic, "Dialogs need the bot token of the app in leadgate's configuration.")
		return
	}
	l, err := a.o.Reader.Lead(ctx, id)
	if text := a.outcome(l, v.Verb, "", err); text != "" {
		a.whisper(ic, text)
		return
	}
	memory, err := json.Marshal(asked{id, clickOf(ic)})
	if err != nil {
		return // strings only
	}
	view := slack.ModalViewRequest{Type: slack.VTModal, CallbackID: "lead." + string(v.Verb), PrivateMetadata: string(memory),
		Title: plainWords(v.Title, 24), Submit: plainWords(v.Title, 24), Close: plainWords("Cancel", 24),
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			slack.NewSectionBlock(plainWords(called(l), 150), nil, nil),
			slack.NewInputBlock(dialogBlock, plainWords(v.Question, 150), nil, dialogs[v.Needs].input(a)),
		}}}
	a.afterwards("dialog", func(ctx context.Context) error {
		_, err := a.api.OpenViewContext(ctx, ic.TriggerID, view)
		return err
	})
}

// submit does what a dialog was for. What is wrong is shown in the dialog.
func (a *App) submit(ctx context.Context, ic slack.InteractionCallback, by string) any {
	v, _ := lead.Verb(strings.TrimPrefix(ic.View.CallbackID, "lead.")).Row()
	d, ok := dialogs[v.Needs]
	var from asked
	if !ok || ic.View.State == nil || json.Unmarshal([]byte(ic.View.PrivateMetadata), &from) != nil || from.Lead == "" {
		return inDialog(ic, "This dialog is of another version. Close it and try again.")
	}
	c := lead.Command{Verb: v.Verb, By: by, Click: from.Click}
	if problem := d.complete(ctx, a, &c, ic.View.State.Values[dialogBlock]["answer"]); problem != "" {
		return inDialog(ic, problem)
	}
	l, err := a.o.Actor.Act(ctx, from.Lead, c, 0)
	if text := a.outcome(l, v.Verb, by, err); text != "" {
		return inDialog(ic, text)
	}
	return nil
}

// inDialog shows a text at the dialog's input.
func inDialog(_ slack.InteractionCallback, text string) any {
	return slack.NewErrorsViewSubmissionResponse(map[string]string{dialogBlock: text})
}
