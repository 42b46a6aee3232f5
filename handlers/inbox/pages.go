package inbox

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
)

//go:embed web/*.html web/static
var web embed.FS

// pagePolicy allows a page what comes from here, and nothing inline.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// asset is a file that pages load. Its URL changes with its content, so that it
// may be kept for ever.
type asset struct {
	body        []byte
	contentType string
	version     string
}

var assets = readAssets()

func readAssets() map[string]asset {
	all := map[string]asset{}
	names, err := fs.Glob(web, "web/static/*.*")
	if err != nil {
		panic(err) // a broken pattern
	}
	for _, name := range names {
		b, err := web.ReadFile(name)
		if err != nil {
			panic(err) // it is embedded
		}
		sum := sha256.Sum256(b)
		a := asset{body: b, version: hex.EncodeToString(sum[:6]), contentType: "text/javascript; charset=utf-8"}
		switch path.Ext(name) {
		case ".css":
			a.contentType = "text/css; charset=utf-8"
		case ".svg":
			a.contentType = "image/svg+xml"
		}
		all[path.Base(name)] = a
	}
	return all
}

// StaticFile answers GET /static/{file}.
func (s *Pages) StaticFile(c echo.Context) error { return s.sendFile(c, c.Param("file")) }

// Icon answers GET /favicon.ico.
func (s *Pages) Icon(c echo.Context) error { return s.sendFile(c, "icon.svg") }

func (s *Pages) sendFile(c echo.Context, name string) error {
	a, ok := assets[name]
	if !ok {
		return problem.Problem{Code: problem.NotFound, Detail: "There is no such file."}
	}
	h := c.Response().Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-cache")
	if c.QueryParam("v") == a.version {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	return c.Blob(http.StatusOK, a.contentType, a.body)
}

// frame is what every page has around its own content.
type frame struct {
	Title string
	Tab   string // of the navigation: inbox, sources, ...
	Me    session.Credential
	Said  string // one sentence about what was just done
	Page  any
	Now   time.Time
	Away  *outage // nil: the store is there
}

// can says whether a caller may do what needs a right.
func can(p session.Credential, right string) bool {
	var r session.Right
	return r.UnmarshalText([]byte(right)) == nil && p.Right >= r
}

// verbLabel is what a button says.
func verbLabel(v lead.Verb) string {
	row, _ := v.Row()
	return cmp.Or(row.Label, string(v))
}

// navigation leads to every page.
var navigation = []tabLink{
	{"inbox", "Inbox", "/", false},
	{"sources", "Sources", "/sources", false},
	{"rules", "Rules", "/rules", false},
	{"queues", "Queues", "/queues", false},
	{"reports", "Reports", "/reports", false},
	{"settings", "Settings", "/settings", false},
}

// readViews returns the templates by name, each with the layout around it.
// label says what an action is called.
func readViews(label func(lead.Action) string) map[string]*template.Template {
	all := map[string]*template.Template{}
	layout := template.Must(template.New("layout").Funcs(template.FuncMap{
		"asset": func(name string) (string, error) {
			a, ok := assets[name]
			if !ok {
				return "", fmt.Errorf("there is no file %s", name)
			}
			return "/static/" + name + "?v=" + a.version, nil
		},
		"nav":  func() []tabLink { return navigation },
		"took": func(v any) string { return took(reflect.Indirect(reflect.ValueOf(v)).Float()) },
		"ago":  Ago, "stamp": stamp, "spell": spell, "brief": Brief, "percent": percent, "size": size, "can": can, "verb": verbLabel,
		"states": taskCounts, "act": wordsOf, "label": label, "changes": lead.Turn.Changes, "who": whoIs, "step": stepWord, "mailto": mailto,
	}).ParseFS(web, "web/layout.html", "web/parts.html"))
	names, err := fs.Glob(web, "web/page_*.html")
	if err != nil {
		panic(err) // a broken pattern
	}
	for _, name := range names {
		key := strings.TrimSuffix(strings.TrimPrefix(path.Base(name), "page_"), ".html")
		all[key] = template.Must(template.Must(layout.Clone()).ParseFS(web, name))
	}
	return all
}

// render answers with a page. Nobody else may keep it: it is about people.
func (s *Pages) render(c echo.Context, status int, view string, f frame) error {
	return s.write(c, status, view, "layout", f)
}

// write answers with one of a view's templates: all of it, or a part that a
// script puts into the page.
func (s *Pages) write(c echo.Context, status int, view, part string, data any) error {
	b, err := s.execute(view, part, data)
	if err != nil {
		return err
	}
	pageHeaders(c.Response().Header())
	return c.HTMLBlob(status, b)
}

func (s *Pages) execute(view, part string, data any) ([]byte, error) {
	var b bytes.Buffer
	if err := s.views[view].ExecuteTemplate(&b, part, data); err != nil {
		return nil, problem.Problem{Code: problem.Internal, Detail: problem.InTheLog, Because: fmt.Errorf("write page %s: %w", view, err)}
	}
	return b.Bytes(), nil
}

func pageHeaders(h http.Header) {
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin") // with no-referrer, forms would come from nowhere
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "HX-Request")
}

// frame begins a page for the caller.
func (s *Pages) frame(c echo.Context, tab, title string, page any) frame {
	me := session.Of(c)
	return frame{Title: title, Tab: tab, Me: me, Said: sentence(c.QueryParam("said")), Page: page, Now: s.o.Now().UTC(), Away: s.outage(me)}
}

// sentence is what a page begins with after a form was sent: of a verb its own,
// else one of said. Only its key travels in the URL.
func sentence(key string) string {
	row, _ := lead.Verb(key).Row()
	return cmp.Or(row.Done, said[key])
}

var said = map[string]string{
	"named": "Your name is changed.", "ended": "It is ended.",
	"off": "Off: no leads are dealt until then.", "back": "Back: leads are dealt again.", "done": "Done.", "replayed": "The request is read again.",
	"erased": "The person is forgotten.", "reclassified": "It is judged by the rules of today.", "resent": "It is on its way again.",
	"merged": "The two are one lead now.", "unmerged": "It is a lead of its own again.", "tested": "This is the test lead. It alerts nobody.",
}

// Ago says how long something took, in the one unit that tells most.
func Ago(from, to time.Time) string {
	d := max(to.Sub(from), 0)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

// percent writes a share.
func percent(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) }

// size writes bytes as people read them.
func size(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%d KiB", (n+1023)>>10)
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}

// mailto is the link to an e-mail address, which carries nothing else: what would
// begin further headers is escaped.
func mailto(address string) string { return "mailto:" + url.PathEscape(address) }

// stamp is a time for machines, in an attribute.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// spell is a time for people who have no script that shows it in their zone.
func spell(t time.Time) string { return t.UTC().Format("2 Jan 2006, 15:04:05 MST") }

// Brief cuts a text to one line of so many characters.
func Brief(n int, s string) string {
	r := []rune(strings.Join(strings.Fields(s), " "))
	if len(r) <= n {
		return string(r)
	}
	return strings.TrimSpace(string(r[:n-1])) + "…"
}

// ProblemPage tells a person what a program is told as a problem.
func (s *Pages) ProblemPage(c echo.Context, p problem.Problem) error {
	if p.Retry > 0 {
		c.Response().Header().Set("Retry-After", strconv.Itoa(p.Retry))
	}
	return s.render(c, p.Code.Status(), "problem", s.frame(c, "", p.Code.Title(), struct{ Title, Detail string }{p.Code.Title(), p.Detail}))
}

// isAway reports whether an error means that the store does not answer.
func isAway(err error) bool { return err != nil && problem.Of(err).Code == problem.Unavailable }

// standby is what this node tells by itself while the store does not answer, so
// that people go on working. Programs are told to come again: they must not take
// a part for the whole. The program joins it with jobs.
type standby interface {
	AwaySince() time.Time                                  // zero: the store is there
	Held(ctx context.Context, n int) ([]*lead.Lead, error) // those who came last, the latest first
	HeldLead(id string) (*lead.Lead, error)                // lead.ErrNotFound: this node does not have it
}

// mostHeld is how many leads of this node an inbox is made of.
const mostHeld = 200

// outage is what a page says above all else while the store is away.
type outage struct {
	Since time.Time
	Held  bool // the page shows only what this node holds
}

// outage is nil while the store is there. Strangers are not told.
func (s *Pages) outage(me session.Credential) *outage {
	if me.Right == session.Anonymous {
		return nil
	}
	since := s.o.Standby.AwaySince()
	if since.IsZero() {
		return nil
	}
	return &outage{Since: since}
}

// held marks a page as made of what this node holds. The store may have gone a
// moment ago, before anybody noticed.
func (f *frame) held() {
	if f.Away == nil {
		f.Away = &outage{Since: f.Now}
	}
	f.Away.Held = true
}

// standsIn says whether this node shows what it holds in the stead of an error.
func (s *Pages) standsIn(err error) bool {
	return isAway(err)
}

// heldLeads are the leads of this node that a filter shows, on one page.
func (s *Pages) heldLeads(ctx context.Context, f filter) (lead.LeadPage, error) {
	all, err := s.o.Standby.Held(ctx, mostHeld)
	if err != nil {
		return lead.LeadPage{}, fmt.Errorf("list the leads of this node: %w", err)
	}
	var p lead.LeadPage
	for _, l := range all {
		if f.shows(l) {
			p.Items = append(p.Items, l)
		}
	}
	return p, nil
}
