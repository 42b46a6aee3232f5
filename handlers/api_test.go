package handlers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/handlers/handlertest"
	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/lead"
)

// fakeReader knows one touch and one lead, and keeps what it was asked.
type fakeReader struct {
	err     error
	touches *lead.TouchQuery
	leads   *lead.Query
	day     *string
}

func (f fakeReader) Touch(_ context.Context, id string) (*lead.Touch, error) {
	if id != "t1" || f.err != nil {
		return nil, fmt.Errorf("touch: %w", errors.Join(f.err, lead.ErrNotFound))
	}
	return &lead.Touch{ID: "t1", State: lead.Accepted, Source: "json", Provider: "json", At: noon, ReceivedAt: noon}, nil
}

func (f fakeReader) Lead(_ context.Context, id string) (*lead.Lead, error) {
	if id != "l1" {
		return nil, lead.ErrNotFound
	}
	return &lead.Lead{ID: "l1", Status: lead.New, Touches: []string{"t1"}, CreatedAt: noon, UpdatedAt: noon}, nil
}

func (f fakeReader) Touches(_ context.Context, q lead.TouchQuery) (lead.TouchPage, error) {
	if f.touches != nil {
		*f.touches = q
	}
	return lead.TouchPage{Next: "more"}, f.err
}

func (f fakeReader) Leads(_ context.Context, q lead.Query) (lead.LeadPage, error) {
	if f.leads != nil {
		*f.leads = q
	}
	return lead.LeadPage{}, f.err
}

func (f fakeReader) Books(_ context.Context, day string) (lead.Books, error) {
	if f.day != nil {
		*f.day = day
	}
	return lead.Books{Accepted: 3, Waiting: 1}, f.err
}

const bearer = "Bearer api-token"

// apiServer is a server with an API token and this reader.
func apiServer(t *testing.T, r fakeReader, change ...func(*Options)) *Server {
	s, _ := testServer(t, testSources, append(change, func(o *Options) { o.API.Reader, o.Session.Tokens = r, []string{"", "other-token", "api-token"} })...)
	return s
}

func TestAPI_Token(t *testing.T) {
	s := apiServer(t, fakeReader{})
	for _, path := range []string{"/api/v1/leads", "/api/v1/touches/t1", "/api/v1/nope", "/api/v1", "/api/", "/api/v2/leads"} {
		for _, token := range []string{"", "Bearer wrong", "Bearer ", "Bearer", "Basic api-token", "api-token", "Bearer api-token2"} {
			w := ask(s, http.MethodGet, path, "", "Authorization", token)
			if handlertest.WantProblem(t, w, problem.Unauthorized); w.Header().Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("GET %s with %q: no challenge", path, token)
			}
		}
	}
	for _, token := range []string{bearer, "bearer api-token", "Bearer other-token"} {
		if w := ask(s, http.MethodGet, "/api/v1/touches/t1", "", "Authorization", token); w.Code != 200 {
			t.Errorf("with %q: %d, want 200", token, w.Code)
		}
	}
	closed, _ := testServer(t, testSources)
	for _, token := range []string{"", "Bearer ", bearer} {
		handlertest.WantProblem(t, ask(closed, http.MethodGet, "/api/v1/leads", "", "Authorization", token), problem.Unauthorized)
	}
}

func TestAPI_Shows(t *testing.T) {
	var day string
	s := apiServer(t, fakeReader{day: &day})
	for path, want := range map[string]string{
		"/api/v1/touches/t1": `{"id":"t1","state":"accepted","source":"json","provider":"json","at":"2026-11-25T12:00:00Z","received_at":"2026-11-25T12:00:00Z","person":{}}`,
		"/api/v1/touches":    `{"items":[],"next":"more"}`,
		"/api/v1/leads":      `{"items":[]}`,
		"/api/v1/books":      `{"accepted":3,"alerted":0,"held":0,"digested":0,"quarantined":0,"merged":0,"unread":0,"waiting":1,"failed":0,"unaccounted":0}`,
	} {
		w := ask(s, http.MethodGet, path, "", "Authorization", bearer)
		if w.Code != 200 || strings.TrimSpace(w.Body.String()) != want || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("GET %s = %d %s %v\nwant 200 %s, not to be cached", path, w.Code, w.Body, w.Header(), want)
		}
	}
	if day != "2026-11-25" {
		t.Errorf("books of %q, want today's", day)
	}
	if w := ask(s, http.MethodGet, "/api/v1/leads/l1", "", "Authorization", bearer); w.Code != 200 || !strings.Contains(w.Body.String(), `"temperature":"cold"`) {
		t.Errorf("lead = %d %s", w.Code, w.Body)
	}
	for _, path := range []string{"/api/v1/touches/nope", "/api/v1/leads/nope", "/api/v1/nope"} {
		handlertest.WantProblem(t, ask(s, http.MethodGet, path, "", "Authorization", bearer), problem.NotFound)
	}
	handlertest.WantProblem(t, ask(s, http.MethodDelete, "/api/v1/leads", "", "Authorization", bearer), problem.MethodNotAllowed)
}

func TestAPI_Errors(t *testing.T) {
	for name, tc := range map[string]struct {
		err  error
		want problem.Code
	}{"Away": {lead.ErrUnavailable, problem.Unavailable}, "Slow": {context.DeadlineExceeded, problem.Unavailable}, "Cursor": {lead.ErrBadCursor, problem.BadQuery}, "Unknown": {errors.New("a bug"), problem.Unavailable}} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			s := apiServer(t, fakeReader{err: tc.err}, func(o *Options) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
			for _, path := range []string{"/api/v1/touches", "/api/v1/leads", "/api/v1/books"} {
				handlertest.WantProblem(t, ask(s, http.MethodGet, path, "", "Authorization", bearer), tc.want)
			}
			if logged := strings.Contains(log.String(), "level=ERROR") && strings.Contains(log.String(), "a bug"); logged != (name == "Unknown") {
				t.Errorf("log %q, want in it what no package names, and nothing else", &log)
			}
		})
	}
}

func TestQueries(t *testing.T) {
	var touches lead.TouchQuery
	var leads lead.Query
	var day string
	s := apiServer(t, fakeReader{touches: &touches, leads: &leads, day: &day})
	get := func(path string) int { return ask(s, http.MethodGet, "/api/v1"+path, "", "Authorization", bearer).Code }
	hot := lead.Hot

	get("/touches?source=json&state=merged&since=2026-11-24T10:00:00%2B01:00&limit=1000&cursor=abc")
	if diff := cmp.Diff(lead.TouchQuery{Source: "json", State: lead.Merged, Since: noon.Add(-27 * time.Hour), Limit: 1000, Cursor: "abc"}, touches); diff != "" {
		t.Errorf("touches (-want +got):\n%s", diff)
	}
	get("/leads?temperature=hot&status=claimed&source=json&email=a%2Bb@c.example&q=Ada%20B&consent=refused&since=30d")
	if diff := cmp.Diff(lead.Query{Temperature: &hot, Status: lead.Claimed, Source: "json", Email: "a+b@c.example", Text: "Ada B", Consent: lead.Refused, Since: noon.AddDate(0, 0, -30), Limit: 50}, leads); diff != "" {
		t.Errorf("leads (-want +got):\n%s", diff)
	}
	get("/touches?since=90m")
	if want := noon.Add(-90 * time.Minute); !touches.Since.Equal(want) {
		t.Errorf("since=90m is %s, want %s", touches.Since, want)
	}
	get("/touches?since=2026-11-01")
	if want := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC); !touches.Since.Equal(want) {
		t.Errorf("since=2026-11-01 is %s, want %s", touches.Since, want)
	}
	if get("/books?day=2026-10-31"); day != "2026-10-31" {
		t.Errorf("day %q, want 2026-10-31", day)
	}
	for _, bad := range []string{"/leads?limit=-1", "/leads?limit=0", "/leads?limit=1001", "/leads?limit=1000000000", "/leads?limit=x", "/touches?cursor=%00%ff",
		"/touches?since=yesterdayish", "/touches?since=-5h", "/touches?since=-3d", "/touches?state=new", "/leads?status=accepted", "/leads?temperature=tepid", "/leads?consent=yes",
		"/leads?temprature=hot", "/leads?q=" + strings.Repeat("a", 2000), "/books?day=31.10.2026", "/books?date=2026-10-31"} {
		handlertest.WantProblem(t, ask(s, http.MethodGet, "/api/v1"+bad, "", "Authorization", bearer), problem.BadQuery)
	}
}

func TestHealth(t *testing.T) {
	r := Readiness{Ready: true, RedisUp: true, Waiting: 7}
	s, _ := testServer(t, testSources, func(o *Options) { o.Ready = func(context.Context) Readiness { return r } })
	get := func(path string) (int, string) {
		w := ask(s, http.MethodGet, path, "")
		return w.Code, strings.TrimSpace(w.Body.String())
	}
	want := func(path string, status int, body string) {
		t.Helper()
		if gotStatus, got := get(path); gotStatus != status || got != body {
			t.Errorf("GET %s = %d %s, want %d %s", path, gotStatus, got, status, body)
		}
	}
	want("/healthz", 200, "ok")
	want("/version", 200, `{"version":"1.2.3"}`)
	want("/readyz", 200, `{"status":"ready","redis":"up","waiting":7}`)
	r.RedisUp = false
	want("/readyz", 200, `{"status":"degraded","redis":"away","waiting":7}`)
	r.Ready, r.Why = false, "the journal cannot be written"
	want("/readyz", 503, `{"status":"not ready","why":"the journal cannot be written","redis":"away","waiting":7}`)

	post(s, "/in/json", jsonType, oneLead)
	post(s, "/in/strangers-own-word", jsonType, oneLead)
	status, body := get("/metrics")
	for _, line := range []string{`leadgate_accepted_total{source="json"} 1`, `leadgate_refused_total{source="unknown",why="not_found"} 1`} {
		if status != 200 || !strings.Contains(body, line) {
			t.Errorf("GET /metrics = %d without %s", status, line)
		}
	}
	if strings.Contains(body, "strangers") || strings.Contains(body, "brandt") {
		t.Error("the metrics hold what a stranger sent")
	}
}
