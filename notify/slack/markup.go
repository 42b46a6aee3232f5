package slack

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/leadgate/leadgate/notify/message"
)

// mention mentions a recipient in Slack's markup, by name where there is no id.
func mention(c message.Recipient) string {
	var all []string
	for _, id := range c.Slack {
		if strings.HasPrefix(id, "S") {
			all = append(all, "<!subteam^"+id+">")
		} else {
			all = append(all, "<@"+id+">")
		}
	}
	if len(all) == 0 {
		return "*" + mrkdwn(c.Name, 120) + "*"
	}
	return strings.Join(all, " ")
}

// moment shows a time in the reader's own zone, with its day when that is not
// the day of since.
func moment(t, since time.Time) string {
	if t.YearDay() != since.YearDay() {
		return clockDay(t)
	}
	return clock(t)
}

// mrkdwn escapes text for Slack's markup: its three control characters are
// escaped, and the characters that format, which cannot be escaped, are replaced
// by ones that look alike. The result has at most most characters.
func mrkdwn(s string, most int) string {
	var b strings.Builder
	n, fits := 0, 0 // characters so far, and the bytes that leave room for an ellipsis
	before := '\n'
	for i, r := range s {
		after, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):])
		n += utf8.RuneCountInString(escapeRune(&b, r, before, after))
		if n <= most-1 {
			fits = b.Len()
		}
		if n > most {
			return strings.TrimRight(b.String()[:fits], "_ ") + "…" // an underscore that ended a word would format
		}
		before = r
	}
	return b.String()
}

// escapeRune writes one character escaped for markup, and returns it.
func escapeRune(b *strings.Builder, r, before, after rune) string {
	s := string(r)
	switch {
	case r == '&':
		s = "&amp;"
	case r == '<':
		s = "&lt;"
	case r == '>' && before == '\n': // would begin a quotation
		s = "›"
	case r == '>':
		s = "&gt;"
	case r == '*':
		s = "∗"
	case r == '~':
		s = "∼"
	case r == '`':
		s = "ˋ"
	case r == '_' && !(wordy(before) && wordy(after)): // within a word it formats nothing
		s = "ˍ"
	}
	b.WriteString(s)
	return s
}

func wordy(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// link is a contact as a link, or its escaped text.
func link(c message.Contact, most int) string {
	if c.Link == "" {
		return mrkdwn(c.Shown, most)
	}
	return "<" + c.Link + "|" + mrkdwn(c.Shown, most) + ">"
}

// clock shows a moment in the reader's own zone, in ours where Slack cannot.
func clock(t time.Time) string {
	return fmt.Sprintf("<!date^%d^{time}|%s>", t.Unix(), t.Format("15:04 MST"))
}

// clockDay shows a moment with its day.
func clockDay(t time.Time) string {
	return fmt.Sprintf("<!date^%d^{date_short_pretty} {time}|%s>", t.Unix(), t.Format("Mon 15:04 MST"))
}

func clockSeconds(t time.Time) string {
	return fmt.Sprintf("<!date^%d^{time_secs}|%s>", t.Unix(), t.Format("15:04:05 MST"))
}

// escape escapes the text beside the blocks, where only the three control
// characters have a meaning.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}
