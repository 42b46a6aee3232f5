package intake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/handlers/handlertest"
	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/provider"
	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
)

var testSources = []source.Source{
	{Name: "contact", Provider: "form", Rate: source.Rate{Off: true}},
	{Name: "json", Provider: "json", Action: "quote_request"},
	{Name: "thanks", Provider: "form", Redirect: "https://www.example.com/thanks", NextHosts: []string{"shop.example.com"}},
	{Name: "tok", Provider: "json", Token: "right-token"},
	{Name: "static", Provider: "json", Header: map[string]string{"X-Key": "static-value"}},
	{Name: "zoom", Provider: "zoom", Secret: zoomSecret, SecretPrevious: "older-secret"},
}

func TestDeliver_Answers(t *testing.T) {
	s, a := testServer(t, testSources)
	t.Run("JSON", func(t *testing.T) {
		w := post(s, "/in/json", jsonType, oneLead)
		r := handlertest.Decode(t, w)
		if w.Code != 202 || r.Status != "accepted" || len(r.ID) != 26 || len(r.IDs) != 0 || r.Inbox != publicURL+"/l/"+r.ID {
			t.Errorf("answer %d %s, want 202 accepted with id and inbox, without ids", w.Code, w.Body)
		}
		if got := w.Header().Get("Content-Type"); got != jsonType {
			t.Errorf("Content-Type %q, want %q", got, jsonType)
		}
	})
	t.Run("Form", func(t *testing.T) {
		if w := post(s, "/in/contact", formType, oneForm); w.Code != 202 || handlertest.Decode(t, w).Status != "accepted" {
			t.Errorf("answer %d %s, want 202 accepted", w.Code, w.Body)
		}
	})
	t.Run("Beacon", func(t *testing.T) {
		if w := post(s, "/in/contact", "text/plain;charset=UTF-8", oneLead); w.Code != 202 {
			t.Errorf("answer %d %s, want 202", w.Code, w.Body)
		}
	})
	t.Run("Batch", func(t *testing.T) {
		r := handlertest.Decode(t, post(s, "/in/json", jsonType, "["+oneLead+`,{"email":"bo@bo-bau.example"}]`))
		if len(r.IDs) != 2 || r.IDs[0] != r.ID || r.IDs[0] == r.IDs[1] {
			t.Errorf("answer %+v, want two different ids, the first of them as id", r)
		}
		last := a.touches[len(a.touches)-2:]
		if last[0].RequestID == "" || last[0].RequestID != last[1].RequestID {
			t.Errorf("request ids %q and %q, want one", last[0].RequestID, last[1].RequestID)
		}
	})
	t.Run("Preset", func(t *testing.T) {
		body := zoomRegistered("ida@sommer-reisen.example")
		w := post(s, "/in/zoom", jsonType, body, zoomSigned(zoomSecret, body, noon)...)
		if w.Code != 200 || handlertest.Decode(t, w).Status != "accepted" {
			t.Errorf("answer %d %s, want 200 accepted", w.Code, w.Body)
		}
	})
	t.Run("Ignored", func(t *testing.T) {
		body := `{"event":"webinar.started","event_ts":1,"payload":{"object":{"id":1}}}`
		before := len(a.touches)
		w := post(s, "/in/zoom", jsonType, body, zoomSigned(zoomSecret, body, noon)...)
		if w.Code != 200 || w.Body.String() != `{"status":"ignored"}` || len(a.touches) != before {
			t.Errorf("answer %d %s and %d touches, want 200 ignored and none", w.Code, w.Body, len(a.touches)-before)
		}
		if n := count(t, s, `leadgate_ignored_total{source="zoom"}`); n != 1 {
			t.Errorf("leadgate_ignored_total{zoom} = %v, want 1", n)
		}
	})
	t.Run("Unread", func(t *testing.T) {
		body := `{"event":`
		w := post(s, "/in/zoom", jsonType, body, zoomSigned(zoomSecret, body, noon)...)
		r := handlertest.Decode(t, w)
		last := a.touches[len(a.touches)-1]
		if w.Code != 200 || r.Status != "unread" || r.ID != last.ID || last.State != lead.Unread || last.Error == "" {
			t.Errorf("answer %d %s and touch %+v, want 200 unread with the error kept", w.Code, w.Body, last)
		}
		if kept := a.requests[len(a.requests)-1]; string(kept.Body) != body {
			t.Errorf("kept body %q, want %q", kept.Body, body)
		}
	})
	t.Run("Duplicate", func(t *testing.T) {
		a.known = true
		defer func() { a.known = false }()
		before := count(t, s, `leadgate_accepted_total{source="json"}`)
		w := post(s, "/in/json", jsonType, oneLead)
		if w.Code != 202 || handlertest.Decode(t, w).Status != "duplicate" {
			t.Errorf("answer %d %s, want 202 duplicate", w.Code, w.Body)
		}
		if after := count(t, s, `leadgate_accepted_total{source="json"}`); after != before {
			t.Errorf("a duplicate was counted as accepted")
		}
	})
	t.Run("TrailingSlash", func(t *testing.T) {
		for _, path := range []string{"/in/json/", "/in/tok/right-token", "/in/tok/right-token/"} {
			if w := post(s, path, jsonType, oneLead); w.Code != 202 {
				t.Errorf("POST %s = %d %s, want 202", path, w.Code, w.Body)
			}
		}
	})
	t.Run("StaticHeader", func(t *testing.T) {
		if w := post(s, "/in/static", jsonType, oneLead, "x-key", "static-value"); w.Code != 202 {
			t.Errorf("answer %d %s, want 202", w.Code, w.Body)
		}
		if _, ok := a.requests[len(a.requests)-1].Header["X-Key"]; ok {
			t.Error("the static header was kept")
		}
	})
	if n := count(t, s, `leadgate_accepted_total{source="json"}`); n != 4 {
		t.Errorf("leadgate_accepted_total{json} = %v, want 4", n)
	}
}

func TestDeliver_Refuses(t *testing.T) {
	s, a := testServer(t, testSources)
	zoom := zoomRegistered("ida@sommer-reisen.example")
	signed := func(secret string, ago time.Duration) []string { return zoomSigned(secret, zoom, noon.Add(-ago)) }
	for name, tc := range map[string]struct {
		path, ctype, body string
		header            []string
		want              problem.Code
	}{
		"UnknownSource":   {"/in/nope", jsonType, oneLead, nil, problem.NotFound},
		"NoSource":        {"/in/", jsonType, oneLead, nil, problem.NotFound},
		"TooManySegments": {"/in/json/a/b", jsonType, oneLead, nil, problem.NotFound},
		"EncodedSlash":    {"/in/%2e%2e%2fetc", jsonType, oneLead, nil, problem.NotFound},
		"NUL":             {"/in/json%00", jsonType, oneLead, nil, problem.NotFound},
		"NoToken":         {"/in/tok", jsonType, oneLead, nil, problem.BadToken},
		"EmptyToken":      {"/in/tok/", jsonType, oneLead, nil, problem.BadToken},
		"WrongToken":      {"/in/tok/wrong", jsonType, oneLead, nil, problem.BadToken},
		"TokenUnasked":    {"/in/json/any", jsonType, oneLead, nil, problem.BadToken},
		"LongToken":       {"/in/tok/" + strings.Repeat("a", 8000), jsonType, oneLead, nil, problem.BadToken},
		"NoStaticHeader":  {"/in/static", jsonType, oneLead, nil, problem.BadToken},
		"WrongHeader":     {"/in/static", jsonType, oneLead, []string{"X-Key", "static-valuE"}, problem.BadToken},
		"NoSignature":     {"/in/zoom", jsonType, zoom, nil, problem.BadSignature},
		"WrongSecret":     {"/in/zoom", jsonType, zoom, signed("wrong", 0), problem.BadSignature},
		"EmptySecret":     {"/in/zoom", jsonType, zoom, signed("", 0), problem.BadSignature},
		"OtherBody":       {"/in/zoom", jsonType, zoom + " ", signed(zoomSecret, 0), problem.BadSignature},
		"Stale":           {"/in/zoom", jsonType, zoom, signed(zoomSecret, 3*time.Hour), problem.Stale},
		"StalePrevious":   {"/in/zoom", jsonType, zoom, signed("older-secret", 3*time.Hour), problem.Stale},
		"Future":          {"/in/zoom", jsonType, zoom, signed(zoomSecret, -24*time.Hour), problem.Stale},
		"TooDeep":         {"/in/json", jsonType, strings.Repeat(`{"a":`, 100), nil, problem.Malformed},
		"OnlyNumbers":     {"/in/json", jsonType, "[4,5]", nil, problem.Malformed},
		"Null":            {"/in/json", jsonType, "null", nil, problem.Malformed},
		"Empty":           {"/in/json", jsonType, "", nil, problem.NoContact},
		"EmptyForm":       {"/in/contact", formType, "", nil, problem.NoContact},
		"EmptyFields":     {"/in/contact", formType, "name=&email=+&message=", nil, problem.NoContact},
		"EmptyList":       {"/in/json", jsonType, "[]", nil, problem.NoContact},
		"ManyKeys":        {"/in/contact", formType, strings.Repeat("a=1&", 20_000), nil, problem.TooLarge},
		"Picture":         {"/in/json", "image/png", "\x89PNG\r\n\x1a\n\x00\x00", nil, problem.UnsupportedType},
		"Program":         {"/in/json", "application/x-executable", "\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00", nil, problem.UnsupportedType},
		"ManyPeople":      {"/in/json", jsonType, guests(20 + 1), nil, problem.TooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			handlertest.WantProblem(t, post(s, tc.path, tc.ctype, tc.body, tc.header...), tc.want)
		})
	}
	if len(a.touches) != 0 {
		t.Errorf("%d touches were accepted of requests that were refused", len(a.touches))
	}
	for label, want := range map[[2]string]float64{{"unknown", "not_found"}: 4, {"json", "not_found"}: 1, {"zoom", "stale"}: 3, {"json", "no_contact"}: 2, {"json", "too_large"}: 1} {
		if got := count(t, s, `leadgate_refused_total{source="`+label[0]+`",why="`+label[1]+`"}`); got != want {
			t.Errorf("leadgate_refused_total%v = %v, want %v", label, got, want)
		}
	}
}

// guests is a list of n leads.
func guests(n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`{"name":"Guest %d","email":"guest%d@brandt-druck.example"}`, i, i))
	}
	return "[" + strings.Join(all, ",") + "]"
}

// Who proves where a request comes from may bring as many people as it holds.
func TestDeliver_ManyPeople(t *testing.T) {
	s, a := testServer(t, testSources)
	if w := post(s, "/in/json", jsonType, guests(20)); w.Code != 202 || len(a.touches) != 20 {
		t.Errorf("%d people = %d with %d touches, want all of them", 20, w.Code, len(a.touches))
	}
	for path, header := range map[string][]string{"/in/tok/right-token": nil, "/in/static": {"X-Key", "static-value"}} {
		before := len(a.touches)
		if w := post(s, path, jsonType, guests(50), header...); w.Code != 202 || len(a.touches) != before+50 {
			t.Errorf("50 people to %s = %d with %d touches, want all of them", path, w.Code, len(a.touches)-before)
		}
	}
}

// A rate counts leads, however they are packed.
func TestDeliver_RateCountsLeads(t *testing.T) {
	s, a := testServer(t, []source.Source{{Name: "few", Provider: "json", Rate: source.Rate{N: 25, Per: time.Minute}}})
	if w := post(s, "/in/few", jsonType, guests(20)); w.Code != 202 {
		t.Errorf("20 of 25 leads = %d, want 202", w.Code)
	}
	w := post(s, "/in/few", jsonType, guests(10))
	handlertest.WantProblem(t, w, problem.RateLimited)
	if w.Header().Get("Retry-After") == "" || len(a.touches) != 20 {
		t.Errorf("Retry-After %q and %d touches, want a wait and 20", w.Header().Get("Retry-After"), len(a.touches))
	}
}

// What may hold a wish is kept, though nobody could read it, and the sender is
// told what to put right.
func TestDeliver_KeepsUnread(t *testing.T) {
	for name, tc := range map[string]struct {
		path, ctype, body string
		hint              string
		fields            []string
		states            []lead.State
	}{
		"NoContact":   {"/in/contact", formType, "colour=blue&size=9&name=Ada", "Kept, but not read: no field holds an e-mail address", []string{"name", "colour", "size"}, []lead.State{lead.Unread}},
		"Mistyped":    {"/in/contact", formType, "name=Ada&email=ada@brandt", "Name one email or phone", []string{"name", "email"}, []lead.State{lead.Unread}},
		"CutOff":      {"/in/json", jsonType, `{"email":"ada@brandt-dr`, "malformed body", nil, []lead.State{lead.Unread}},
		"XML":         {"/in/json", "application/xml", "<lead><mail>ada@brandt-druck.example</mail></lead>", "unsupported type", nil, []lead.State{lead.Unread}},
		"OnlyANumber": {"/in/json", "application/x-thing", "0305550123", "unsupported type", nil, []lead.State{lead.Unread}},
		"OneOfTwo":    {"/in/json", jsonType, "[" + oneLead + `,{"colour":"blue"}]`, "Lead 2 of 2 is kept, but not read", nil, []lead.State{lead.Accepted, lead.Unread}},
	} {
		t.Run(name, func(t *testing.T) {
			s, a := testServer(t, testSources)
			w := post(s, tc.path, tc.ctype, tc.body)
			r := handlertest.Decode(t, w)
			want := "accepted"
			if tc.states[0] == lead.Unread {
				want = "unread"
			}
			if w.Code != 202 || r.Status != want || r.ID != a.touches[0].ID || !strings.Contains(r.Hint, tc.hint) {
				t.Errorf("answer %d %s, want 202 %s with the hint %q", w.Code, w.Body, want, tc.hint)
			}
			if diff := cmp.Diff(tc.fields, r.Fields); tc.fields != nil && diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
			if strings.Contains(w.Body.String(), "blue") || strings.Contains(w.Body.String(), "ada@") {
				t.Errorf("answer %s repeats a value", w.Body)
			}
			if len(a.touches) != len(tc.states) {
				t.Fatalf("%d touches, want %d", len(a.touches), len(tc.states))
			}
			for i, touch := range a.touches {
				if touch.State != tc.states[i] || (touch.Error != "") != (touch.State == lead.Unread) {
					t.Errorf("touch %d is %s with error %q, want %s", i, touch.State, touch.Error, tc.states[i])
				}
			}
			if string(a.requests[0].Body) != tc.body {
				t.Errorf("kept body %q, want %q", a.requests[0].Body, tc.body)
			}
			again, err := s.Reread(a.requests[0])
			if err == nil && again[len(again)-1].State != lead.Unread {
				t.Errorf("Reread = %+v, %v; want that it is unread still", again, err)
			}
		})
	}
}

func TestDeliver_PreviousSecret(t *testing.T) {
	s, _ := testServer(t, testSources)
	body := zoomRegistered("ida@sommer-reisen.example")
	for _, secret := range []string{zoomSecret, "older-secret"} {
		if w := post(s, "/in/zoom", jsonType, body, zoomSigned(secret, body, noon)...); w.Code != 200 {
			t.Errorf("signed with %s: %d, want 200", secret, w.Code)
		}
	}
}

func TestDeliver_Disk(t *testing.T) {
	for name, tc := range map[string]struct {
		err   error
		want  problem.Code
		retry string
	}{
		"NotDurable": {fmt.Errorf("%w: disk full", lead.ErrNotDurable), problem.NotDurable, "5"},
		"Hangs":      {context.DeadlineExceeded, problem.NotDurable, "5"},
		"Bug":        {errors.New("a bug"), problem.Internal, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			s, a := testServer(t, testSources, func(o *Options) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
			a.err = tc.err
			w := post(s, "/in/json", jsonType, oneLead)
			handlertest.WantProblem(t, w, tc.want)
			if got := w.Header().Get("Retry-After"); got != tc.retry {
				t.Errorf("Retry-After %q, want %q", got, tc.retry)
			}
			if strings.Contains(w.Body.String(), tc.err.Error()) {
				t.Errorf("the answer %s tells the cause", w.Body)
			}
			if !strings.Contains(log.String(), "level=ERROR") || !strings.Contains(log.String(), tc.err.Error()) || strings.Contains(log.String(), "brandt") {
				t.Errorf("log %q, want the cause as an error and nobody's address", &log)
			}
		})
	}
}

// A page that is being left closes its connection as soon as it has sent.
func TestDeliver_SenderGone(t *testing.T) {
	s, a := testServer(t, testSources)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/in/json", strings.NewReader(oneLead))
	s.Handler().ServeHTTP(httptest.NewRecorder(), r)
	if len(a.touches) != 1 || a.ctxErr != nil {
		t.Errorf("%d touches, context %v; want one, and a context that goes on", len(a.touches), a.ctxErr)
	}
}

func TestDeliver_Panics(t *testing.T) {
	breaks := func(*provider.Request) ([]lead.Touch, error) { panic("index out of range") }
	for name, tc := range map[string]struct {
		accepts, want int
	}{"Vendor": {0, 200}, "Form": {202, 202}} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			s, a := testServer(t, testSources, func(o *Options) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
			s.o.Sources.Find("json").Format = &provider.Provider{Name: "broken", Accepts: tc.accepts, Touches: breaks}
			w := post(s, "/in/json", jsonType, oneLead)
			if w.Code != tc.want {
				t.Errorf("answer %d %s, want %d", w.Code, w.Body, tc.want)
			}
			if len(a.touches) != 1 || a.touches[0].State != lead.Unread {
				t.Errorf("touches %+v, want one that is unread", a.touches)
			}
			if !strings.Contains(log.String(), "index out of range") || !strings.Contains(log.String(), "intake_test.go") {
				t.Errorf("log %q, want the panic and its place", &log)
			}
		})
	}
	t.Run("Verify", func(t *testing.T) {
		s, _ := testServer(t, testSources)
		s.o.Sources.Find("zoom").Format = &provider.Provider{Name: "broken", Verify: func(*provider.Request, string) error { panic("oops") }}
		w := post(s, "/in/zoom", jsonType, oneLead)
		handlertest.WantProblem(t, w, problem.Internal)
		if n := count(t, s, `leadgate_refused_total{source="zoom",why="internal"}`); n != 1 {
			t.Errorf("leadgate_refused_total{zoom,internal} = %v, want 1", n)
		}
	})
}
