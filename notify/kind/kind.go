// Package kind has the table of the kinds of targets: the name of each one, the
// check of its configuration, and how its sender is opened.
//
// Senders keep the contract of package notify, and TestKinds runs it over every
// kind: an error never carries a secret, a URL, a name or an address, and
// nothing that a visitor wrote becomes a link or markup.
//
// It must not know who gets an alert, nor when. To add a kind, write a file with
// one Kind value and add it to the table below.
package kind

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

	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/message"
	"github.com/leadgate/leadgate/notify/pace"
)

// Kind is a sort of target.
type Kind struct {
	Name        string                    // as configured: slack
	Doc         string                    // the page that its file follows
	Pace        pace.Pace                 // of targets that set none; zero: no bound
	Concurrency int                       // messages in flight at once, of targets that set none; 0: 1
	Timeout     time.Duration             // of one attempt; 0: the caller's
	Check       func(notify.Target) error // of a target's configuration
	Open        func(notify.Target, Env) (notify.Sender, error)
}

// Env is what the program gives to all senders.
type Env struct {
	HTTP         *http.Client // its transport carries Slack's calls; nil: a default one
	SlackToken   string       // bot token, xoxb-...
	SlackAPIURL  string       // default https://slack.com/api/
	AllowPrivate bool         // private addresses and plain http are allowed
	Style        message.Style
	Out          io.Writer // where previews go; nil: standard error
	Color        bool      // previews may use ANSI colours
	Buttons      bool      // clicks in Slack are answered, so messages carry Claim and the other buttons
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

// All returns the table of kinds.
func All() []Kind { return slices.Clone(kinds) }

// Complete fills in what a target leaves to its kind: pace, concurrency and the
// time that an attempt may take.
func Complete(t notify.Target) notify.Target {
	k, _ := find(t.Kind)
	if t.Pace == (pace.Pace{}) {
		t.Pace = k.Pace
	}
	t.Concurrency, t.Timeout = cmp.Or(t.Concurrency, k.Concurrency), k.Timeout
	return t
}

func find(name string) (Kind, bool) {
	i := slices.IndexFunc(kinds, func(k Kind) bool { return k.Name == name })
	if i < 0 {
		return Kind{}, false
	}
	return kinds[i], true
}

// Check checks the configuration of a target of a known kind.
func Check(t notify.Target) error {
	k, ok := find(t.Kind)
	if !ok {
		return nil // config reports it
	}
	return k.Check(t)
}

// Open returns the sender of a target. An error names what to change in the
// configuration.
func Open(t notify.Target, e Env) (notify.Sender, error) {
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
