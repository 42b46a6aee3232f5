package notify

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"github.com/leadgate/leadgate/lead"
)

// form is how rich a message is. Each is sent when Slack refuses the one before.
type form int

const (
	full    form = iota // blocks as designed
	compact             // one plain block, and the buttons
	plain               // text only
)

func (f form) String() string { return [...]string{"full", "compact", "plain"}[f] }

// rendered is what Slack is given.
type rendered struct {
	text   string
	blocks []slack.Block
}

func composeAll(alerts []Alert, s Style) Message {
	if len(alerts) == 1 && alerts[0].Kind != lead.DigestAlert {
		return Compose(alerts[0], s)
	}
	return ComposeRollup(alerts, s)
}

// render writes a message for a bot. Without buttons only what opens a page is
// left to click.
func render(m Message, f form, buttons bool) rendered {
	if !buttons {
		m = withoutButtons(m)
	}
	r := rendered{text: escape(strings.ReplaceAll(m.Text, "://", "[:]//"))}
	switch {
	case f == plain, f == compact && len(m.Leads) > 0: // one block has no room for all of them
		return rendered{text: plainText(m)}
	case f == compact:
		r.blocks = []slack.Block{slack.NewSectionBlock(plainObject(strings.Join(linesOf(m), "\n"), 2500), nil, nil)}
		if b := actions(m, blockIDs(m)("act")); b != nil {
			r.blocks = append(r.blocks, b)
		}
	case m.Erased:
		r.blocks = []slack.Block{slack.NewSectionBlock(plainObject(m.Header, 150), nil, nil)}
	case len(m.Leads) > 0:
		r.blocks = rollupBlocks(m)
	case m.Kind == lead.Remark:
		r.blocks = remarkBlocks(m)
	case m.Kind == lead.Repeat:
		r.blocks = repeatBlocks(m)
	case m.Kind == lead.Escalated:
		r.blocks = escalationBlocks(m)
	default:
		r.blocks = leadBlocks(m)
	}
	return r
}

// leadBlocks is the alert of one lead, in the order in which a busy person
// reads: who and what, how to reach them by when, their words, facts, why.
func leadBlocks(m Message) []slack.Block {
	id := blockIDs(m)
	blocks := []slack.Block{slack.NewHeaderBlock(plainObject(m.Header, 150), slack.HeaderBlockOptionBlockID(id("h")))}
	if m.Ended {
		blocks = append(blocks, slack.NewContextBlock(id("state"), markup(mrkdwn(m.State+". "+summaryOf(m), 900))))
		if b := actions(m, id("act")); b != nil {
			blocks = append(blocks, b)
		}
		return blocks
	}
	if who := whoLines(m); who != "" {
		blocks = append(blocks, section(who, id("who")))
	}
	if m.Quote != "" {
		blocks = append(blocks, quote(m.Quote, id("msg")))
	}
	switch {
	case m.Owner != "":
		if s := summaryOf(m); s != "" {
			blocks = append(blocks, slack.NewContextBlock(id("facts"), markup(mrkdwn(s, 900))))
		}
	case len(m.Facts) > 0:
		var fields []*slack.TextBlockObject
		for _, f := range m.Facts {
			fields = append(fields, markup("*"+f.Name+"*\n"+mrkdwn(f.Text, 400)))
		}
		blocks = append(blocks, slack.NewSectionBlock(nil, fields, nil, slack.SectionBlockOptionBlockID(id("facts"))))
	}
	var why []slack.MixedElement
	if name, reasons, ok := strings.Cut(m.Why, ": "); ok {
		why = append(why, markup("*"+name+":* "+mrkdwn(reasons, 900)))
	}
	if m.NextStep != "" {
		why = append(why, markup("*Next:* "+mrkdwn(m.NextStep, 400)))
	}
	if len(why) > 0 {
		blocks = append(blocks, slack.NewContextBlock(id("why"), why...))
	}
	if b := actions(m, id("act")); b != nil {
		blocks = append(blocks, b)
	}
	return append(blocks, slack.NewContextBlock(id("meta"), markup(received(m))))
}

// whoLines are the deadline, the ways to reach the person, and who that is.
func whoLines(m Message) string {
	var lines []string
	switch {
	case m.Owner != "":
		lines = append(lines, "*"+mrkdwn(m.Owner, 120)+"* has this lead. "+mrkdwn(m.State, 120)+".")
	case m.For.Name != "":
		lines = append(lines, "For "+mention(m.For))
	}
	switch {
	case m.Owner != "", m.RespondBy.IsZero():
	case m.Late:
		lines = append(lines, "*Late:* the answer was due at *"+moment(m.RespondBy, m.Received)+"*")
	default:
		lines = append(lines, "Respond by *"+moment(m.RespondBy, m.Received)+"*")
	}
	if m.State != "" && m.Owner == "" {
		lines = append(lines, mrkdwn(m.State, 120)+".")
	}
	if c := contacts(m); c != "" {
		lines = append(lines, c)
	}
	if m.About != "" {
		lines = append(lines, mrkdwn(m.About, 300))
	}
	return strings.Join(lines, "\n")
}

func contacts(m Message) string {
	var ways []string
	if m.Phone.Shown != "" {
		ways = append(ways, ":telephone_receiver: "+link(m.Phone, 100))
	}
	if m.Email.Shown != "" {
		ways = append(ways, ":email: "+link(m.Email, 200))
	}
	return strings.Join(ways, "   ")
}

func received(m Message) string {
	s := "Received " + clockSeconds(m.Received) + ", " + m.Told + "."
	if m.Note != "" {
		s += " " + mrkdwn(strings.TrimSuffix(m.Note, "."), 300) + "."
	}
	return s
}

// repeatBlocks is a short reply in the thread of the earlier alert.
func repeatBlocks(m Message) []slack.Block {
	id := blockIDs(m)
	text := ""
	if m.Owner != "" {
		text = "For *" + mrkdwn(m.Owner, 120) + "*: "
	}
	text += "*new activity"
	if m.Since != "" {
		text += ", " + m.Since + " after the alert"
	}
	what := m.What
	if len(m.Facts) > 0 && m.Facts[0].Name == askedForFact {
		what = m.Facts[0].Text
	}
	text += ":* " + mrkdwn(what, 400) + fmt.Sprintf(". Score *%d*.", m.Score)
	blocks := []slack.Block{section(text, id("rep"))}
	if m.Quote != "" {
		blocks = append(blocks, quote(m.Quote, id("rep.msg")))
	}
	if b := actions(m, id("rep.act")); b != nil {
		blocks = append(blocks, b)
	}
	return blocks
}

// escalationBlocks reminds in the thread, and in the channel, that nobody has
// the lead.
func escalationBlocks(m Message) []slack.Block {
	id := blockIDs(m)
	if m.Owner != "" || m.Ended {
		blocks := []slack.Block{section("*"+mrkdwn(m.Header, 200)+"*\n"+mrkdwn(m.State, 120)+".", id("esc"))}
		if b := actions(m, id("esc.act")); b != nil {
			blocks = append(blocks, b)
		}
		return blocks
	}
	text := "⏰ *" + mrkdwn(m.Who, 300) + "* is still unclaimed"
	if m.Since != "" {
		text += " after *" + m.Since + "*"
	}
	text += " (" + mrkdwn(m.What, 120) + fmt.Sprintf(", score %d).", m.Score)
	if m.For.Name != "" {
		text += "\n" + mention(m.For) + ", this is yours now."
	}
	if m.Next.Name != "" {
		text += " " + mention(Called{Name: m.Next.Name}) + " is next at " + moment(m.NextAt, m.Received) + "."
	}
	if m.Overdue != "" {
		text += " (This comes " + m.Overdue + " late.)"
	}
	if m.Note != "" {
		text += "\n" + mrkdwn(m.Note, 400)
	}
	if c := contacts(m); c != "" {
		text += "\n" + c
	}
	blocks := []slack.Block{section(text, id("esc"))}
	if b := actions(m, id("esc.act")); b != nil {
		blocks = append(blocks, b)
	}
	return blocks
}
