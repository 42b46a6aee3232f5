// Package config reads the configuration strictly: the YAML file, the
// environment and the flags, in rising order of precedence over the defaults.
// Whatever cannot be meant as written is a Problem with its place and a fix,
// and all of them are told at once.
//
// The tables in settings.go, sources.go, people.go and routes.go are the one
// truth about settings: keys of the file, names of environment variables and
// flags, defaults, the JSON Schema and the printed form all come from them. To
// add a setting, add a field, a line to its table and a paragraph to
// example.yaml; the tests ask for the rest.
package config

import (
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"time"

	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/routing"
)

// Config is the configuration in force: read, checked and completed.
type Config struct {
	File    string // the YAML file that was read; empty: none
	Default bool   // no file and no LEADGATE_ variable: somebody tries leadgate for the first time

	Listen              string // host:port; port 0 means any free one
	PublicURL           string // where the world reaches Listen, without a slash at the end; empty: unknown
	DataDir             string // where the journal is
	Journal             bool
	Redis               Redis
	APIToken            Secret // empty: the API is closed but for a signed-in browser
	Slack               Slack
	AllowPrivateTargets bool   // targets may be at private addresses and plain http
	Log                 string // debug, info, warn, error
	TrustedProxies      []netip.Prefix
	MaxBody             int64 // bytes of one request, inflated

	Sources []source.Source
	// RulesPath is the file of the rules, ready to be opened; empty: the
	// built-in ones.
	RulesPath string
	// PlusTagsSame says that ada+x@ and ada@ are one person.
	PlusTagsSame bool
	Reps         []lead.Rep
	Teams        []lead.Team
	Targets      []notify.Target
	Routes       []routing.Route
	Digests      []lead.Digest
	Alarms       Alarms
	Canary       Canary

	Retention time.Duration // how long leads are kept
	MaxAge    time.Duration // how long a delivery is tried

	Warnings []Warning // what is allowed and seldom meant

	places map[string]Place // where each setting was written
	from   Options          // what it was read from
}

// Redis says where Redis is.
type Redis struct {
	URL Secret // it can hold a password; empty: Redis is built in
}

// Slack is how Slack is reached.
type Slack struct {
	BotToken      Secret // xoxb-...
	SigningSecret Secret // of requests from Slack
	AppToken      Secret // xapp-...: Socket Mode
	ClientID      string // of the app, with which reps sign in; empty: they do not
	ClientSecret  Secret
	WebhookURL    Secret // the weaker way, without a bot
	Channel       string // id or #name
	APIURL        string // ends with a slash
}

// Alarms says who hears when leadgate itself needs a human: a target that takes
// nothing, a source that fell silent.
type Alarms struct {
	To string // a target's name; empty: the first target that is not in trouble itself
}

// Options are what Load reads from.
type Options struct {
	// Path of the YAML file, as --config has it. Empty: LEADGATE_CONFIG, and
	// without that no file is read.
	Path string
	// Env is the environment as os.Environ returns it.
	Env []string
	// Flags are the values of the flags that were given, by their names: those
	// of Settings. Others are the command's own and are passed over.
	Flags map[string]string

	// Signs says whether a provider is known and whether its vendor signs.
	// Nil: every provider is taken for a known one that does not sign.
	Signs func(provider string) (known, signs bool)
	// Grants says whether a provider's vendor gives tokens to an app that has an
	// id and a secret. Nil: every one does.
	Grants func(provider string) bool
	// Providers are the known ones, to suggest one to who mistyped.
	Providers []string
	// Field says whether a source's map may name a lead field so. Nil: any.
	Field func(name string) bool
	// Kinds are the known kinds of targets. Empty: any.
	Kinds []string
	// CheckTarget says what is wrong with a target of a kind that has rules of
	// its own: templates, a mail server. Nil: nothing is.
	CheckTarget func(notify.Target) error

	// ReadFile and Stat are for tests; nil means those of package os.
	ReadFile func(name string) ([]byte, error)
	Stat     func(name string) (fs.FileInfo, error)
}

// Load reads and checks the configuration. A mistake in it is an error of type
// Problems, which holds all of them; Load returns no other error.
func Load(o Options) (*Config, error) {
	if o.ReadFile == nil {
		o.ReadFile = os.ReadFile
	}
	if o.Stat == nil {
		o.Stat = os.Stat
	}
	r := newReader(o)
	c := &Config{}
	root, found := r.open()
	c.from = o
	c.File, c.Default = r.file, r.file == "" && !r.configured
	if found {
		readKeys(r, settings, root, c)
		complete(c)
		r.check(c)
	}
	if len(r.problems) > 0 {
		r.problems.sort()
		return nil, r.problems
	}
	c.Warnings, c.places = r.warnings, r.places
	return c, nil
}

// Check returns all warnings: those of Load, and one for every configured
// action that the rules do not know, which would be warm and unclassified.
func (c *Config) Check(knows func(lead.Action) bool) []Warning {
	ws := c.Warnings[:len(c.Warnings):len(c.Warnings)]
	warn := func(path string, a lead.Action) {
		if a != "" && !knows(a) {
			ws = append(ws, Warning{Place: placeOf(c.places, path, c.File), Setting: path,
				Text: fmt.Sprintf("no rule knows the action %q, so it is warm and counted as unclassified", a)})
		}
	}
	for i, s := range c.Sources {
		warn(fmt.Sprintf("sources[%d].action", i), s.Action)
	}
	for i, route := range c.Routes {
		for j, a := range route.Actions {
			warn(fmt.Sprintf("routes[%d].actions[%d]", i, j), a)
		}
	}
	return ws
}
