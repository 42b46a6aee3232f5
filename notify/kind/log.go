package kind

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/width"

	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/message"
)

// Alarm writes the alarm where previews go.
func (p *preview) Alarm(_ context.Context, a notify.Alarm) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := fmt.Fprintf(p.out, "%s⚠️ %s\n%s   %s\n", boxIndent, message.Line(a.Title, 200), boxIndent, message.Line(a.Text, 1000)); err != nil {
		return &notify.Error{Code: "write", Err: errors.New("the alarm could not be written")}
	}
	return nil
}

var logKind = Kind{
	Name:  "log",
	Doc:   "shows what Slack would get",
	Check: func(notify.Target) error { return nil },
	Open: func(_ notify.Target, e Env) (notify.Sender, error) {
		return &preview{out: e.Out, color: e.Color, style: e.Style, now: e.Now}, nil
	},
}

// preview shows alerts on the console instead of sending them.
type preview struct {
	mu    sync.Mutex
	out   io.Writer
	color bool
	style message.Style
	now   func() time.Time
}

const (
	previewReceipt = "preview"
	boxIndent      = "              "
	boxWidth       = 64 // columns between the bars
)

func (p *preview) Most() int { return 1 }

// Send writes one box for each alert, in one piece.
func (p *preview) Send(_ context.Context, alerts []notify.Alert) (string, error) {
	style := p.style
	style.Now = p.now()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range alerts {
		if _, err := io.WriteString(p.out, box(message.Compose(a, style), p.color)); err != nil {
			return "", &notify.Error{Code: "write", Err: errors.New("the preview could not be written")}
		}
	}
	return previewReceipt, nil
}

// box draws a message as Slack would show it.
func box(m message.Message, color bool) string {
	paint := func(code, s string) string {
		if !color {
			return s
		}
		return "\x1b[" + code + "m" + s + "\x1b[0m"
	}
	var b strings.Builder
	edge := func(left, title, right string) {
		b.WriteString(boxIndent + paint("2", left+" "+title+" "+strings.Repeat("─", max(0, boxWidth-columns(title)-2))+right) + "\n")
	}
	row := func(code, s string) {
		s = fit(s, boxWidth-2)
		blank := strings.Repeat(" ", max(0, boxWidth-2-columns(s)))
		if code != "" {
			s = paint(code, s)
		}
		b.WriteString(boxIndent + paint("2", "│") + " " + s + blank + " " + paint("2", "│") + "\n")
	}
	edge("┌", "Slack preview, not sent (no token)", "┐")
	row("1", m.Header)
	if s := contactRow(m); s != "" {
		row("", s)
	}
	for _, l := range wrap(m.Quote, boxWidth-4, 4) {
		row("", "┃ "+l)
	}
	for _, l := range wrap(m.Why, boxWidth-2, 3) {
		row("2", l)
	}
	if s := buttonRow(m); s != "" {
		row("", s)
	}
	if m.URL == "" {
		edge("└", "", "┘")
	} else {
		edge("└", "open "+m.URL, "┘")
	}
	return b.String()
}

func contactRow(m message.Message) string {
	var ways []string
	for _, c := range []message.Contact{m.Phone, m.Email} {
		if c.Shown != "" {
			ways = append(ways, c.Shown)
		}
	}
	left, right := strings.Join(ways, "   "), ""
	if by := m.RespondByHour(); by != "" {
		right = "respond by " + by
	}
	gap := boxWidth - 2 - columns(left) - columns(right)
	if gap < 1 || right == "" {
		return left
	}
	return left + strings.Repeat(" ", gap) + right
}

func buttonRow(m message.Message) string {
	var s []string
	for _, b := range m.Buttons {
		s = append(s, "["+b.Label+"]")
	}
	if len(m.Menu) > 0 {
		s = append(s, "[…]")
	}
	return strings.Join(s, "  ")
}

// wrap breaks s between words into at most so many rows; the last is cut.
func wrap(s string, most, rows int) (out []string) {
	for l := range strings.Lines(s) {
		row := ""
		for _, word := range strings.Fields(l) {
			switch {
			case row == "":
				row = word
			case columns(row)+1+columns(word) <= most || len(out) == rows-1:
				row += " " + word
			default:
				out, row = append(out, row), word
			}
		}
		if len(out) == rows {
			out[rows-1] += " " + row
		} else if row != "" {
			out = append(out, row)
		}
	}
	return out
}

// fit cuts s to so many columns of a terminal.
func fit(s string, most int) string {
	if columns(s) <= most {
		return s
	}
	n := 0
	for i, r := range s {
		if n += columns(string(r)); n > most-1 {
			return s[:i] + "…"
		}
	}
	return s
}

// columns is how wide a terminal shows s.
func columns(s string) (n int) {
	for _, r := range s {
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			n += 2
		default:
			if !narrowest(r) {
				n++
			}
		}
	}
	return n
}

func narrowest(r rune) bool { return r >= 0x300 && r <= 0x36F || r >= 0xFE00 && r <= 0xFE0F }
