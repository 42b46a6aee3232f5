package slack

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify/message"
)

func replyBlocks(m message.Message) []slack.Block {
	text := mrkdwn(m.Note, 400)
	if m.Member != "" {
		text = "<@" + m.Member + "> " + text
	}
	return []slack.Block{section(text, blockIDs(m)("remark"))}
}

// form is how rich a message is. Each is tried when Slack refuses the one before.
type form int

const (
	full    form = iota // blocks as designed
	compact             // one plain block, and the buttons
	plain               // text only
)

func (f form) String() string { return [...]string{"full", "compact", "plain"}[f] }

// rendered is the text and the blocks of a message.
type rendered struct {
	text   string
	blocks []slack.Block
}

// render renders a message for a bot. Without buttons only those that open a page
// are left.
func render(m message.Message, f form, buttons bool) rendered {
	if !buttons {
		m = withoutButtons(m)
	}
	r := rendered{text: escape(strings.ReplaceAll(m.Text, "://", "[:]//"))}
	switch {
	case f == plain, f == compact && len(m.Leads) > 0: // one block cannot hold all of them
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
	case m.Kind == lead.ThreadReply:
		r.blocks = replyBlocks(m)
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
func leadBlocks(m message.Message) []slack.Block {
	id := blockIDs(m)
	blocks := []slack.Block{slack.NewHeaderBlock(plainObject(m.Header, 150), slack.HeaderBlockOptionBlockID(id("h")))}
	if m.Ended {
		blocks = append(blocks, slack.NewContextBlock(id("state"), markup(mrkdwn(m.State+". "+m.Summary(), 900))))
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
		if s := m.Summary(); s != "" {
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
func whoLines(m message.Message) string {
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

func contacts(m message.Message) string {
	var ways []string
	if m.Phone.Shown != "" {
		ways = append(ways, ":telephone_receiver: "+link(m.Phone, 100))
	}
	if m.Email.Shown != "" {
		ways = append(ways, ":email: "+link(m.Email, 200))
	}
	return strings.Join(ways, "   ")
}

func received(m message.Message) string {
	s := "Received " + clockSeconds(m.Received) + ", " + m.Delay + "."
	if m.Note != "" {
		s += " " + mrkdwn(strings.TrimSuffix(m.Note, "."), 300) + "."
	}
	return s
}

// repeatBlocks is a short reply in the thread of the earlier alert.
func repeatBlocks(m message.Message) []slack.Block {
	id := blockIDs(m)
	text := ""
	if m.Owner != "" {
		text = "For *" + mrkdwn(m.Owner, 120) + "*: "
	}
	text += "*new activity"
	if m.Since != "" {
		text += ", " + m.Since + " after the alert"
	}
	text += ":* " + mrkdwn(m.AskedFor(), 400) + fmt.Sprintf(". Score *%d*.", m.Score)
	blocks := []slack.Block{section(text, id("rep"))}
	if m.Quote != "" {
		blocks = append(blocks, quote(m.Quote, id("rep.msg")))
	}
	if b := actions(m, id("rep.act")); b != nil {
		blocks = append(blocks, b)
	}
	return blocks
}

// escalationBlocks is the reminder that the lead is unclaimed, in the thread and
// in the channel.
func escalationBlocks(m message.Message) []slack.Block {
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
		text += " " + mention(message.Recipient{Name: m.Next.Name}) + " is next at " + moment(m.NextAt, m.Received) + "."
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

// blockIDs names the blocks of a message; a message that is updated must have
// new names, hence the revision.
func blockIDs(m message.Message) func(string) string {
	return func(part string) string { return fmt.Sprintf("%s.%s.%d", part, message.Cut(m.LeadID, 100), m.Rev) }
}

// section is for trusted markup and what mrkdwn made inert.
func section(text, id string) *slack.SectionBlock {
	return slack.NewSectionBlock(markup(text), nil, nil, slack.SectionBlockOptionBlockID(id))
}

// markup is text in which Slack finds no links or names by itself.
func markup(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.MarkdownType, text, false, true)
}

func plainObject(text string, most int) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, cmp.Or(message.Cut(text, most), "-"), true, false)
}

// quote shows a visitor's words as rich text, which has no markup.
func quote(text, id string) slack.Block {
	words := slack.NewRichTextSectionTextElement(text, nil)
	return slack.NewRichTextBlock(id, &slack.RichTextQuote{Type: slack.RTEQuote, Elements: []slack.RichTextSectionElement{words}})
}

// actions is the row of buttons, nil without any.
func actions(m message.Message, id string) slack.Block {
	var elements []slack.BlockElement
	for _, b := range m.Buttons {
		elements = append(elements, buttonElement(b))
	}
	if len(m.Menu) > 0 {
		var options []*slack.OptionBlockObject
		for _, b := range m.Menu {
			options = append(options, slack.NewOptionBlockObject(b.Value, plainObject(b.Label, 75), nil))
		}
		elements = append(elements, slack.NewOverflowBlockElement(m.Menu[0].Action, options...))
	}
	if len(elements) == 0 {
		return nil
	}
	return slack.NewActionBlock(id, elements...)
}

func buttonElement(b message.Button) *slack.ButtonBlockElement {
	e := slack.NewButtonBlockElement(b.Action, b.Value, plainObject(b.Label, 75))
	e.AccessibilityLabel, e.URL = b.About, b.URL
	if b.Primary {
		e.Style = slack.StylePrimary
	}
	if b.Ask != "" {
		e.Confirm = slack.NewConfirmationBlockObject(plainObject(b.Label+"?", 100), plainObject(b.Ask, 300), plainObject(b.Label, 30), plainObject("Cancel", 30))
	}
	return e
}

// withoutButtons leaves the buttons that work where clicks are not answered.
func withoutButtons(m message.Message) message.Message {
	var opens []message.Button
	for _, b := range m.Buttons {
		if b.URL != "" {
			opens = append(opens, b)
		}
	}
	m.Buttons, m.Menu = opens, nil
	leads := make([]message.Message, len(m.Leads))
	for i, one := range m.Leads {
		leads[i] = withoutButtons(one)
	}
	m.Leads = leads
	return m
}

// linesOf is a message in lines, for the simpler forms.
func linesOf(m message.Message) []string {
	lines := []string{m.Header}
	for _, one := range m.Leads {
		s := one.Who + ": " + one.What
		if c := cmp.Or(one.Phone.Shown, one.Email.Shown); c != "" {
			s += ", " + c
		}
		lines = append(lines, message.Cut(s, min(200, plainMost/len(m.Leads)-1)))
	}
	for _, s := range []string{m.State, m.Phone.Shown, m.Email.Shown, m.About} {
		if s != "" {
			lines = append(lines, s)
		}
	}
	if m.Quote != "" {
		lines = append(lines, "“"+m.Quote+"”")
	}
	for _, s := range []string{m.Why, m.NextStep, m.Note} {
		if s != "" {
			lines = append(lines, s)
		}
	}
	return lines
}

// plainMost is how long a plain text may be: Slack accepts 40,000 characters, and
// an ampersand becomes five.
const plainMost = 7500

// plainText is the form of last resort. Slack makes links in it by itself, so only
// the inbox's own may look like one.
func plainText(m message.Message) string {
	s := m.Defang(strings.Join(linesOf(m), "\n"))
	s = escape(message.Cut(s, plainMost))
	if m.URL != "" {
		s += "\n" + m.URL
	}
	return s
}

// renderHook renders a message for an incoming webhook, where clicks are not
// answered: Claim leads to the inbox.
func renderHook(m message.Message, f form) rendered {
	m = withoutButtons(m)
	for i := range m.Leads {
		m.Leads[i].URL = m.Leads[i].ClaimURL()
	}
	if f != full || len(m.Leads) > 0 {
		return render(m, f, false)
	}
	r := render(m, f, false)
	id := blockIDs(m)
	r.blocks = []slack.Block{slack.NewHeaderBlock(plainObject(m.Header, 150), slack.HeaderBlockOptionBlockID(id("h")))}
	text := whoLines(m)
	if m.Why != "" {
		_, reasons, _ := strings.Cut(m.Why, ": ")
		text += fmt.Sprintf("\nScore %d: %s", m.Score, mrkdwn(reasons, 900))
	}
	if text = strings.Trim(text, "\n"); text != "" {
		r.blocks = append(r.blocks, section(text, id("who")))
	}
	if m.Quote != "" {
		r.blocks = append(r.blocks, quote(m.Quote, id("msg")))
	}
	if url := m.ClaimURL(); url != "" {
		label := "Claim in leadgate"
		if url == m.URL {
			label = "Open in leadgate"
		}
		r.blocks = append(r.blocks, slack.NewActionBlock(id("act"), buttonElement(message.Button{Action: "lead.open", Label: label, About: message.Cut("Open "+m.Who+" in leadgate", 75), URL: url, Primary: true})))
	}
	return r
}
