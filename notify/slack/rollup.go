package slack

import (
	"errors"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/message"
)

const (
	// roomyLeads is how many leads get a block each, with their Claim beside
	// them; Slack accepts 50 blocks. More are listed in groups.
	roomyLeads = 40
	// groupLeads is how many numbered lines stand above one row of Claims.
	groupLeads = 5
	// rollupBudget is how many characters all blocks hold; Slack's bound, which
	// is not documented, was seen between 13,100 and 13,300.
	rollupBudget = 12_600
)

// rollupBlocks lists several leads, each with its own Claim. The more there are,
// the shorter each one is.
func rollupBlocks(m message.Message) []slack.Block {
	blocks := []slack.Block{slack.NewHeaderBlock(plainObject(m.Header, 150))}
	if !m.RespondBy.IsZero() {
		say := "Respond by *" + clock(m.RespondBy) + "*."
		if m.Late {
			say = "*Late:* the first answer was due at *" + clock(m.RespondBy) + "*."
		}
		blocks = append(blocks, slack.NewContextBlock("", markup(say)))
	}
	if m.Kind == lead.DigestAlert && !m.NextAt.IsZero() {
		say := clockDay(m.Received) + " to " + clockDay(m.NextAt) + "."
		if m.Note != "" {
			say += " " + mrkdwn(m.Note, 400) + "."
		}
		blocks = append(blocks, slack.NewContextBlock("", markup(say)))
	}
	if len(m.Leads) > roomyLeads {
		return append(blocks, groupBlocks(m.Leads)...)
	}
	for i, one := range m.Leads {
		button, ok := firstButton(one, i)
		b := section(rollupText(one, !ok, rollupBudget/roomyLeads-len("I made contact"), "\n"), fmt.Sprintf("lead.%d.%s.%d", i, message.Cut(one.LeadID, 60), one.Rev))
		if ok {
			b.Accessory = slack.NewAccessory(buttonElement(button))
		}
		blocks = append(blocks, b)
	}
	if m.More != "" {
		more := mrkdwn(m.More, 100)
		if m.URL != "" {
			more = "<" + m.URL + "|" + more + ">"
		}
		blocks = append(blocks, slack.NewContextBlock("", markup(more)))
	}
	return blocks
}

// groupBlocks lists leads in numbered lines, with a row of numbered Claims under
// every few of them.
func groupBlocks(leads []message.Message) (blocks []slack.Block) {
	budget := rollupBudget/len(leads) - len("100. \nClaim 100")
	for from := 0; from < len(leads); from += groupLeads {
		var lines []string
		var claims []slack.BlockElement
		rev := int64(0)
		for i := from; i < min(from+groupLeads, len(leads)); i++ {
			button, ok := firstButton(leads[i], i)
			if ok = ok && leads[i].Owner == ""; ok {
				button.Label = fmt.Sprintf("%s %d", button.Label, i+1)
				claims = append(claims, buttonElement(button))
			}
			lines = append(lines, fmt.Sprintf("%d. %s", i+1, rollupText(leads[i], !ok, budget, "  ")))
			rev += leads[i].Rev
		}
		id := fmt.Sprintf("%d.%s.%d", from, message.Cut(leads[from].LeadID, 60), rev)
		blocks = append(blocks, section(strings.Join(lines, "\n"), "leads."+id))
		if len(claims) > 0 {
			blocks = append(blocks, slack.NewActionBlock("claims."+id, claims...))
		}
	}
	return blocks
}

// rollupText is what fits of one lead: who, what they want, who has them or how to
// reach them; open: with a link, because there is no button.
func rollupText(one message.Message, open bool, budget int, between string) string {
	text := "*" + mrkdwn(one.Who, min(90, budget/2)) + "*  " + mrkdwn(one.What, min(50, budget/4))
	add := func(more string) {
		if len([]rune(text))+len([]rune(more)) <= budget {
			text += more
		}
	}
	if one.Change != "" {
		add("  " + one.Change)
	}
	switch {
	case one.Owner != "":
		add(", *" + mrkdwn(one.Owner, min(40, budget/5)) + "* has it")
	case one.Ended:
		add(", " + mrkdwn(one.State, 60))
	}
	if open && one.URL != "" {
		add("  <" + one.URL + "|Open lead>")
	}
	for _, c := range []message.Contact{one.Phone, one.Email} {
		if c.Shown == "" {
			continue
		}
		if long := between + link(c, 60); len([]rune(text))+len([]rune(long)) <= budget {
			text += long
			continue
		}
		add(between + mrkdwn(c.Shown, 60))
	}
	return text
}

// firstButton is what can be clicked for the lead with this number in a rollup.
func firstButton(one message.Message, i int) (message.Button, bool) {
	if len(one.Buttons) == 0 || one.Buttons[0].URL != "" {
		return message.Button{}, false
	}
	b := one.Buttons[0]
	b.Action = fmt.Sprintf("%s.%d", b.Action, i)
	b.Primary = false // many green buttons stand out no more
	return b, true
}

// shrinkRollups is what a refused rollup means: its leads are sent again at once,
// in smaller rollups, as are all that follow.
func (s *bot) shrinkRollups(err error) error {
	s.mu.Lock()
	s.most = roomyLeads
	s.mu.Unlock()
	e := &notify.Error{Class: notify.Again, Code: "invalid_blocks", Err: err}
	var refused *notify.Error
	if errors.As(err, &refused) {
		e.Code, e.Err = refused.Code, refused.Err
	}
	s.o.Logger.Warn("slack refuses so many leads in one message; they are sent in smaller ones", "code", e.Code, "most", roomyLeads)
	return e
}
