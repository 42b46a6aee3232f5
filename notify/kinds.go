// Package notify decides who hears of a lead and tells them.
//
// Decide is the one pure function that says who hears, and why. Compose turns
// an alert into a Message, which is plain data; a kind of target renders it and
// sends it once, answering with a receipt or with an *Error that says what the
// failure means for the attempts that follow. Who waits, tries again and keeps
// receipts is the caller's affair.
//
// Nothing that a visitor wrote can become a link, a mention or formatting, and
// no error carries a secret, a URL, a name or an address.
//
// To add a kind, write a file with one Kind value and add it to the table
// below. TestKinds runs the same contract over every one.
package notify

import (
	"cmp"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"
)

// Kind is a sort of target.
type Kind struct {
	Name  string             // as configured: slack
	Doc   string             // the page that its file follows
	Pace  Pace               // of targets that set none; zero: no bound
	Hands int                // messages on their way at once, of targets that set none; 0: 1
	Check func(Target) error // what is wrong with a target, as far as the file tells
	Open  func(Target, Env) (Sender, error)
}

// Env is what senders need of the program.
type Env struct {
	HTTP         *http.Client // its transport carries Slack's calls; nil: a default one
	SlackToken   string       // bot token, xoxb-...
	SlackAPIURL  string       // default https://slack.com/api/
	AllowPrivate bool         // outbound hooks may go to private addresses and use plain http
	Style        Style
	Out          io.Writer // where previews go; nil: standard error
	Color        bool      // previews may use ANSI colours
	Buttons      bool      // Slack answers clicks, so messages carry Claim and its siblings
	Logger       *slog.Logger
	Now          func() time.Time

	roots *x509.CertPool // of mail servers, for tests
}

func (e Env) defaults() Env {
	if e.Logger == nil {
		e.Logger = slog.New(slog.DiscardHandler)
	}
	if e.Now == nil {
		e.Now = time.Now
	}
	if e.Out == nil {
		e.Out = os.Stderr
	}
	e.SlackAPIURL = strings.TrimSuffix(cmp.Or(e.SlackAPIURL, "https://slack.com/api/"), "/") + "/"
	return e
}

var kinds = []Kind{
	slackKind,
	webhookKind,
	httpKind,
	teamsKind,
	emailKind,
	logKind,
}

// Kinds returns the table of kinds.
func Kinds() []Kind { return slices.Clone(kinds) }

// Concurrency is how many messages may be on their way to a target at once.
func Concurrency(t Target) int {
	k, _ := find(t.Kind)
	return cmp.Or(t.Concurrency, k.Hands, 1)
}

func find(name string) (Kind, bool) {
	i := slices.IndexFunc(kinds, func(k Kind) bool { return k.Name == name })
	if i < 0 {
		return Kind{}, false
	}
	return kinds[i], true
}

// Check says what is wrong with a target of a known kind, as far as the
// configuration tells.
func Check(t Target) error {
	k, ok := find(t.Kind)
	if !ok {
		return nil // said elsewhere
	}
	return k.Check(t)
}

// Open returns the sender of a target. An error says what to change in the
// configuration.
func Open(t Target, e Env) (Sender, error) {
	k, ok := find(t.Kind)
	if !ok {
		var names []string
		for _, k := range kinds {
			names = append(names, k.Name)
		}
		return nil, fmt.Errorf("no kind %q; there are %s", t.Kind, strings.Join(names, ", "))
	}
	if err := k.Check(t); err != nil {
		return nil, err
	}
	return k.Open(t, e.defaults())
}
