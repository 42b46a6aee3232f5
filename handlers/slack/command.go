package slack

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackutilsx"

	"github.com/leadgate/leadgate/handlers/inbox"
	"github.com/leadgate/leadgate/lead"
)

// commandMost is how many leads one answer lists.
const commandMost = 10

// lists are what /leads can show. Of the newest leads that match the query those
// are listed that one of the filters wants.
var lists = map[string]struct {
	title string
	empty string
	query lead.Query
	wants func(l *lead.Lead, by string) bool
}{
	"mine": {"Your open leads", "You have no open leads.", lead.Query{Status: lead.Claimed, Limit: 500},
		func(l *lead.Lead, by string) bool { return l.Claim != nil && l.Claim.By == by }},
	"hot": {"Hot and unclaimed", "No hot lead waits.", lead.Query{Status: lead.New, Temperature: &hot, Limit: 500},
		func(l *lead.Lead, _ string) bool { return l.Claim == nil && !l.Test }},
	"unclaimed": {"Unclaimed", "Every lead is taken.", lead.Query{Status: lead.New, Limit: 500},
		func(l *lead.Lead, _ string) bool {
			return l.Claim == nil && !l.Test && !l.NotALead && l.Temperature > lead.Cold
		}},
}

var hot = lead.Hot

const commandHelp = "`/leads` lists hot leads that nobody has and your own open ones. `/leads mine`, `/leads hot`, `/leads unclaimed` list one kind. " +
	"`/leads off until 14:00` keeps you out of the round robins, `/leads back` brings you in again."

// command answers what somebody typed after /leads; only that person sees it.
func (a *App) command(ctx context.Context, cmd slack.SlashCommand) (any, error) {
	by, refused, err := a.admit(ctx, cmd.TeamID, cmd.APIAppID, cmd.UserID, "", cmd.UserName)
	if err != nil {
		return nil, err
	}
	if refused != "" {
		return private(escaped(refused), nil), nil
	}
	words := strings.Fields(strings.ToLower(cmd.Text))
	if len(words) > 0 && (words[0] == "off" || words[0] == "back") {
		return a.off(ctx, by, strings.Join(words, " ")), nil
	}
	names := words
	if len(words) == 0 {
		names = []string{"hot", "mine"}
	}
	var blocks []slack.Block
	var text []string
	for _, name := range names {
		list, ok := lists[name]
		if !ok {
			return private(commandHelp, nil), nil
		}
		page, err := a.o.Reader.Leads(ctx, list.query)
		if err != nil {
			return private("The leads cannot be read just now. Try again in a moment.", nil), nil
		}
		n := 0
		for _, l := range page.Items {
			if !list.wants(l, by) {
				continue
			}
			if n == 0 {
				blocks = append(blocks, slack.NewHeaderBlock(plainWords(list.title, 150)))
			}
			if n++; n <= commandMost {
				blocks = append(blocks, a.row(l, len(blocks)))
			}
		}
		switch {
		case n == 0:
			text = append(text, list.empty)
			blocks = append(blocks, slack.NewContextBlock("", plainWords(list.empty, 150)))
		default:
			text = append(text, fmt.Sprintf("%s: %d", list.title, n))
		}
		if n > commandMost {
			blocks = append(blocks, slack.NewContextBlock("", plainWords(fmt.Sprintf("and %d more in the inbox", n-commandMost), 150)))
		}
	}
	return private(strings.Join(text, " "), blocks), nil
}

// off keeps somebody out of the round robins, or ends that.
func (a *App) off(ctx context.Context, by, words string) any {
	until, err := a.o.API.SetOff(ctx, by, by, strings.TrimPrefix(words, "off"))
	switch {
	case errors.Is(err, lead.ErrUntil):
		return private(escaped(fmt.Sprintf("That is no moment to come; %v.", lead.ErrUntil)), nil)
	case errors.Is(err, lead.ErrNotFound):
		return private("Only the reps of leadgate's configuration have turns.", nil)
	case err != nil:
		a.o.Logger.Error("a rep is off", "error", err)
		return private("That could not be kept just now, so nothing has changed. Try again in a moment.", nil)
	case until.IsZero():
		return private("You are back: leads are dealt to you again.", nil)
	}
	return private(fmt.Sprintf("No leads are dealt to you until <!date^%d^{date_short_pretty} {time}|%s>.", until.Unix(), until.UTC().Format("2 Jan 15:04 MST")), nil)
}

// row is one lead of a list, with the button that comes next.
func (a *App) row(l *lead.Lead, n int) slack.Block {
	since := "waits for " + inbox.Ago(l.CreatedAt, a.o.Now())
	button := slack.NewButtonBlockElement(fmt.Sprintf("lead.claim.%d", n), fmt.Sprintf("v1.%s.%d", l.ID, l.Revision), plainWords("Claim", 75))
	if l.Claim != nil {
		since = "yours for " + inbox.Ago(l.Claim.At, a.o.Now())
		button.ActionID, button.Text = fmt.Sprintf("lead.contacted.%d", n), plainWords("I made contact", 75)
	}
	button.AccessibilityLabel = plainWords(button.Text.Text+": "+called(l), 75).Text
	text := fmt.Sprintf("*<%s%s|%s>*  %s, score %d, %s", a.o.Inbox, l.ID, escaped(inbox.Brief(100, called(l))), l.Temperature, l.Score, since)
	return slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, text, false, true), nil, slack.NewAccessory(button))
}

// private is an answer that only the asking person sees.
func private(text string, blocks []slack.Block) any {
	answer := map[string]any{"response_type": "ephemeral", "text": text}
	if len(blocks) > 0 {
		answer["blocks"] = blocks
	}
	return answer
}

// escaped makes text safe for Slack, where three characters mean something, and
// leaves none of those that format or end a link's text.
func escaped(s string) string {
	return slackutilsx.EscapeMessage(strings.NewReplacer("*", "∗", "~", "∼", "`", "ˋ", "|", "¦", "\n", " ").Replace(s))
}
