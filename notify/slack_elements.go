package notify

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"github.com/leadgate/leadgate/lead"
)

// blockIDs names the blocks of a message; a message that is updated must have
// new names, hence the revision.
func blockIDs(m Message) func(string) string {
	return func(part string) string { return fmt.Sprintf("%s.%s.%d", part, cut(m.LeadID, 100), m.Rev) }
}

// section is for trusted markup and what mrkdwn made inert.
func section(text, id string) *slack.SectionBlock {
	return slack.NewSectionBlock(markup(text), nil, nil, slack.SectionBlockOptionBlockID(id))
}

// markup never lets Slack find links or names by itself.
func markup(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.MarkdownType, text, false, true)
}

func plainObject(text string, most int) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, cmp.Or(cut(text, most), "-"), true, false)
}

// quote shows a visitor's words: rich text knows no markup.
func quote(text, id string) slack.Block {
	words := slack.NewRichTextSectionTextElement(text, nil)
	return slack.NewRichTextBlock(id, &slack.RichTextQuote{Type: slack.RTEQuote, Elements: []slack.RichTextSectionElement{words}})
}

// actions is the row of buttons, nil without any.
func actions(m Message, id string) slack.Block {
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

func buttonElement(b Button) *slack.ButtonBlockElement {
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

// withoutButtons leaves what works without anybody who answers clicks.
func withoutButtons(m Message) Message {
	var opens []Button
	for _, b := range m.Buttons {
		if b.URL != "" {
			opens = append(opens, b)
		}
	}
	m.Buttons, m.Menu = opens, nil
	leads := make([]Message, len(m.Leads))
	for i, one := range m.Leads {
		leads[i] = withoutButtons(one)
	}
	m.Leads = leads
	return m
}

// linesOf is a message in lines, for the simpler forms and the console.
func linesOf(m Message) []string {
	lines := []string{m.Header}
	for _, one := range m.Leads {
		s := one.Who + ": " + one.What
		if c := cmp.Or(one.Phone.Shown, one.Email.Shown); c != "" {
			s += ", " + c
		}
		lines = append(lines, cut(s, min(200, plainMost/len(m.Leads)-1)))
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

// plainMost is how long a plain text may be: Slack takes 40,000 characters, and
// an ampersand becomes five.
const plainMost = 7500

// plainText is the last resort: shown as text in which Slack looks for links
// by itself, so only the inbox's own may look like one.
func plainText(m Message) string {
	s := defang(strings.Join(linesOf(m), "\n"))
	if m.Email.Link != "" {
		s = replaceWord(s, defang(m.Email.Shown), m.Email.Shown)
	}
	s = escape(cut(s, plainMost))
	if m.URL != "" {
		s += "\n" + m.URL
	}
	return s
}

// replaceWord replaces a word where it stands between spaces, and not where it
// is part of another one.
func replaceWord(s, word, by string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, word)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		if alone := (before == "" && b.Len() == 0 || strings.HasSuffix(before, " ") || strings.HasSuffix(before, "\n")) &&
			(after == "" || after[0] == ' ' || after[0] == '\n'); alone {
			b.WriteString(by)
		} else {
			b.WriteString(word)
		}
		s = after
	}
}

// renderHook writes a message for an incoming webhook, which cannot answer
// clicks: Claim leads to the inbox.
func renderHook(m Message, f form) rendered {
	m = withoutButtons(m)
	for i := range m.Leads {
		m.Leads[i].URL = claimURL(m.Leads[i])
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
	if url := claimURL(m); url != "" {
		label := "Claim in leadgate"
		if url == m.URL {
			label = "Open in leadgate"
		}
		r.blocks = append(r.blocks, slack.NewActionBlock(id("act"), buttonElement(Button{Action: "lead.open", Label: label, About: cut("Open "+m.Who+" in leadgate", 75), URL: url, Primary: true})))
	}
	return r
}

// claimURL opens the lead and offers to claim it, unless somebody has or nobody
// needs to.
func claimURL(m Message) string {
	if m.URL == "" || m.Owner != "" || m.Ended || m.Kind == lead.TestAlert || m.Kind == lead.Repeat {
		return m.URL
	}
	return m.URL + "?do=claim"
}
