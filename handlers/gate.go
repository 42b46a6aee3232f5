package handlers

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/provider"
	"github.com/leadgate/leadgate/handlers/session"
)

// gate is a source made ready: its provider found, its secrets collected, its
// limits set up. It does not change; Reload makes new ones.
type gate struct {
	Source
	provider *provider.Provider
	view     provider.Source // what the provider may know
	origins  []string
	next     []string // hosts that a browser may be sent on to
	limit    *limiter // nil: no bound
	accepted prometheus.Counter
	ignored  prometheus.Counter
}

// defaultRate bounds the browser forms of one address where nothing is
// configured. Vendors and programs are not bounded: they come from one address.
var defaultRate = Rate{N: 60, Per: time.Minute}

func newGate(src Source, m *metrics) (*gate, error) {
	if !validName(src.Name) {
		return nil, errors.New("a name is 1 to 64 lower-case letters, digits and dashes")
	}
	src.Provider = cmp.Or(src.Provider, "form")
	p, ok := provider.Find(src.Provider)
	if !ok {
		return nil, fmt.Errorf("there is no provider %q; known are %s", src.Provider, strings.Join(provider.Names(), " "))
	}
	g := &gate{Source: src, provider: p, next: slices.Clone(src.NextHosts),
		accepted: m.accepted.WithLabelValues(src.Name), ignored: m.ignored.WithLabelValues(src.Name)}
	g.view = provider.Source{Name: src.Name, Action: src.Action, VerifyToken: src.VerifyToken,
		Fields: src.Fields, Country: src.Country, Honeypot: src.Honeypot}
	for _, secret := range []string{src.Secret, src.SecretPrevious} {
		if secret != "" {
			g.view.Secrets = append(g.view.Secrets, secret)
		}
	}
	if p.Verify != nil && len(g.view.Secrets) == 0 && !src.Unsigned {
		return nil, fmt.Errorf("%s signs what it sends: set secret, or unsigned: true", cmp.Or(p.Title, p.Name))
	}
	for name, want := range src.Header {
		if name == "" || want == "" {
			return nil, fmt.Errorf("header %q has no value, so that nothing could match it", name)
		}
	}
	r := src.Rate
	if r == (Rate{}) && p.Name == "form" {
		r = defaultRate
	}
	if !r.Off && r.N > 0 && r.Per > 0 {
		g.limit = newLimiter(r)
	}
	return g, errors.Join(g.setOrigins(), g.setRedirect())
}

func validName(name string) bool {
	return name != "" && len(name) <= 64 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

func (g *gate) setOrigins() error {
	for _, o := range g.Origins {
		u, err := url.Parse(strings.TrimSuffix(o, "/"))
		if err != nil || u.Host == "" || strings.Contains(o, "*") || u.String() != u.Scheme+"://"+u.Host {
			return fmt.Errorf("origin %q: want scheme://host, exactly as the browser sends it", o)
		}
		g.origins = append(g.origins, strings.ToLower(u.String()))
	}
	return nil
}

func (g *gate) setRedirect() error {
	if g.Redirect == "" || isPath(g.Redirect) {
		return nil
	}
	u, err := url.Parse(g.Redirect)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("redirect %q: want http(s)://host/path or /path", g.Redirect)
	}
	g.next = append(g.next, u.Host)
	return nil
}

// vendor says whether the sender is one: what it signed is kept even when it
// cannot be read, as a vendor that is told what it did wrong only gives up.
// Browsers and programs are told.
func (g *gate) vendor() bool { return g.provider.Accepts != http.StatusAccepted }

// admitsToken checks the token at the end of the URL, if the source has one.
func (g *gate) admitsToken(token string) error {
	if token == "" && g.Token == "" || session.SameSecret(token, g.Token) {
		return nil
	}
	return problem.Problem{Code: problem.BadToken, Detail: "The token at the end of the URL is not this source's. Copy the URL from the source's settings."}
}

// admitsHeader checks the headers that the source's sender always sends.
func (g *gate) admitsHeader(h http.Header) error {
	for name, want := range g.Header {
		if !session.SameSecret(h.Get(name), want) {
			return problem.Problem{Code: problem.BadToken, Detail: "The header " + http.CanonicalHeaderKey(name) + " is missing or not this source's."}
		}
	}
	return nil
}

// verify checks the signature with the current secret and, while secrets are
// being changed, with the previous one.
func (g *gate) verify(r *provider.Request) error {
	if g.provider.Verify == nil || len(g.view.Secrets) == 0 {
		return nil
	}
	var first error
	for _, secret := range g.view.Secrets {
		err := g.provider.Verify(r, secret)
		if err == nil {
			return nil
		}
		if first == nil || errors.Is(err, provider.ErrStale) { // the right secret, too late, says more than the wrong one
			first = err
		}
	}
	return first
}
