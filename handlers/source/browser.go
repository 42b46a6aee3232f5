package source

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
)

// AllowOrigin lets the listed pages, and no others, read the answer.
func (e *Endpoint) AllowOrigin(c echo.Context) (allowed bool) {
	if len(e.origins) == 0 {
		return false
	}
	h := c.Response().Header()
	h.Add("Vary", "Origin") // also without one, as a cache may keep this answer for a page
	origin := c.Request().Header.Get("Origin")
	if !slices.Contains(e.origins, strings.ToLower(origin)) {
		return false
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Credentials", "true") // beacons of JSON always come with them; the intake reads no cookies
	h.Set("Access-Control-Expose-Headers", "Retry-After")
	return true
}

// AllowedHeaders are the headers that a listed page may send: those it asks for,
// as tracing scripts add some to every request.
func AllowedHeaders(r *http.Request) string {
	asked := r.Header.Get("Access-Control-Request-Headers")
	if asked == "" || len(asked) > 1024 || strings.ContainsFunc(asked, func(c rune) bool {
		return (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && !strings.ContainsRune("-_, ", c)
	}) {
		return "content-type, idempotency-key"
	}
	return asked
}

// nextFields are what forms call the page that comes after them.
var nextFields = []string{"_next", "_redirect"}

// NextPage is where a browser goes after its form was accepted: where the form
// says, if its owner allows that, else where the source says. Empty: nowhere.
func (e *Endpoint) NextPage(h http.Header, body []byte) string {
	for _, name := range nextFields {
		if next := hidden(h, body, name); e.mayLeadTo(next) {
			return e.onPage(next, h.Get("Origin"))
		}
	}
	return e.onPage(e.Redirect, h.Get("Origin"))
}

// onPage makes a path one of the site that the form is on, when that is one of
// the source's. Otherwise it is one of this server's, as behind a shared proxy.
func (e *Endpoint) onPage(next, origin string) string {
	if IsPath(next) && slices.Contains(e.origins, strings.ToLower(origin)) {
		return origin + next
	}
	return next
}

// mayLeadTo allows a path of the page's own site and the listed hosts.
// Whoever can write a form must not be able to send its visitors anywhere.
func (e *Endpoint) mayLeadTo(next string) bool {
	if IsPath(next) {
		return true
	}
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.Host == "" || !plain(next) {
		return false
	}
	return slices.ContainsFunc(e.next, func(host string) bool { return strings.EqualFold(host, u.Host) })
}

// IsPath says whether a browser stays on the site when it follows s.
func IsPath(s string) bool {
	return strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//") && plain(s)
}

// plain rules out what browsers and parsers disagree about.
func plain(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == '\\' || r == 0x7f })
}

// IsBrowser says whether a person looks at the answer, and not a script.
func IsBrowser(h http.Header) bool {
	return strings.Contains(h.Get("Accept"), "text/html") && h.Get("X-Requested-With") == ""
}
