package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/handlers/handlertest"
	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
)

// insiders is a server with a session for every right.
func insiders(t testing.TB, change ...func(*Options)) (*Server, map[session.Right]string) {
	t.Helper()
	s, _ := testServer(t, testSources, append([]func(*Options){func(o *Options) {
		o.Session.Store, o.Session.Tokens, o.Try, o.API.Actor = newFakePasses(), []string{"api-token"}, true, &actorOfOne{l: lead.Lead{ID: "l1", Status: lead.New}}
	}}, change...)...)
	cookies := map[session.Right]string{}
	for _, r := range []session.Right{session.Read, session.Write, session.Owner} {
		cookies[r] = "leadgate" + "=" + admit(t, s, session.Browser, "Dana", r, time.Hour)
	}
	return s, cookies
}

// pathOf fills in the parameters of a route.
func pathOf(route string) string {
	parts := strings.Split(route, "/")
	for i, p := range parts {
		switch {
		case p == ":verb":
			parts[i] = "claim"
		case strings.HasPrefix(p, ":"):
			parts[i] = "01M88F76F4PNJ54C4FYRH1BGC7"
		}
	}
	return strings.Join(parts, "/")
}

// Every route asks for the right that the table says, from cookies and tokens
// alike, and every line of the table is about a route.
func TestAccess_EveryRoute(t *testing.T) {
	s, cookies := insiders(t)
	s.api.Close() // ends streams at once
	open := map[string]bool{}
	for _, r := range s.echo.Routes() {
		need := rightFor(r.Method, r.Path)
		if need == session.Anonymous {
			open[r.Method+" "+r.Path] = true
			continue
		}
		for have := session.Anonymous; have <= session.Owner; have++ {
			w := ask(s, r.Method, pathOf(r.Path), "", "Cookie", cookies[have], "Sec-Fetch-Site", "same-origin")
			asksIn := w.Code == 401 || w.Code == 303 && strings.HasPrefix(w.Header().Get("Location"), "/signin?next=")
			switch {
			case have == session.Anonymous && !asksIn:
				t.Errorf("%s %s answers %d to a stranger", r.Method, r.Path, w.Code)
			case have > session.Anonymous && have < need && w.Code != 403:
				t.Errorf("%s %s answers %d to one who may only %s, want 403", r.Method, r.Path, w.Code, have)
			case have >= need && (w.Code == 401 || w.Code == 403):
				t.Errorf("%s %s answers %d %s to one who may %s", r.Method, r.Path, w.Code, w.Body, have)
			}
		}
		if r.Method != http.MethodGet {
			w := ask(s, r.Method, pathOf(r.Path), "", "Cookie", cookies[session.Owner], "Sec-Fetch-Site", "cross-site")
			if w.Code != 403 {
				t.Errorf("%s %s from another site = %d, want 403", r.Method, r.Path, w.Code)
			}
		}
	}
	want := map[string]bool{}
	for _, path := range []string{"/in/:source", "/in/:source/", "/in/:source/:token", "/in/:source/:token/"} {
		for _, m := range []string{"GET", "HEAD", "POST", "OPTIONS"} {
			want[m+" "+path] = true
		}
	}
	for _, r := range []string{"GET /try", "GET /static/:file", "GET /favicon.ico", "GET /healthz", "GET /readyz", "GET /version", "GET /metrics", "GET /openapi.yaml",
		"POST /slack/interactions", "POST /slack/commands", "GET /signin", "POST /signin", "GET /signin/slack", "GET /signin/slack/callback", "POST /signout"} {
		if method, path, _ := strings.Cut(r, " "); s.routed[method+" "+path] {
			want[r] = true
		}
	}
	if d := cmp.Diff(want, open); d != "" {
		t.Errorf("open to everybody (-want +got):\n%s", d)
	}
}

func TestRightFor_UnknownIsTheOwners(t *testing.T) {
	for _, path := range []string{"/api/", "/api/v2/leads", "/nothing", "/settingsx"} {
		for _, m := range []string{"GET", "POST", "DELETE"} {
			if got := rightFor(m, path); got != session.Owner {
				t.Errorf("%s %s needs %s, want own", m, path, got)
			}
		}
	}
}

func TestAccess_Tokens(t *testing.T) {
	s, _ := insiders(t)
	read, write := admit(t, s, session.Token, "reporting", session.Read, 0), admit(t, s, session.Token, "crm", session.Write, 0)
	for _, tc := range []struct {
		name, token, method, path, body string
		want                            int
	}{
		{"ReadReads", read, "GET", "/api/v1/leads", "", 200},
		{"ReadDoesNotClaim", read, "POST", "/api/v1/leads/l1/claim", `{"by":"Dana"}`, 403},
		{"WriteClaims", write, "POST", "/api/v1/leads/l1/claim", `{"by":"Dana"}`, 200},
		{"WriteMakesNoTokens", write, "POST", "/api/v1/passes", `{"name":"x","right":"write"}`, 403},
		{"WriteListsNoTokens", write, "GET", "/api/v1/passes", "", 403},
		{"Unknown", "lg_wrong", "GET", "/api/v1/leads", "", 401},
		{"ConfiguredDoesAll", "api-token", "GET", "/api/v1/passes", "", 200},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if w := ask(s, tc.method, tc.path, tc.body, "Authorization", "Bearer "+tc.token); w.Code != tc.want {
				t.Errorf("%s %s = %d %s, want %d", tc.method, tc.path, w.Code, w.Body, tc.want)
			}
		})
	}
	// A token in a browser's form field or cookie is none.
	if w := ask(s, "GET", "/api/v1/leads", "", "Cookie", "leadgate"+"="+write); w.Code != 401 {
		t.Errorf("a token as a cookie = %d, want 401", w.Code)
	}
}

func TestAccess_StoreAway(t *testing.T) {
	f := newFakePasses()
	s, cookies := insiders(t, func(o *Options) { o.Session.Store = f })
	f.err = lead.ErrUnavailable
	handlertest.WantProblem(t, ask(s, "GET", "/api/v1/leads", "", "Cookie", cookies[session.Owner]), problem.Unavailable)
	if w := ask(s, "GET", "/api/v1/leads", "", "Authorization", bearer); w.Code != 200 {
		t.Errorf("a configured token while the store is away = %d, want 200", w.Code)
	}
}

func TestSignIn(t *testing.T) {
	s, _ := insiders(t)
	link, err := s.SignInLink(t.Context(), "Dana")
	if err != nil {
		t.Fatal(err)
	}
	at, code, _ := strings.Cut(link, "#")
	if at != publicURL+"/signin" || len(code) < 26 {
		t.Fatalf("link %s, want %s/signin#CODE", link, publicURL)
	}
	enter := func(code, next string, header ...string) (status int, to, cookie string) {
		w := post(s, "/signin", formType, url.Values{"code": {code}, "next": {next}}.Encode(), header...)
		return w.Code, w.Header().Get("Location"), w.Header().Get("Set-Cookie")
	}
	if status, _, cookie := enter("wrong", "/"); status != 401 || cookie != "" {
		t.Errorf("a wrong code = %d %q, want 401 without a cookie", status, cookie)
	}
	if status, _, _ := enter(code, "/", "Sec-Fetch-Site", "cross-site"); status != 403 {
		t.Errorf("a form of another site = %d, want 403", status)
	}
	status, to, cookie := enter(link, "/l/01M88F76F4PNJ54C4FYRH1BGC7") // the whole link, pasted
	if status != 303 || to != "/l/01M88F76F4PNJ54C4FYRH1BGC7" {
		t.Fatalf("the link = %d to %s, want on to the lead", status, to)
	}
	for _, part := range []string{"HttpOnly", "Secure", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("cookie %q without %s", cookie, part)
		}
	}
	if status, _, _ := enter(code, "/"); status != 401 {
		t.Errorf("the link a second time = %d, want 401", status)
	}
	cookie, _, _ = strings.Cut(cookie, ";")
	if w := ask(s, "GET", "/settings", "", "Cookie", cookie); w.Code != 200 || !strings.Contains(w.Body.String(), "Dana") {
		t.Errorf("signed in: %d, want the page of Dana", w.Code)
	}
	if w := ask(s, "POST", "/signout", "", "Cookie", cookie); w.Code != 303 {
		t.Errorf("sign out = %d", w.Code)
	}
	if w := ask(s, "GET", "/settings", "", "Cookie", cookie); w.Code != 303 {
		t.Errorf("after signing out the cookie still works: %d", w.Code)
	}
	// An API token signs in with its right, and stays.
	token := admit(t, s, session.Token, "reporting", session.Read, 0)
	for range 2 {
		if status, to, _ := enter(token, "https://evil.example"); status != 303 || to != "/" {
			t.Errorf("a token = %d to %s, want in and on to /", status, to)
		}
	}
	for range 10 {
		status, _, _ = enter("wrong", "/")
	}
	if status != 429 {
		t.Errorf("attempt after attempt ends with %d, want 429", status)
	}
}

func TestPassesAPI(t *testing.T) {
	s, _ := insiders(t)
	call := func(method, path, body string) (int, string) {
		w := ask(s, method, "/api/v1/passes"+path, body, "Authorization", bearer)
		return w.Code, w.Body.String()
	}
	status, body := call("POST", "", `{"name":"  crm   sync ","right":"write"}`)
	if status != 201 || !strings.Contains(body, `"name":"crm sync"`) || !strings.Contains(body, `"token":"lg_`) {
		t.Fatalf("new token = %d %s", status, body)
	}
	_, id, _ := strings.Cut(body, `"id":"`)
	id, _, _ = strings.Cut(id, `"`)
	if status, body := call("POST", "", `{"kind":"link","name":"Dana"}`); status != 201 || !strings.Contains(body, publicURL+"/signin#") {
		t.Errorf("new link = %d %s", status, body)
	}
	if _, body := call("GET", "", ""); strings.Contains(body, "lg_") || !strings.Contains(body, id) {
		t.Errorf("list %s, want the id and no secret", body)
	}
	for name, body := range map[string]string{"NoName": `{"right":"read"}`, "Own": `{"name":"x","right":"own"}`, "NoRight": `{"name":"x"}`,
		"Session": `{"name":"x","kind":"session"}`, "Rubbish": `{`, "Long": `{"right":"read","name":"` + strings.Repeat("x", 61) + `"}`} {
		if status, _ := call("POST", "", body); status != 400 {
			t.Errorf("%s = %d, want 400", name, status)
		}
	}
	if status, _ := call("DELETE", "/"+id, ""); status != 204 {
		t.Errorf("delete = %d", status)
	}
	if status, _ := call("DELETE", "/"+id, ""); status != 404 {
		t.Errorf("delete again = %d, want 404", status)
	}
}

func TestSettings(t *testing.T) {
	s, cookies := insiders(t)
	send := func(r session.Right, path string, form url.Values) (int, string, string) {
		w := post(s, path, formType, form.Encode(), "Cookie", cookies[r], "Accept", "text/html")
		return w.Code, w.Body.String(), w.Header().Get("Location")
	}
	status, page, _ := send(session.Owner, "/settings/tokens", url.Values{"name": {"<b>crm</b>"}, "right": {"read"}})
	if status != 201 || !strings.Contains(page, "lg_") || strings.Contains(page, "<b>crm") || !strings.Contains(page, "&lt;b&gt;crm") {
		t.Errorf("making a token = %d, want the page with the token and the name escaped:\n%s", status, page)
	}
	if status, _, to := send(session.Read, "/settings/name", url.Values{"name": {"Robin"}}); status != 303 || to != "/settings?said=named" {
		t.Errorf("a new name = %d to %s", status, to)
	}
	if _, page, _ := send(session.Read, "/settings/name", url.Values{"name": {""}}); !strings.Contains(page, "Give it a name") || !strings.Contains(page, "<html") {
		t.Errorf("an empty name: %s, want a page that says so", page)
	}
	w := ask(s, "GET", "/settings", "", "Cookie", cookies[session.Read])
	if body := w.Body.String(); !strings.Contains(body, "Robin") || strings.Contains(body, "API tokens") {
		t.Errorf("a reader's settings: %s, want the new name and nothing of tokens", body)
	}
	w = ask(s, "GET", "/settings", "", "Cookie", cookies[session.Owner])
	if n := strings.Count(w.Body.String(), `action="/settings/end"`); n != 4 { // three sessions and the token
		t.Errorf("%d passes can be ended, want 4", n)
	}
	_, id, _ := strings.Cut(cookies[session.Write], "=")
	if status, _, _ := send(session.Owner, "/settings/end", url.Values{"id": {digest(id)}}); status != 303 {
		t.Errorf("ending a session = %d", status)
	}
	if w := ask(s, "GET", "/settings", "", "Cookie", cookies[session.Write]); w.Code != 303 {
		t.Errorf("the ended session still works: %d", w.Code)
	}
}
