// Package console is what a person at a terminal reads of the server and of its
// commands: a banner, a line for each touch, columns. It promises that nothing a
// visitor typed can move the cursor, colour, reorder or break lines. It knows
// leads, and neither the network nor the configuration. To show one more kind of
// thing, write a function that returns its line and pass every text from outside
// through Sanitise, Plain or Column.
package console

import (
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/leadgate/leadgate/lead"
)

// Output is where the server writes: lines for a person at a terminal, or JSON
// lines for whatever collects logs.
type Output struct {
	Log      *slog.Logger
	Color    bool
	Terminal bool

	out      io.Writer
	mu       sync.Mutex
	previews []string // shown below the line of their touch
}

// New writes to out: text when it is a terminal, else JSON of at least a level.
func New(out io.Writer, level string) *Output {
	o := &Output{out: out, Terminal: IsTerminal(out), Color: WantsColor(out)}
	options := &slog.HandlerOptions{}
	var l slog.Level
	if l.UnmarshalText([]byte(level)) == nil {
		options.Level = l
	}
	if !o.Terminal {
		o.Log = slog.New(slog.NewJSONHandler(out, options))
		return o
	}
	options.ReplaceAttr = func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey {
			return slog.String(slog.TimeKey, a.Value.Time().Format("15:04:05.000"))
		}
		return a
	}
	o.Log = slog.New(slog.NewTextHandler(out, options))
	return o
}

// Write takes a preview of an alert that goes nowhere else. It is kept until
// its touch has its line; off a terminal it is dropped, for it shows people.
func (o *Output) Write(p []byte) (int, error) {
	if o.Terminal {
		o.mu.Lock()
		o.previews = append(o.previews, string(p))
		o.mu.Unlock()
	}
	return len(p), nil
}

// Touch writes what became of a touch.
func (o *Output) Touch(t *lead.Touch, l *lead.Lead) {
	if !o.Terminal {
		logTouch(o.Log, t, l)
		return
	}
	line := TouchLine(t, l, o.Color)
	o.mu.Lock()
	defer o.mu.Unlock()
	if slices.ContainsFunc(t.Deliveries, func(d lead.Delivery) bool { return d.State == lead.Previewed }) {
		line += strings.Join(o.previews, "")
		o.previews = nil
	}
	io.WriteString(o.out, line)
}

// Ready writes the banner on a terminal. A log has no place for it.
func (o *Output) Ready(b Banner) {
	if o.Terminal {
		b.Color = o.Color
		printBanner(o.out, b)
	}
}

// IsTerminal tells whether w is a terminal.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	return err == nil
}

// WantsColor tells whether w is a terminal whose owner did not ask for plain
// text (https://no-color.org).
func WantsColor(w io.Writer) bool {
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && IsTerminal(w)
}
