package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// actorOfOne is an actor that knows the lead l1.
type actorOfOne struct{ l lead.Lead }

func (o *actorOfOne) Act(_ context.Context, id string, d lead.Command, revision int64) (*lead.Lead, error) {
	if id != "l1" {
		return nil, fmt.Errorf("lead %s: %w", id, lead.ErrNotFound)
	}
	if revision != 0 && revision != o.l.Revision {
		return &o.l, lead.ErrConflict
	}
	if err := o.l.Act(d, time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)); errors.Is(err, lead.ErrWhom) {
		return &o.l, err
	} else if err != nil {
		return &o.l, fmt.Errorf("%w: %w", lead.ErrConflict, err)
	}
	o.l.Revision++
	return &o.l, nil
}

func TestServer_Act(t *testing.T) {
	actor := &actorOfOne{lead.Lead{ID: "l1", Revision: 3}}
	s, err := New(testOptions(func(o *Options) { o.Session.Tokens, o.API.Actor = []string{"token"}, actor }))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, path, body string
		status           int
		want             string
	}{
		{"NoSuchLead", "/leads/nope/claim", `{"by":"Dana"}`, 404, "not_found"},
		{"Rubbish", "/leads/l1/claim", `{"by":`, 400, "malformed"},
		{"Nobody", "/leads/l1/claim", `{"by":" "}`, 400, "malformed"},
		{"StaleRevision", "/leads/l1/claim", `{"by":"Dana","revision":2}`, 409, "revision 3"},
		{"Claim", "/leads/l1/claim", `{"by":"Dana","revision":3}`, 200, `"by":"Dana"`},
		{"SecondClaim", "/leads/l1/claim", `{"by":"Lee"}`, 409, "Dana has this lead"},
		{"AssignToNobody", "/leads/l1/assign", `{"by":"Lee"}`, 400, "Say whom"},
		{"Assign", "/leads/l1/assign", `{"by":"Lee","to":"Dana"}`, 200, `"by":"Dana"`},
		{"Contacted", "/leads/l1/contacted", `{"by":"Dana"}`, 200, `"status":"contacted"`},
		{"Junk", "/leads/l1/junk", `{"by":"Dana"}`, 200, `"status":"junk"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/api/v1"+c.path, strings.NewReader(c.body))
			r.Header.Set("Authorization", "Bearer token")
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, r)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
				t.Errorf("POST %s %s = %d %s, want %d with %s", c.path, c.body, w.Code, w.Body, c.status, c.want)
			}
		})
	}
}
