package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/slack-go/slack"

	"github.com/leadgate/leadgate/lead"
)

// dialog asks for what a verb needs to know. Its one input is in the block
// "ask", under the action "answer".
type dialog struct {
	verb  lead.Verb
	title string
	label string
	input func(a *slackApp) slack.BlockElement
	// deed completes the deed with the answer; a problem is for who answered.
	deed func(ctx context.Context, a *slackApp, d *lead.Deed, answer slack.BlockAction) (problem string)
}

var dialogs = map[lead.Verb]*dialog{
	lead.VerbJunk: {lead.VerbJunk, "Mark as junk", "Why?", func(*slackApp) slack.BlockElement {
		return slack.NewRadioButtonsBlockElement("answer", options("spam", "Spam or bot", "vendor", "Vendor or job seeker",
			"test", "Test by our own team", "fake", "Fake or unreachable contact")...)
	}, func(_ context.Context, _ *slackApp, d *lead.Deed, answer slack.BlockAction) string {
		d.Why = answer.SelectedOption.Value
		return ""
	}},
	lead.VerbAssign: {lead.VerbAssign, "Assign the lead", "To whom?", func(a *slackApp) slack.BlockElement {
		var reps []string
		for _, r := range a.s.o.Reps() {
			reps = append(reps, r.Name, r.Name)
		}
		if len(reps) > 0 {
			return slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, nil, "answer", options(reps[:min(len(reps), 200)]...)...)
		}
		return slack.NewOptionsSelectBlockElement(slack.OptTypeUser, nil, "answer")
	}, func(ctx context.Context, a *slackApp, d *lead.Deed, answer slack.BlockAction) string {
		if d.To = answer.SelectedOption.Value; d.To == "" && answer.SelectedUser != "" {
			d.To = a.nameOf(ctx, answer.SelectedUser)
		}
		return ""
	}},
	lead.VerbDuplicate: {lead.VerbDuplicate, "Duplicate of", "Link, id or e-mail address of the other lead", func(*slackApp) slack.BlockElement {
		return slack.NewPlainTextInputBlockElement(nil, "answer")
	}, func(ctx context.Context, a *slackApp, d *lead.Deed, answer slack.BlockAction) string {
		other, err := a.s.otherLead(ctx, answer.Value)
		if errors.Is(err, lead.ErrNotFound) {
			return "There is no such lead."
		}
		if err != nil {
			return a.outcome(nil, d.Verb, d.By, err)
		}
		d.To = other.ID
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
func (a *slackApp) open(ctx context.Context, ic slack.InteractionCallback, id string, d *dialog) {
	if a.api == nil {
		a.whisper(ic, "Dialogs need the bot token of the app in leadgate's configuration.")
		return
	}
	l, err := a.s.o.Reader.Lead(ctx, id)
	if text := a.outcome(l, d.verb, "", err); text != "" {
		a.whisper(ic, text)
		return
	}
	memory, err := json.Marshal(asked{id, clickOf(ic)})
	if err != nil {
		return // strings only
	}
	view := slack.ModalViewRequest{Type: slack.VTModal, CallbackID: "lead." + string(d.verb), PrivateMetadata: string(memory),
		Title: plainWords(d.title, 24), Submit: plainWords(d.title, 24), Close: plainWords("Cancel", 24),
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			slack.NewSectionBlock(plainWords(called(l), 150), nil, nil),
			slack.NewInputBlock(dialogBlock, plainWords(d.label, 150), nil, d.input(a)),
		}}}
	a.afterwards("dialog", func(ctx context.Context) error {
		_, err := a.api.OpenViewContext(ctx, ic.TriggerID, view)
		return err
	})
}

// submit does what a dialog was for. What is wrong is shown in the dialog.
func (a *slackApp) submit(ctx context.Context, ic slack.InteractionCallback, by string) any {
	d := dialogs[lead.Verb(strings.TrimPrefix(ic.View.CallbackID, "lead."))]
	var from asked
	if d == nil || ic.View.State == nil || json.Unmarshal([]byte(ic.View.PrivateMetadata), &from) != nil || from.Lead == "" {
		return inDialog(ic, "This dialog is of another version. Close it and try again.")
	}
	deed := lead.Deed{Verb: d.verb, By: by, Click: from.Click}
	if problem := d.deed(ctx, a, &deed, ic.View.State.Values[dialogBlock]["answer"]); problem != "" {
		return inDialog(ic, problem)
	}
	l, err := a.s.o.Actor.Act(ctx, from.Lead, deed, 0)
	if text := a.outcome(l, d.verb, by, err); text != "" {
		return inDialog(ic, text)
	}
	return nil
}

// inDialog shows a text at the dialog's input.
func inDialog(_ slack.InteractionCallback, text string) any {
	return slack.NewErrorsViewSubmissionResponse(map[string]string{dialogBlock: text})
}
