package handlers

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/ops"
)

// fakeAuditor keeps what it is given, and shows it a page at a time. A cursor is
// how many were shown.
type fakeAuditor struct {
	mu      sync.Mutex
	entries []lead.Entry
	err     error
}

func (f *fakeAuditor) Record(_ context.Context, e lead.Entry) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.entries = append(f.entries, e)
}

func (f *fakeAuditor) Entries(_ context.Context, limit int, cursor string) ([]lead.Entry, string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := slices.Clone(f.entries)
	slices.Reverse(all)
	from, next := 0, ""
	if _, err := fmt.Sscan(cursor, &from); err != nil && cursor != "" || from > len(all) {
		return nil, "", fmt.Errorf("cursor %s: %w", cursor, lead.ErrBadCursor)
	}
	if all = all[from:]; len(all) > limit {
		all, next = all[:limit], fmt.Sprint(from+limit)
	}
	return all, next, f.err
}

// taken are the entries since the last call, as short texts.
func (f *fakeAuditor) taken() (said []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.entries {
		said = append(said, strings.TrimSpace(fmt.Sprintf("%s %s %s", e.By, e.Did, e.About)))
	}
	f.entries = nil
	return said
}

// acts are requests that somebody makes who may do everything, and what the
// audit has to say about each. Empty: nothing, or jobs say it.
var acts = []struct{ method, route, path, body, want string }{
	{"POST", "/api/v1/passes", "", `{"name":"crm","right":"read"}`, "api make_token crm"},
	{"POST", "/api/v1/passes", "", `{"name":"Lee","kind":"link"}`, "api make_link Lee"},
	{"POST", "/api/v1/passes", "", `{"name":""}`, ""},
	{"DELETE", "/api/v1/passes/:id", "/api/v1/passes/nope", "", ""},
	{"POST", "/api/v1/queues/:name/:verb", "/api/v1/queues/bulk/pause", "", "api pause_queue bulk"},
	{"POST", "/api/v1/queues/:name/:verb", "/api/v1/queues/bulk/resume", `{"by":"Dana"}`, "api resume_queue bulk"}, // whatever the body is
	{"POST", "/api/v1/queues/:name/tasks/:id/:verb", "/api/v1/queues/hot/tasks/t/run", "", "api run_task hot"},
	{"POST", "/api/v1/queues/:name/tasks/:id/:verb", "/api/v1/queues/hot/tasks/t/delete", "", "api delete_task hot"},
	{"POST", "/api/v1/queues/:name/tasks/:id/:verb", "/api/v1/queues/hot/tasks/t/burn", "", ""},
	{"POST", "/api/v1/targets/:name/:verb", "/api/v1/targets/x/pause", `{"by":"Dana","why":"moves"}`, "Dana pause_target x"},
	{"POST", "/api/v1/targets/:name/:verb", "/api/v1/targets/x/resume", ``, "api resume_target x"},
	{"POST", "/api/v1/targets/:name/:verb", "/api/v1/targets/nope/resume", ``, ""},
	{"POST", "/api/v1/touches/:id/replay", "/api/v1/touches/T1/replay", `{"dry_run":true}`, ""},
	{"POST", "/api/v1/touches/:id/replay", "/api/v1/touches/T1/replay", ``, "api replay T1"},
	{"POST", "/api/v1/replay", "", `{"source":"zoom"}`, "api replay zoom"},
	{"POST", "/api/v1/replay", "", `{"source":"zoom","dry_run":true}`, ""},
	{"POST", "/api/v1/replay", "", `{"source":"vera.vanish@works.example"}`, "api replay"},
	{"POST", "/api/v1/reclassify", "", `{"source":"zoom"}`, "api reclassify zoom"},
	{"POST", "/api/v1/reclassify", "", `{"dry_run":true}`, ""},
	{"POST", "/api/v1/reps/:name/off", "/api/v1/reps/Dana/off", `{"until":"14:00"}`, "api off Dana"},
	{"POST", "/api/v1/import", "", `{"source":"fair","rows":[{"row":2,"values":{"email":"ada@works.example"}}]}`, "api import fair"},
	{"POST", "/api/v1/import", "", `{"source":"fair","rows":[{"row":502,"values":{"email":"bea@works.example"}}]}`, ""}, // a part of the same list
	{"POST", "/api/v1/import", "", `{"source":"show","dry_run":true,"rows":[{"row":2,"values":{"email":"ada@works.example"}}]}`, ""},
	{"GET", "/api/v1/export", "/api/v1/export?email=vera.vanish@works.example", "", "api export"},
	{"GET", "/api/v1/leads.csv", "", "", "api export leads.csv"},
	{"POST", "/api/v1/erase", "", `{"email":"vera.vanish@works.example"}`, ""},         // jobs record what is done to leads
	{"POST", "/api/v1/leads/:id/erase", "/api/v1/leads/l1/erase", `{"by":"Dana"}`, ""}, // likewise
}

func TestAudit_OfAPI(t *testing.T) {
	f := &fakeAuditor{}
	s, _ := insiders(t, func(o *Options) {
		o.API.Auditor, o.API.Machinery, o.API.Pauser, o.API.Replayer, o.API.Judge, o.API.People, o.API.Eraser = f, fullMachinery{}, &pauserOfOne{ops.Target{Name: "x"}}, fullRuns{}, fullJudge{}, fullPeople{}, fullRuns{}
	})
	for _, a := range acts {
		path := a.path
		if path == "" {
			path = a.route
		}
		w := ask(s, a.method, path, a.body, "Authorization", bearer)
		if got := strings.Join(f.taken(), "\n"); got != a.want {
			t.Errorf("%s %s %s = %d is recorded as %q, want %q", a.method, path, a.body, w.Code, got, a.want)
		}
		if a.want != "" && w.Code/100 != 2 {
			t.Errorf("%s %s = %d %s", a.method, path, w.Code, w.Body)
		}
	}
}

// pageActs are the same for the pages.
var pageActs = []struct{ route, path, form, want string }{
	{"/settings/tokens", "", "name=crm&right=read", "Dana make_token crm"},
	{"/settings/name", "", "name=Robin", "Dana rename Robin"},
	{"/queues/:name/:verb", "/queues/hot/pause", "", "Robin pause_queue hot"},
	{"/queues/:name/:verb", "/queues/hot/delete", "task=t1&state=retry", "Robin delete_task hot"},
	{"/queues/:name/:verb", "/queues/hot/burn", "", ""},
	{"/t/:id/replay", "/t/T1/replay", "", ""}, // asks first
	{"/t/:id/replay", "/t/T1/replay", "sure=1", "Robin replay T1"},
	{"/l/:id/erase", "/l/l1/erase", "sure=1", ""}, // jobs record what is done to leads
	{"/settings/end", "", "id=ID OF Lee", "Robin end_session Lee"},
	{"/settings/end", "", "id=ID OF crm", "Robin end_token crm"},
	{"/settings/end", "", "id=ID OF crm", ""}, // has ended already
	{"/signout", "", "", "Robin sign_out"},
}

func TestAudit_OfPages(t *testing.T) {
	f, p := &fakeAuditor{}, newFakePasses()
	s, cookies := insiders(t, func(o *Options) {
		o.API.Auditor, o.API.Machinery, o.API.Replayer, o.API.Eraser, o.Session.Store = f, fullMachinery{}, fullRuns{}, fullRuns{}, p
	})
	admit(t, s, session.Browser, "Lee", session.Read, time.Hour)
	idOf := func(name string) (id string) {
		for _, p := range p.all {
			if p.Name == name {
				id = p.ID
			}
		}
		return id
	}
	ids := map[string]string{}
	for _, a := range pageActs {
		path, form := a.path, a.form
		if path == "" {
			path = a.route
		}
		if _, name, ok := strings.Cut(form, "ID OF "); ok {
			if ids[name] == "" {
				ids[name] = idOf(name)
			}
			form = url.Values{"id": {ids[name]}}.Encode()
		}
		w := post(s, path, formType, form, "Cookie", cookies[session.Owner])
		if got := strings.Join(f.taken(), "\n"); got != a.want {
			t.Errorf("POST %s %s = %d is recorded as %q, want %q", path, form, w.Code, got, a.want)
		}
	}
	for by, code := range map[string]string{"link": admit(t, s, session.Link, "Lee", session.Owner, time.Minute), "token": admit(t, s, session.Token, "Lee", session.Read, 0)} {
		post(s, "/signin", formType, url.Values{"code": {code}}.Encode())
		if d := cmp.Diff([]string{"Lee sign_in " + by}, f.taken()); d != "" {
			t.Errorf("signing in by a %s (-want +got):\n%s", by, d)
		}
	}
	post(s, "/signin", formType, "code=wrong")
	if got := f.taken(); len(got) > 0 {
		t.Errorf("an attempt to sign in is recorded as %q", got)
	}
}

// Whatever only the owner may do is in one of the tables above, so that nothing
// is missing from the audit because it was forgotten.
func TestAudit_EveryOwnersRoute(t *testing.T) {
	known := map[string]bool{"POST /settings/doctor": true} // only looks
	for _, a := range acts {
		known[a.method+" "+a.route] = true
	}
	for _, a := range pageActs {
		known["POST "+a.route] = true
	}
	s, _ := insiders(t)
	for _, r := range s.echo.Routes() {
		if name := r.Method + " " + r.Path; r.Method != http.MethodGet && rightFor(r.Method, r.Path) == session.Owner && !known[name] {
			t.Errorf("%s is in no table of audit_test.go; record it with Server.did", name)
		}
	}
}

func TestServer_ShowAudit(t *testing.T) {
	f := &fakeAuditor{}
	s, _ := insiders(t, func(o *Options) { o.API.Auditor = f })
	for _, about := range []string{"a", "b", "c"} {
		f.Record(t.Context(), lead.Entry{ID: about, By: "Dana", Did: lead.ActReplay, About: about, At: noon})
	}
	get := func(query, token string) (int, string) {
		w := ask(s, "GET", "/api/v1/audit"+query, "", "Authorization", "Bearer "+token)
		return w.Code, w.Body.String()
	}
	if code, body := get("?limit=1", "api-token"); code != 200 ||
		strings.TrimSpace(body) != `{"items":[{"id":"c","at":"2026-11-25T12:00:00Z","by":"Dana","did":"replay","about":"c"}],"next":"1"}` {
		t.Errorf("the first page = %d %s", code, body)
	}
	if code, body := get("?cursor=1", "api-token"); code != 200 || strings.Contains(body, `"c"`) || strings.Contains(body, "next") {
		t.Errorf("the rest = %d %s", code, body)
	}
	for query, want := range map[string]int{"?cursor=x": 400, "?limit=0": 400, "?who=Dana": 400} {
		if code, body := get(query, "api-token"); code != want {
			t.Errorf("%s = %d %s, want %d", query, code, body, want)
		}
	}
	if code, _ := get("", admit(t, s, session.Token, "crm", session.Write, 0)); code != 403 {
		t.Errorf("to one who may only write = %d, want 403", code)
	}
	f.err = lead.ErrUnavailable
	if code, _ := get("", "api-token"); code != 503 {
		t.Errorf("with nothing to read from = %d, want 503", code)
	}
}
