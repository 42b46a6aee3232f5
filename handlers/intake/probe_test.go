package intake

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/leadgate/leadgate/handlers/handlertest"
	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/provider"
	"github.com/leadgate/leadgate/lead"
)

func TestDeliver_Handshake(t *testing.T) {
	s, a := testServer(t, testSources)
	body := `{"event":"endpoint.url_validation","event_ts":1,"payload":{"plainToken":"abc"}}`
	w := post(s, "/in/zoom", jsonType, body, zoomSigned(zoomSecret, body, noon)...)
	if w.Code != 200 || !strings.Contains(w.Body.String(), `"plainToken":"abc"`) || len(a.touches) != 0 {
		t.Errorf("answer %d %s, want the challenge and no touch", w.Code, w.Body)
	}
	handlertest.WantProblem(t, post(s, "/in/zoom", jsonType, body), problem.BadSignature)
	// Another provider's source never answers it.
	if w := post(s, "/in/json", jsonType, body); strings.Contains(w.Body.String(), "plainToken") && w.Code == 200 {
		t.Errorf("a json source answers Zoom's challenge: %s", w.Body)
	}
}

func TestDeliver_PublicURL(t *testing.T) {
	for base, want := range map[string]string{
		publicURL:                "https://leads.example.com/in/json/?a=%2F&b",
		publicURL + "/gate/":     "https://leads.example.com/gate/in/json/?a=%2F&b",
		"http://127.0.0.1:8080/": "http://127.0.0.1:8080/in/json/?a=%2F&b",
	} {
		s, _ := testServer(t, testSources, func(o *Options) { o.Public, _ = url.Parse(strings.TrimSuffix(base, "/")) })
		var got string
		s.o.Sources.Find("json").Format = &provider.Provider{Name: "spy", Touches: func(r *provider.Request) ([]lead.Touch, error) {
			got = r.URL.String()
			return nil, nil
		}}
		post(s, "http://proxy.internal:9/in/json/?a=%2F&b", jsonType, oneLead, "X-Forwarded-Host", "evil.example")
		if got != want {
			t.Errorf("with public URL %s the provider sees %s, want %s", base, got, want)
		}
	}
}

func TestProbe(t *testing.T) {
	s, _ := testServer(t, testSources)
	for _, path := range []string{"/in/json", "/in/json/", "/in/static", "/in/zoom", "/in/tok/right-token"} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			if w := ask(s, method, path, ""); w.Code != 200 {
				t.Errorf("%s %s = %d, want 200", method, path, w.Code)
			}
		}
	}
	handlertest.WantProblem(t, ask(s, http.MethodGet, "/in/tok", ""), problem.BadToken)
	handlertest.WantProblem(t, ask(s, http.MethodGet, "/in/json/any", ""), problem.BadToken)
	handlertest.WantProblem(t, ask(s, http.MethodGet, "/in/nope", ""), problem.NotFound)
	if w := ask(s, http.MethodHead, "/in/nope", ""); w.Code != 404 || w.Body.Len() != 0 {
		t.Errorf("HEAD of an unknown source = %d with %d bytes, want 404 with none", w.Code, w.Body.Len())
	}

	s.o.Sources.Find("json").Format = &provider.Provider{Name: "spy", Reply: func(r *provider.Request) (*provider.Reply, error) {
		if r.URL.Query().Get("challenge") == "" {
			return nil, provider.ErrSignature
		}
		return &provider.Reply{Status: 201, Body: []byte("<b>" + r.URL.Query().Get("challenge")), Header: map[string]string{"X-Echo": "yes"}}, nil
	}}
	w := ask(s, http.MethodGet, "/in/json?challenge=c1", "")
	if w.Code != 201 || w.Body.String() != "<b>c1" || w.Header().Get("X-Echo") != "yes" {
		t.Errorf("handshake %d %s, want 201 and the challenge", w.Code, w.Body)
	}
	if h := w.Header(); !strings.HasPrefix(h.Get("Content-Type"), "text/plain") || h.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("handshake's headers %v, want text/plain and nosniff", h)
	}
	handlertest.WantProblem(t, ask(s, http.MethodGet, "/in/json", ""), problem.BadSignature)
}

func TestMethods(t *testing.T) {
	s, _ := testServer(t, testSources)
	for _, method := range []string{"PUT", "DELETE", "PATCH", "TRACE", "BREW", "PROPFIND"} {
		w := ask(s, method, "/in/json", "")
		handlertest.WantProblem(t, w, problem.MethodNotAllowed)
		for _, m := range []string{"GET", "HEAD", "OPTIONS", "POST"} {
			if !strings.Contains(w.Header().Get("Allow"), m) {
				t.Errorf("%s: Allow %q is without %s", method, w.Header().Get("Allow"), m)
			}
		}
	}
	if w := post(s, "/in/json", jsonType, oneLead, "X-HTTP-Method-Override", "DELETE"); w.Code != 202 {
		t.Errorf("a method override was heeded: %d", w.Code)
	}
	handlertest.WantProblem(t, ask(s, http.MethodGet, "/nope", ""), problem.NotFound)
}
