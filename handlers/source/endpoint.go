package source

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

// Endpoint is a source made ready: its provider found, its secrets collected, its
// limits set up. It does not change; Reload makes new ones.
type Endpoint struct {
	Source
	Format   *provider.Provider
	View     provider.Source // what the provider may know
	origins  []string
	next     []string // hosts that a browser may be sent on to
	limit    *Limiter // nil: no bound
	accepted prometheus.Counter
	ignored  prometheus.Counter
}

// defaultRate bounds the browser forms of one address where nothing is
// configured. Vendors and programs are not bounded: they come from one address.
var defaultRate = Rate{N: 60, Per: time.Minute}

func newEndpoint(src Source, m *metrics) (*Endpoint, error) {
	if !ValidName(src.Name) {
		return nil, errors.New("a name is 1 to 64 lower-case letters, digits and dashes")
	}
	src.Provider = cmp.Or(src.Provider, "form")
	p, ok := provider.Find(src.Provider)
	if !ok {
		return nil, fmt.Errorf("there is no provider %q; known are %s", src.Provider, strings.Join(provider.Names(), " "))
	}
	e := &Endpoint{Source: src, Format: p, next: slices.Clone(src.NextHosts),
		accepted: m.accepted.WithLabelValues(src.Name), ignored: m.ignored.WithLabelValues(src.Name)}
	e.View = provider.Source{Name: src.Name, Action: src.Action, VerifyToken: src.VerifyToken,
		Fields: src.Fields, Country: src.Country, Honeypot: src.Honeypot}
	for _, secret := range []string{src.Secret, src.SecretPrevious} {
		if secret != "" {
			e.View.Secrets = append(e.View.Secrets, secret)
		}
	}
	if p.Verify != nil && len(e.View.Secrets) == 0 && !src.Unsigned {
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
		e.limit = NewLimiter(r)
	}
	return e, errors.Join(e.setOrigins(), e.setRedirect())
}

// ValidName says whether a source can be called so.
func ValidName(name string) bool {
	return name != "" && len(name) <= 64 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

func (e *Endpoint) setOrigins() error {
	for _, o := range e.Origins {
		u, err := url.Parse(strings.TrimSuffix(o, "/"))
		if err != nil || u.Host == "" || strings.Contains(o, "*") || u.String() != u.Scheme+"://"+u.Host {
			return fmt.Errorf("origin %q: want scheme://host, exactly as the browser sends it", o)
		}
		e.origins = append(e.origins, strings.ToLower(u.String()))
	}
	return nil
}

func (e *Endpoint) setRedirect() error {
	if e.Redirect == "" || IsPath(e.Redirect) {
		return nil
	}
	u, err := url.Parse(e.Redirect)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("redirect %q: want http(s)://host/path or /path", e.Redirect)
	}
	e.next = append(e.next, u.Host)
	return nil
}

// Vendor says whether the sender is one: what it signed is kept even when it
// cannot be read, because a vendor does not send it better.
// Browsers and programs get the reason.
func (e *Endpoint) Vendor() bool { return e.Format.Accepts != http.StatusAccepted }

// AdmitsToken checks the token at the end of the URL, if the source has one.
func (e *Endpoint) AdmitsToken(token string) error {
	if token == "" && e.Token == "" || session.SameSecret(token, e.Token) {
		return nil
	}
	return problem.Problem{Code: problem.BadToken, Detail: "The token at the end of the URL is not this source's. Copy the URL from the source's settings."}
}

// AdmitsHeader checks the headers that the source's sender always sends.
func (e *Endpoint) AdmitsHeader(h http.Header) error {
	for name, want := range e.Header {
		if !session.SameSecret(h.Get(name), want) {
			return problem.Problem{Code: problem.BadToken, Detail: "The header " + http.CanonicalHeaderKey(name) + " is missing or not this source's."}
		}
	}
	return nil
}

// Verify checks the signature with the current secret and, while secrets are
// being changed, with the previous one.
func (e *Endpoint) Verify(r *provider.Request) error {
	if e.Format.Verify == nil || len(e.View.Secrets) == 0 {
		return nil
	}
	var first error
	for _, secret := range e.View.Secrets {
		err := e.Format.Verify(r, secret)
		if err == nil {
			return nil
		}
		if first == nil || errors.Is(err, provider.ErrStale) { // the right secret, too late, says more than the wrong one
			first = err
		}
	}
	return first
}
