package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// nextFields are what forms call the page that comes after them.
var nextFields = []string{"_next", "_redirect"}

// nextPage is where a browser goes after its form was accepted: where the form
// says, if its owner allows that, else where the source says. Empty: nowhere.
func (g *gate) nextPage(h http.Header, body []byte) string {
	for _, name := range nextFields {
		if next := hidden(h, body, name); g.mayLeadTo(next) {
			return g.onPage(next, h.Get("Origin"))
		}
	}
	return g.onPage(g.Redirect, h.Get("Origin"))
}

// onPage makes a path one of the site that the form is on, when that is one of
// the source's. Otherwise it is one of this server's, as behind a shared proxy.
func (g *gate) onPage(next, origin string) string {
	if isPath(next) && slices.Contains(g.origins, strings.ToLower(origin)) {
		return origin + next
	}
	return next
}

// mayLeadTo allows a path of the page's own site and the listed hosts.
// Whoever can write a form must not be able to send its visitors anywhere.
func (g *gate) mayLeadTo(next string) bool {
	if isPath(next) {
		return true
	}
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.Host == "" || !plain(next) {
		return false
	}
	return slices.ContainsFunc(g.next, func(host string) bool { return strings.EqualFold(host, u.Host) })
}

// isPath says whether a browser stays on the site when it follows s.
func isPath(s string) bool {
	return strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//") && plain(s)
}

// plain rules out what browsers and parsers disagree about.
func plain(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == '\\' || r == 0x7f })
}
