package notify

import (
	"regexp"

	"github.com/slack-go/slack"
)

// memberID is what may become a mention.
var memberID = regexp.MustCompile(`^[UW][A-Z0-9]{2,20}$`)

// remark is a line for the thread of an alert, which its note holds.
func remark(a Alert) Message {
	text := line(a.Note, 300)
	m := Message{Kind: a.Kind, Header: cut(text, 150), Text: cut(text, 120), Note: text, LeadID: a.Lead.ID, TouchID: a.Touch.ID}
	if memberID.MatchString(a.Member) {
		m.Member = a.Member
	}
	return m
}

func remarkBlocks(m Message) []slack.Block {
	text := mrkdwn(m.Note, 400)
	if m.Member != "" {
		text = "<@" + m.Member + "> " + text
	}
	return []slack.Block{section(text, blockIDs(m)("remark"))}
}
