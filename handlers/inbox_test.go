package handlers

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/handlers/api"
	"github.com/leadgate/leadgate/handlers/handlertest"
	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
)

// shelf is a reader and an actor of leads in memory, newest first.
type shelf struct {
	fakeReader
	leads []*lead.Lead
	asked []lead.Query
	thin  bool // its touches lack their person
}

func (s *shelf) Lead(_ context.Context, id string) (*lead.Lead, error) {
	for _, l := range s.leads {
		if l.ID == id {
			return l, s.err
		}
	}
	return nil, lead.ErrNotFound
}

func (s *shelf) Leads(_ context.Context, q lead.Query) (lead.LeadPage, error) {
	s.asked = append(s.asked, q)
	at := 0
	if q.Cursor != "" {
		at = slices.IndexFunc(s.leads, func(l *lead.Lead) bool { return l.ID == q.Cursor })
	}
	end := min(at+q.Limit, len(s.leads))
	p := lead.LeadPage{Items: s.leads[at:end]}
	if end < len(s.leads) {
		p.Next = s.leads[end].ID
	}
	return p, s.err
}

func (s *shelf) Touch(_ context.Context, id string) (*lead.Touch, error) {
	for _, l := range s.leads {
		if slices.Contains(l.Touches, id) {
			t := &lead.Touch{ID: id, LeadID: l.ID, State: lead.Settled, Source: "contact", Provider: "form", Person: l.Person, Message: l.History[0].Message, ReceivedAt: l.CreatedAt}
			if t.NeedsFetch = s.thin; s.thin {
				t.Trail = []lead.Step{{At: noon, Step: lead.StepFetched, Why: lead.AskGivenUp, Note: "unavailable: status 503"}}
			}
			return t, nil
		}
	}
	return nil, lead.ErrNotFound
}

func (s *shelf) Act(ctx context.Context, id string, d lead.Command, revision int64) (*lead.Lead, error) {
	l, err := s.Lead(ctx, id)
	if err != nil {
		return nil, err
	}
	if revision != 0 && revision != l.Revision {
		return l, lead.ErrConflict
	}
	if err := l.Act(d, noon); err != nil {
		return l, lead.ErrConflict
	}
	l.Revision++
	return l, nil
}

func leadOf(n int, name string, change ...func(*lead.Lead)) *lead.Lead {
	id := "01M88F76F4PNJ54C4FYRH1BG" + string(rune('A'+n/10)) + string(rune('0'+n%10))
	l := &lead.Lead{ID: id, Person: lead.Person{Name: name, Email: strings.ToLower(strings.ReplaceAll(name, " ", ".")) + "@works.example", Company: "Works"},
		Verdict: lead.Verdict{Temperature: lead.Hot, Score: 90, Reasons: []lead.Reason{{Because: "asked for a demo", Points: 90, Rule: "demo_request"}}},
		Status:  lead.New, Touches: []string{"T" + id[1:]}, CreatedAt: noon.Add(-time.Minute), Revision: 1,
		History: []lead.Past{{ID: "T" + id[1:], Action: "demo_request", Source: "contact", At: noon.Add(-time.Minute), Message: "Call me"}}}
	for _, c := range change {
		c(l)
	}
	return l
}

func inboxServer(t testing.TB, leads ...*lead.Lead) (*Server, *shelf, map[session.Right]string) {
	t.Helper()
	sh := &shelf{leads: leads}
	s, cookies := insiders(t, func(o *Options) { o.API.Reader, o.API.Actor = sh, sh })
	return s, sh, cookies
}

func TestInbox(t *testing.T) {
	var leads []*lead.Lead
	for i := range 120 {
		leads = append(leads, leadOf(i, "Ada Brandt", func(l *lead.Lead) {
			if i%3 > 0 {
				l.Status = lead.Junk
			}
		}))
	}
	s, _, cookies := inboxServer(t, leads...)
	get := func(path string) *http.Response {
		return ask(s, "GET", path, "", "Cookie", cookies[session.Write]).Result()
	}
	w := ask(s, "GET", "/", "", "Cookie", cookies[session.Write])
	rows := func(page string) (ids []string) {
		for _, n := range handlertest.Elements(t, page, "li") {
			if id := handlertest.Attr(n, "id"); strings.HasPrefix(id, "lead-") {
				ids = append(ids, id)
			}
		}
		return ids
	}
	if got := rows(w.Body.String()); len(got) != 40 {
		t.Errorf("%d rows, want all 40 that are not junk: the store's pages are looked through until the page is full", len(got))
	}
	if got := rows(ask(s, "GET", "/?q=junk", "", "Cookie", cookies[session.Write]).Body.String()); len(got) < api.DefaultLimit {
		t.Errorf("%d rows of junk, want a full page", len(got))
	}
	for name, want := range map[string]string{"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"} {
		if got := get("/").Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if page := ask(s, "GET", "/?q=since:yore", "", "Cookie", cookies[session.Write]).Body.String(); !strings.Contains(page, "means nothing in a filter") {
		t.Error("a wrong word is passed over")
	}
	// A reader sees the leads and no buttons.
	if page := ask(s, "GET", "/", "", "Cookie", cookies[session.Read]).Body.String(); len(rows(page)) == 0 || strings.Contains(page, "data-verb") {
		t.Error("a reader is shown buttons, or no leads")
	}
}

func TestActOnPage(t *testing.T) {
	const id = "01M88F76F4PNJ54C4FYRH1BGA1"
	s, sh, cookies := inboxServer(t, leadOf(1, "Ada Brandt"))
	press := func(verb, revision, back string, header ...string) (int, string, string) {
		w := post(s, "/l/"+id+"/"+verb, formType, url.Values{"revision": {revision}, "back": {back}}.Encode(), append(header, "Cookie", cookies[session.Write], "Accept", "text/html")...)
		return w.Code, w.Header().Get("Location"), w.Body.String()
	}
	if status, to, _ := press("claim", "1", "/?tab=hot"); status != 303 || to != "/?said=claim&tab=hot" {
		t.Errorf("claim = %d to %s, want back to the list", status, to)
	}
	if c := sh.leads[0].Claim; c == nil || c.By != "Dana" {
		t.Errorf("claimed by %+v, want Dana", c)
	}
	if status, to, _ := press("contacted", "2", "//evil.example"); status != 303 || to != "/?said=contacted" {
		t.Errorf("contacted = %d to %s, want to stay here", status, to)
	}
	if status, _, page := press("junk", "1", "/"); status != 409 || !strings.Contains(page, "Dana has this lead since") || !strings.Contains(page, "<html") {
		t.Errorf("with an old revision = %d, want 409 with the lead's page", status)
	}
	if status, _, page := press("junk", "1", "/", "HX-Request", "true"); status != 409 || strings.Contains(page, "<html") || !strings.Contains(page, `role="alert"`) {
		t.Errorf("with an old revision in a row = %d %s, want the row with what went wrong", status, page)
	}
	if status, _, page := press("unclaim", "3", "/", "HX-Request", "true"); status != 200 || !strings.HasPrefix(strings.TrimSpace(page), `<li class="row hot new`) {
		t.Errorf("in a row = %d %s, want the row as it is now", status, page)
	}
	if w := post(s, "/l/"+id+"/claim", formType, "", "Cookie", cookies[session.Write], "Origin", "https://evil.example", "Accept", "text/html"); w.Code != 403 {
		t.Errorf("from another site = %d, want 403", w.Code)
	}
}

func TestLeadPage(t *testing.T) {
	const id = "01M88F76F4PNJ54C4FYRH1BGA1"
	s, sh, cookies := inboxServer(t, leadOf(1, "Ada Brandt"))
	for _, sh.thin = range []bool{true, false} {
		w := ask(s, "GET", "/l/"+id, "", "Cookie", cookies[session.Read])
		if strings.Contains(w.Body.String(), "Needs its person: unavailable: status 503") != sh.thin {
			t.Errorf("thin %v: the page is wrong about who is missing", sh.thin)
		}
	}
	for path, want := range map[string]int{"/l/" + id: 200, "/l/01M88F76F4PNJ54C4FYRH1BGA2": 404, "/l/nope": 404, "/l/%3Cscript%3E": 404} {
		w := ask(s, "GET", path, "", "Cookie", cookies[session.Read], "Accept", "text/html")
		if w.Code != want || !strings.Contains(w.Body.String(), "<html") {
			t.Errorf("GET %s = %d, want %d and a page", path, w.Code, want)
		}
	}
	if w := ask(s, "GET", "/l/"+strings.Replace(id, "0", "T", 1), "", "Cookie", cookies[session.Read]); w.Code != 303 || w.Header().Get("Location") != "/l/"+id {
		t.Errorf("by a touch's id = %d to %s, want on to its lead", w.Code, w.Header().Get("Location"))
	}
	w := ask(s, "GET", "/l/"+id, "")
	if w.Code != 303 || w.Header().Get("Location") != "/signin?next=%2Fl%2F"+id {
		t.Errorf("a stranger = %d to %s, want to sign in and then here", w.Code, w.Header().Get("Location"))
	}
}

// hostile is what visitors type who mean harm.
var hostile = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'><svg/onload=alert(1)>`, `javascript:alert(1)`, `</li><hx-partial hx-target="body"><h1>`,
	"{{.Me}}", "${7*7}", "\u202Egnp.exe", "=1+1|cmd", "a\nb\r\nSet-Cookie: x=1", "\x1b[31mred", `<a href="https://evil.example">`, "&lt;script&gt;", "]]>", "<!--", "`${alert(1)}`",
}

// Whatever is in a field, a page has the elements and links that it always has.
func TestPages_Inert(t *testing.T) {
	shape := func(text string) (all []string) {
		l := leadOf(1, "x", func(l *lead.Lead) {
			l.Person = lead.Person{Name: text, Email: text, Phone: text, Company: text, Title: text}
			l.History[0] = lead.Past{ID: l.Touches[0], Action: lead.Action(text), Source: text, At: noon, Event: text, Message: text, Fields: map[string]string{text: text}}
			l.Claim, l.NextStep, l.Rules = &lead.Claim{By: text}, text, text
			l.Reasons = []lead.Reason{{Because: text, Rule: text}}
			l.Trail = []lead.Step{{Step: "claim", Note: text}}
		})
		touch := &lead.Touch{ID: l.Touches[0], Source: text, Provider: text, Action: lead.Action(text), Message: text, Error: text, Held: text, PageURL: text, MergedInto: text,
			Event: lead.Event{Title: text, Start: text}, UTM: lead.UTM{Source: text}, Fields: map[string]string{text: text}, Marks: []string{text}, State: lead.Settled,
			Deliveries: []lead.Delivery{{Target: text, Kind: text, Receipt: text, Error: text}}, Trail: []lead.Step{{Step: lead.StepName(text), Why: text, Note: text}}}
		sh, news := &shelf{leads: []*lead.Lead{l}}, make(chan []lead.News, 1)
		s, cookies := insiders(t, func(o *Options) {
			o.API.Reader, o.API.Actor, o.API.Watcher = oneTouch{sh, touch}, sh, handlertest.Watcher{Next: news}
		})
		news <- []lead.News{{ID: "run-1", Kind: lead.LeadNews, LeadID: l.ID, Change: "new"}}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		r, stream := httptest.NewRequestWithContext(ctx, "GET", "/live?x="+url.QueryEscape(text), nil), httptest.NewRecorder()
		r.Header.Set("Cookie", cookies[session.Write])
		s.Handler().ServeHTTP(stream, r)
		_, live, ok := strings.Cut(stream.Body.String(), "data: ")
		live, _, whole := strings.Cut(live, "\n\n")
		if !ok || !whole || strings.ContainsAny(live, "\n\r") {
			t.Errorf("%q breaks the line of a stream: %s", text, stream.Body)
		}
		pages := []string{live}
		for _, path := range []string{"/", "/?tab=" + url.QueryEscape(text), "/l/" + l.ID, "/signin?next=" + url.QueryEscape(text), "/?q=" + url.QueryEscape(text)} {
			if strings.HasPrefix(path, "/?q") {
				sh.leads = nil // whether the text is found is not the question
			}
			w := ask(s, "GET", path, "", "Cookie", cookies[session.Write])
			if w.Code != 200 && w.Code != 303 {
				t.Fatalf("GET %s with %q = %d %s", path, text, w.Code, w.Body)
			}
			pages = append(pages, w.Body.String())
		}
		for _, page := range pages {
			all = append(all, shapeOf(t, page, text)...)
		}
		return all
	}
	want := shape("harmless")
	for _, text := range hostile {
		if d := cmp.Diff(want, shape(text)); d != "" {
			t.Errorf("%q changes the page (-harmless +it):\n%s", text, d)
		}
	}
}

// shapeOf lists the elements of a page that text could add to, and looks for what
// would run.
func shapeOf(t *testing.T, page, text string) (all []string) {
	t.Helper()
	for _, n := range handlertest.Elements(t, page, "script", "img", "svg", "a", "form", "h1", "hx-partial", "iframe", "input", "button", "meta", "link", "textarea") {
		all = append(all, n.Data)
		for _, a := range n.Attr {
			leads := a.Key == "href" || a.Key == "src" || a.Key == "action"
			if strings.HasPrefix(a.Key, "on") || leads && strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "javascript:") {
				t.Errorf("%q makes %s %s=%q", text, n.Data, a.Key, a.Val)
			}
		}
	}
	return all
}

// oneTouch is a shelf whose only touch is this one.
type oneTouch struct {
	*shelf
	touch *lead.Touch
}

func (o oneTouch) Touch(context.Context, string) (*lead.Touch, error) { return o.touch, nil }

// far is a reader that finds nobody for a while, and takes its time.
type far struct {
	fakeReader
	first, looks int // the look that finds somebody; how many there were
}

func (f *far) Leads(context.Context, lead.Query) (lead.LeadPage, error) {
	time.Sleep(30 * time.Millisecond)
	p := lead.LeadPage{Next: "on"}
	if f.looks++; f.looks == f.first {
		p.Items = []*lead.Lead{leadOf(1, "Ada Brandt")}
	}
	return p, nil
}

// A filter that seldom matches gives a page soon, if there is anything to show.
func TestInbox_SeldomMatches(t *testing.T) {
	for name, tc := range map[string]struct{ first, looks int }{"AtOnce": {1, 4}, "Later": {9, 9}, "Never": {0, 20}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &far{first: tc.first}
				s, cookies := insiders(t, func(o *Options) { o.API.Reader = r })
				w := ask(s, "GET", "/?q=ada", "", "Cookie", cookies[session.Read])
				if r.looks != tc.looks {
					t.Errorf("%d looks for one page, want %d", r.looks, tc.looks)
				}
				rows := strings.Count(w.Body.String(), `id="lead-`)
				if none := strings.Contains(w.Body.String(), "None of the latest leads fits"); none != (rows == 0) || !strings.Contains(w.Body.String(), "Older leads") {
					t.Errorf("%d rows, says that there are none: %v", rows, none)
				}
			})
		})
	}
}
