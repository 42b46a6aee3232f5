package handlers

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/ops"
)

// pauserOfOne is a pauser that knows the target crm.
type pauserOfOne struct{ t ops.Target }

func (p *pauserOfOne) States() []ops.Target { return []ops.Target{p.t} }

func (p *pauserOfOne) Pause(_ context.Context, name, by, why string) error {
	if name != p.t.Name {
		return fmt.Errorf("target %s: %w", name, lead.ErrNotFound)
	}
	p.t.State, p.t.PausedBy, p.t.PausedWhy = "paused", by, why
	return nil
}

func (p *pauserOfOne) Resume(_ context.Context, name string) error {
	if name != p.t.Name {
		return fmt.Errorf("target %s: %w", name, lead.ErrNotFound)
	}
	p.t.State, p.t.PausedBy, p.t.PausedWhy = "ok", "", ""
	return nil
}

func TestServer_Targets(t *testing.T) {
	for _, pauses := range []bool{true} {
		o := testOptions(func(o *Options) { o.Session.Tokens = []string{"token"} })
		if pauses {
			o.API.Pauser = &pauserOfOne{ops.Target{Name: "crm", Kind: "http", State: "ok"}}
		}
		s, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			method, path, body string
			status             int
			want               string
		}{
			{"GET", "/targets", "", 200, `"state":"ok"`},
			{"POST", "/targets/crm/pause", "", 400, "Say who pauses it"},
			{"POST", "/targets/crm/pause", "{", 400, "malformed"},
			{"POST", "/targets/crm/pause", `{"by":"Dana","why":"` + strings.Repeat("x", 501) + `"}`, 400, "malformed"},
			{"POST", "/targets/crm/pause", `{"by":"Dana","why":"CRM moves"}`, 200, `"state":"paused"`},
			{"GET", "/targets", "", 200, `"paused_by":"Dana","paused_why":"CRM moves"`},
			{"POST", "/targets/crm/resume", "", 200, `"state":"ok"`},
			{"POST", "/targets/nope/resume", "", 404, "not_found"},
			{"POST", "/targets/nope/pause", `{"by":"Dana"}`, 404, "not_found"},
			{"POST", "/targets/crm/explode", `{"by":"Dana"}`, 404, "not_found"},
		} {
			r := httptest.NewRequest(c.method, "/api/v1"+c.path, strings.NewReader(c.body))
			r.Header.Set("Authorization", "Bearer token")
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, r)
			if !pauses {
				c.status, c.want = http.StatusServiceUnavailable, ""
			}
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
				t.Errorf("%s %s %s = %d %s, want %d with %s", c.method, c.path, c.body, w.Code, w.Body, c.status, c.want)
			}
		}
	}
}
