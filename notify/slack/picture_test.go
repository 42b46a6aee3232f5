package slack

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify/message"
	"github.com/leadgate/leadgate/notify/notifytest"
)

// The picture of an alert in the README is drawn from the blocks that are posted.
const picture = "../../docs/alert.svg"

func TestPicture(t *testing.T) {
	got := drawn(render(message.Compose(notifytest.Grace(lead.HotAlert), testStyle), full, true).blocks)
	if *notifytest.Update {
		if err := os.WriteFile(filepath.FromSlash(picture), got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(filepath.FromSlash(picture)); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not what the alert looks like now (%v); run go test ./notify/slack -run Picture -update and look at it", picture, err)
	}
}

// canvas writes lines of text from top to bottom.
type canvas struct {
	bytes.Buffer
	y int
}

const (
	pictureWidth = 760
	pictureLeft  = 28
)

func (c *canvas) text(x, size int, weight, fill, s string) {
	fmt.Fprintf(c, `<text x="%d" y="%d" font-size="%d" font-weight="%s" fill="%s">`, x, c.y, size, weight, fill)
	xml.EscapeText(c, []byte(s)) // a buffer takes everything
	c.WriteString("</text>\n")
}

var (
	pictureDate = regexp.MustCompile(`<!date\^[0-9]+\^[^|]+\|([^>]+)>`)
	pictureLink = regexp.MustCompile(`<[^|>]+\|([^>]+)>`)
)

// plainly is markup as it is read.
func plainly(s string) string {
	s = pictureLink.ReplaceAllString(pictureDate.ReplaceAllString(s, "$1"), "$1")
	return strings.NewReplacer("*", "", ":telephone_receiver:", "☎", ":email:", "✉", "&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(s)
}

// wrapped breaks text into lines of at most n characters.
func wrapped(s string, n int) (lines []string) {
	for line := range strings.SplitSeq(s, "\n") {
		at := ""
		for word := range strings.FieldsSeq(line) {
			if at != "" && len([]rune(at+" "+word)) > n {
				lines, at = append(lines, at), ""
			}
			at = strings.TrimSpace(at + " " + word)
		}
		lines = append(lines, at)
	}
	return lines
}

func drawn(blocks []slack.Block) []byte {
	c := &canvas{y: 22}
	for _, b := range blocks {
		switch b := b.(type) {
		case *slack.HeaderBlock:
			c.y += 22
			c.text(pictureLeft, 19, "bold", "#1d1c1d", b.Text.Text)
		case *slack.SectionBlock:
			if b.Text != nil {
				c.lines(pictureLeft, plainly(b.Text.Text), 15, 21, "#1d1c1d", 92)
			}
			c.fields(b.Fields)
		case *slack.RichTextBlock:
			top := c.y + 10
			for _, e := range b.Elements {
				if q, ok := e.(*slack.RichTextQuote); ok {
					for _, part := range q.Elements {
						c.lines(pictureLeft+16, part.(*slack.RichTextSectionTextElement).Text, 15, 21, "#454447", 88)
					}
				}
			}
			fmt.Fprintf(c, `<rect x="%d" y="%d" width="4" height="%d" rx="2" fill="#dddddd"/>`+"\n", pictureLeft, top, c.y-top+6)
		case *slack.ContextBlock:
			for _, e := range b.ContextElements.Elements {
				c.lines(pictureLeft, plainly(e.(*slack.TextBlockObject).Text), 13, 18, "#616061", 108)
			}
		case *slack.ActionBlock:
			c.buttons(b)
		}
		c.y += 8
	}
	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="An alert in Slack" font-family="Lato, Helvetica, Arial, sans-serif">
<rect width="100%%" height="100%%" rx="10" fill="#ffffff" stroke="#dddddd"/>
%s</svg>
`, pictureWidth, c.y+18, pictureWidth, c.y+18, c.Bytes())
}

func (c *canvas) lines(x int, s string, size, height int, fill string, n int) {
	for _, line := range wrapped(s, n) {
		c.y += height
		c.text(x, size, "normal", fill, line)
	}
}

// fields stand in two columns.
func (c *canvas) fields(fields []*slack.TextBlockObject) {
	for i := 0; i < len(fields); i += 2 {
		top, bottom := c.y, c.y
		for k, f := range fields[i:min(i+2, len(fields))] {
			c.y = top
			name, text, _ := strings.Cut(plainly(f.Text), "\n")
			x := pictureLeft + k*(pictureWidth-2*pictureLeft)/2
			c.y += 21
			c.text(x, 15, "bold", "#1d1c1d", name)
			c.lines(x, text, 15, 21, "#1d1c1d", 44)
			bottom = max(bottom, c.y)
		}
		c.y = bottom + 6
	}
}

func (c *canvas) buttons(b *slack.ActionBlock) {
	x := pictureLeft
	c.y += 14
	for _, e := range b.Elements.ElementSet {
		label, fill, ink := "⋯", "#ffffff", "#1d1c1d"
		if button, ok := e.(*slack.ButtonBlockElement); ok {
			label = button.Text.Text
			if button.Style == slack.StylePrimary {
				fill, ink = "#007a5a", "#ffffff"
			}
		}
		width := 24 + 8*len([]rune(label))
		fmt.Fprintf(c, `<rect x="%d" y="%d" width="%d" height="32" rx="6" fill="%s" stroke="#bbbbbb"/>`+"\n", x, c.y, width, fill)
		c.y += 21
		c.text(x+12, 14, "bold", ink, label)
		c.y -= 21
		x += width + 10
	}
	c.y += 34
}
