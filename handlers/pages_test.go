package handlers

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/handlers/handlertest"
	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/ops"
)

func TestSourcesPage(t *testing.T) {
	s, cookies := insiders(t, func(o *Options) {
		o.Sources = []source.Source{{Name: "contact", Provider: "form", Action: "contact_form"}, {Name: "secretive", Provider: "form", Token: "path-secret"},
			{Name: "keyed", Provider: "json", Header: map[string]string{"X-Key": "header-secret"}}, {Name: "zoom", Provider: "zoom", Secret: zoomSecret},
			{Name: "open-zoom", Provider: "zoom", Unsigned: true}}
	})
	page := func(r session.Right) string { return ask(s, "GET", "/sources", "", "Cookie", cookies[r]).Body.String() }
	for _, want := range []string{publicURL + "/in/contact", "/in/secretive/path-secret", "HTML form", "const answer = await fetch", "Paste the address into the webhook settings of Zoom", "nothing checks it; set secret"} {
		if !strings.Contains(page(session.Write), want) {
			t.Errorf("the page of sources lacks %q", want)
		}
	}
	for _, secret := range []string{"path-secret", "header-secret", zoomSecret} {
		if strings.Contains(page(session.Read), secret) {
			t.Errorf("a reader is shown %s", secret)
		}
	}
	if strings.Contains(page(session.Owner), "header-secret") || strings.Contains(page(session.Owner), zoomSecret) {
		t.Error("secrets of the configuration are on the page")
	}
	if strings.Contains(page(session.Read), "Send a test lead") {
		t.Error("a reader is shown a button that is not for readers")
	}
}

func TestTestSource(t *testing.T) {
	var a *fakeAccepter
	s, cookies := insiders(t, func(o *Options) {
		a = o.Intake.Accepter.(*fakeAccepter)
		o.Sources = []source.Source{{Name: "contact", Provider: "form"}, {Name: "zoom", Provider: "zoom", Secret: zoomSecret}}
	})
	for i, name := range []string{"contact", "contact", "zoom"} {
		w := post(s, "/sources/"+name+"/test", formType, "", "Cookie", cookies[session.Write])
		if w.Code != 303 || len(a.touches) != i+1 || w.Header().Get("Location") != "/l/"+a.touches[i].ID+"?said=tested" {
			t.Fatalf("a test lead to %s = %d to %s with %d touches, want on to its page", name, w.Code, w.Header().Get("Location"), len(a.touches))
		}
		if got := a.touches[i]; !got.Test || got.Source != name || got.State != lead.Accepted {
			t.Errorf("touch %+v, want an accepted test of %s", got, name)
		}
	}
	if a.touches[0].ID == a.touches[1].ID || a.touches[0].Content == a.touches[1].Content {
		t.Error("the second test lead is taken for the first one sent again")
	}
	if w := post(s, "/sources/nope/test", formType, "", "Cookie", cookies[session.Write]); w.Code != 404 {
		t.Errorf("a test lead to nobody = %d, want 404", w.Code)
	}
	a.err = lead.ErrNotDurable
	if w := post(s, "/sources/contact/test", formType, "", "Cookie", cookies[session.Write]); w.Code != 503 {
		t.Errorf("a test lead that is not kept = %d, want 503", w.Code)
	}
}

func TestRulesPage(t *testing.T) {
	s, cookies := insiders(t, func(o *Options) {
		o.Sources = []source.Source{{Name: "demo", Provider: "form", Action: "demo_request"}, {Name: "zoom", Provider: "zoom", Unsigned: true}}
	})
	if page := ask(s, "GET", "/rules", "", "Cookie", cookies[session.Read]).Body.String(); !strings.Contains(page, "demo_request") || !strings.Contains(page, "work_email") {
		t.Error("the rules are not on their page")
	}
	for name, tc := range map[string]struct {
		source, payload string
		status          int
		want            string
	}{
		"Form":      {"demo", "name=Ada&email=ada@works.example", 200, "work e-mail"},
		"JSON":      {"demo", ` {"name":"<b>Ada</b>","email":"ada@gmail.com"}`, 200, "&lt;b&gt;Ada&lt;/b&gt;"},
		"Two":       {"demo", `[{"email":"a@works.example"},{"email":"b@works.example"}]`, 200, "b@works.example"},
		"Nobody":    {"zoom", `{"event":"webinar.started","payload":{"object":{}}}`, 200, "is about nobody"},
		"Broken":    {"demo", `{"name":`, 422, `role="alert"`},
		"Empty":     {"demo", " ", 422, "Paste the body"},
		"NoSource":  {"nope", "a=b", 422, "no source of this name"},
		"Too large": {"demo", strings.Repeat("a", 64<<10+1), 422, "too much to try"},
	} {
		t.Run(name, func(t *testing.T) {
			w := post(s, "/rules/try", formType, url.Values{"source": {tc.source}, "payload": {tc.payload}}.Encode(), "Cookie", cookies[session.Read])
			if w.Code != tc.status || !strings.Contains(w.Body.String(), tc.want) {
				t.Errorf("%d without %q: %s", w.Code, tc.want, w.Body)
			}
		})
	}
}

// fakeCare are two leads and a funnel.
type fakeCare struct{ err error }

func (f fakeCare) Care(context.Context, time.Time, time.Time) ([]lead.Care, error) {
	return []lead.Care{{LeadID: "a", Source: "contact", AskedAt: noon, ClaimedAt: noon.Add(time.Minute), By: "<b>Dana</b>"}, {LeadID: "b", Source: "contact", AskedAt: noon}}, f.err
}

func (f fakeCare) Funnel(context.Context, time.Time, time.Time) ([]lead.Funnel, error) {
	return []lead.Funnel{{Source: "contact", Leads: 7, Hot: 2, Claimed: 1}}, f.err
}

func TestReportsPage(t *testing.T) {
	s, cookies := insiders(t, func(o *Options) { o.API.Reporter = fakeCare{} })
	w := ask(s, "GET", "/reports?by=rep&from=2026-11-01&to=2026-11-25&zone=Europe%2FBerlin", "", "Cookie", cookies[session.Read])
	page := w.Body.String()
	for _, want := range []string{"1 min", "50 %", "&lt;b&gt;Dana&lt;/b&gt;", `<rect class="series-0"`, "/api/v1/reports/speed?by=rep&amp;format=csv&amp;from=2026-11-01", "Unaccounted"} {
		if w.Code != 200 || !strings.Contains(page, want) {
			t.Errorf("reports = %d without %q", w.Code, want)
		}
	}
	for _, link := range handlertest.Elements(t, page, "a") {
		if at := handlertest.Attr(link, "href"); strings.HasPrefix(at, "/api/") && !strings.HasPrefix(at, "/api/v1/leads.csv") {
			if w := ask(s, "GET", at, "", "Cookie", cookies[session.Read]); w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/csv") {
				t.Errorf("GET %s = %d %s, want CSV", at, w.Code, w.Header().Get("Content-Type"))
			}
		}
	}
	if w := ask(s, "GET", "/reports?by=weather", "", "Cookie", cookies[session.Read], "Accept", "text/html"); w.Code != 400 || !strings.Contains(w.Body.String(), "<html") {
		t.Errorf("a wrong report = %d, want a page with 400", w.Code)
	}
}

// fakeMachinery keeps what was done.
type fakeMachinery struct {
	done []string
	err  error
}

func (f *fakeMachinery) Machinery(context.Context) ops.Machinery {
	return ops.Machinery{Redis: ops.Redis{Up: true, Used: 5 << 20}, Journal: ops.Journal{Waiting: 3, Shelves: []ops.Shelf{{Name: "hot", Kept: 3}}},
		Queues: []ops.Queue{{Name: "hot", Pending: 4, Retry: 1}}, Targets: []ops.Target{{Name: "sales", Kind: "slack", State: "broken", LastError: "channel_not_found"}}}
}

func (f *fakeMachinery) did(words ...string) error {
	f.done = append(f.done, strings.Join(words, " "))
	return f.err
}

func (f *fakeMachinery) PauseQueue(_ context.Context, queue string, paused bool) error {
	if paused {
		return f.did("pause", queue)
	}
	return f.did("resume", queue)
}

func (f *fakeMachinery) Tasks(context.Context, string, string, int) ([]ops.Task, error) {
	return []ops.Task{{ID: "task-1", Queue: "hot", Type: "touch", State: "retry", Touches: []string{"T1"}, LastError: "<i>no</i>"}}, f.err
}
func (f *fakeMachinery) RunTask(_ context.Context, queue, id string) error {
	return f.did("run", queue, id)
}
func (f *fakeMachinery) DeleteTask(_ context.Context, queue, id string) error {
	return f.did("delete", queue, id)
}

func TestQueuesPage(t *testing.T) {
	f := &fakeMachinery{}
	s, cookies := insiders(t, func(o *Options) { o.API.Machinery = f })
	page := ask(s, "GET", "/queues?queue=hot&state=retry", "", "Cookie", cookies[session.Owner]).Body.String()
	for _, want := range []string{"5.0 MiB", "channel_not_found", "task-1", "&lt;i&gt;no&lt;/i&gt;", `href="/l/T1"`, `action="/queues/hot/run"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if page := ask(s, "GET", "/queues?queue=hot&state=retry", "", "Cookie", cookies[session.Write]).Body.String(); strings.Contains(page, "action=\"/queues/") {
		t.Error("buttons are shown that only the owner may press")
	}
	press := func(verb, task string) (int, string) {
		w := post(s, "/queues/hot/"+verb, formType, url.Values{"task": {task}, "state": {"retry"}}.Encode(), "Cookie", cookies[session.Owner])
		return w.Code, w.Header().Get("Location")
	}
	for _, verb := range []string{"pause", "resume"} {
		if code, to := press(verb, ""); code != 303 || to != "/queues?said=done" {
			t.Errorf("%s = %d to %s", verb, code, to)
		}
	}
	for _, verb := range []string{"run", "delete"} {
		if code, to := press(verb, "task-1"); code != 303 || to != "/queues?said=done&queue=hot&state=retry" {
			t.Errorf("%s = %d to %s", verb, code, to)
		}
	}
	if code, _ := press("burn", ""); code != 404 {
		t.Errorf("an unknown verb = %d, want 404", code)
	}
	if d := cmp.Diff([]string{"pause hot", "resume hot", "run hot task-1", "delete hot task-1"}, f.done); d != "" {
		t.Errorf("done (-want +got):\n%s", d)
	}
	f.err = ops.ErrBusy
	if code, _ := press("run", "task-1"); code != 409 {
		t.Errorf("a task that runs = %d, want 409", code)
	}
}
