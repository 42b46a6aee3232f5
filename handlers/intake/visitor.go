package intake

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
	"golang.org/x/text/language"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/provider"
	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
)

//go:embed visitor.html
var visitorHTML string

// visitorPage is what a visitor sees after a form, in the language of their
// browser: thanks, or what to mend. It loads nothing.
type visitorPage struct {
	template *template.Template
	policy   string // allows the page's own style and nothing else
	matcher  language.Matcher
}

// visitorView fills the page.
type visitorView struct {
	Lang, Dir           string
	Title, Text, Return string
	Values              []string // what to look at again
	Back                string   // the page of the form; empty: unknown
}

func newVisitorPage() visitorPage {
	_, style, _ := strings.Cut(visitorHTML, "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	sum := sha256.Sum256([]byte(style))
	var tags []language.Tag
	for _, w := range visitorTexts {
		tags = append(tags, language.MustParse(w.lang))
	}
	return visitorPage{
		template: template.Must(template.New("visitor").Parse(visitorHTML)),
		policy: "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-" +
			base64.StdEncoding.EncodeToString(sum[:]) + "'",
		matcher: language.NewMatcher(tags),
	}
}

// text returns the sentences in the language that the browser asks for.
func (p *visitorPage) text(h http.Header) *visitorText {
	_, i := language.MatchStrings(p.matcher, h.Get("Accept-Language"))
	return &visitorTexts[i]
}

// write answers with the page.
func (p *visitorPage) write(c echo.Context, status int, t *visitorText, v visitorView) error {
	v.Lang, v.Dir, v.Return = t.lang, "ltr", t.back
	if slices.Contains([]string{"ar", "he"}, t.lang) {
		v.Dir = "rtl"
	}
	var b bytes.Buffer
	if err := p.template.Execute(&b, v); err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Security-Policy", p.policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Accept-Language")
	h.Set("Content-Language", t.lang)
	return c.HTMLBlob(status, b.Bytes())
}

// thank answers a form that needs no other page.
func (p *visitorPage) thank(c echo.Context) error {
	t := p.text(c.Request().Header)
	return p.write(c, http.StatusOK, t, visitorView{Title: t.thanks, Text: t.arrived})
}

// thankWithout thanks for a form whose files were too large.
func (p *visitorPage) thankWithout(c echo.Context, files []string) error {
	t := p.text(c.Request().Header)
	return p.write(c, http.StatusOK, t, visitorView{Title: t.thanks, Text: t.file, Values: files[:min(len(files), 10)]})
}

// mend asks for an address that can be used. The touch is kept all the same.
func (p *visitorPage) mend(c echo.Context, r *provider.Request, unread *lead.Touch) error {
	t := p.text(r.Header)
	return p.write(c, http.StatusAccepted, t, visitorView{Title: t.check, Text: t.noContact, Values: mistyped(unread), Back: formPage(r, unread)})
}

// refuse says to a visitor why nothing was kept.
func (p *visitorPage) refuse(c echo.Context, no problem.Problem) error {
	t := p.text(c.Request().Header)
	if no.Retry > 0 {
		c.Response().Header().Set("Retry-After", strconv.Itoa(no.Retry))
	}
	text := t.failed
	switch no.Code {
	case problem.TooLarge:
		text = t.tooLarge
	case problem.NoContact:
		text = t.empty
	}
	return p.write(c, no.Code.Status(), t, visitorView{Title: t.check, Text: text, Back: webPage(c.Request().Referer())})
}

// visits says whether a visitor's browser posted a form to a source of forms.
func (s *Intake) visits(r *http.Request) bool {
	name, ok := strings.CutPrefix(r.URL.Path, "/in/")
	name, _, _ = strings.Cut(name, "/")
	g := s.o.Sources.Find(name)
	return ok && r.Method == http.MethodPost && source.IsBrowser(r.Header) && g != nil && !g.Vendor()
}

// mistyped are the values that were meant as an e-mail address.
func mistyped(t *lead.Touch) []string {
	const most, longest = 3, 200
	var values []string
	for _, v := range t.Fields {
		if strings.Contains(v, "@") && len(v) <= longest && !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	slices.Sort(values)
	return values[:min(len(values), most)]
}

// formPage is the page that a visitor came from: browsers tell other sites only
// its host, so a form's own word is better when it names the same host.
func formPage(r *provider.Request, t *lead.Touch) string {
	from := webPage(r.Header.Get("Referer"))
	if from == "" {
		from = webPage(r.Header.Get("Origin"))
	}
	page := webPage(t.PageURL)
	if page == "" || from == "" {
		return from
	}
	a, errA := url.Parse(page)
	b, errB := url.Parse(from)
	if errA == nil && errB == nil && a.Host == b.Host {
		return page
	}
	return from
}

// webPage returns s if it is the address of a page, else nothing.
func webPage(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return ""
	}
	return s
}
