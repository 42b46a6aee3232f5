package handlers

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/leadgate/leadgate/handlers/api"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/rules"
)

// fakeJudge tells of one lead that turns, and merges l1 only.
type fakeJudge struct {
	err    error
	since  time.Time
	chosen lead.Chosen
	dry    bool
	turn   lead.Turn          // of l1
	how    lead.ReclassifyOne // it was judged again last
}

func (f *fakeJudge) tell(told lead.Walk) error {
	return errors.Join(told.Tell(lead.Turn{LeadID: "l1", After: lead.Verdict{Temperature: lead.Hot}}), told.Reached(lead.Progress{Done: 1, All: 1}), f.err)
}

func (f *fakeJudge) Rehearse(_ context.Context, r *rules.Set, since time.Time, told lead.Walk) (lead.Rehearsal, error) {
	f.since = since
	return lead.Rehearsal{Rules: r.Version(), Turned: 1}, f.tell(told)
}

func (f *fakeJudge) Reclassify(_ context.Context, chosen lead.Chosen, dry bool, told lead.Walk) (lead.Reclassified, error) {
	f.chosen, f.dry = chosen, dry
	return lead.Reclassified{Turned: 1}, f.tell(told)
}

func (f *fakeJudge) ReclassifyLead(_ context.Context, id string, how lead.ReclassifyOne) (lead.Turn, error) {
	f.how = how
	switch {
	case id != f.turn.LeadID:
		return lead.Turn{}, lead.ErrNotFound
	case how.Revision != 0 && how.Revision != 3:
		return lead.Turn{}, lead.ErrConflict
	}
	return f.turn, f.err
}

func (f *fakeJudge) Explain(_ context.Context, id string) (lead.Explanation, error) {
	if id != "l1" {
		return lead.Explanation{}, lead.ErrNotFound
	}
	return lead.Explanation{LeadID: id, Lines: []lead.Line{{Rule: "work_email"}}}, nil
}

func (f *fakeJudge) Merge(_ context.Context, id, into, by string) (*lead.Lead, error) {
	if id != "l1" {
		return nil, lead.ErrTwoClaims
	}
	return &lead.Lead{ID: into, Claim: &lead.Claim{By: by}}, nil
}

func (f *fakeJudge) Unmerge(_ context.Context, id, _ string) (*lead.Lead, error) {
	if id != "l1" {
		return nil, lead.ErrNotFound
	}
	return &lead.Lead{ID: id}, nil
}

func TestServer_Rules(t *testing.T) {
	judge := &fakeJudge{turn: lead.Turn{LeadID: "l1", After: lead.Verdict{Temperature: lead.Hot}, Told: []string{"sales"}}}
	s, _ := testServer(t, nil, func(o *Options) { o.API.Judge, o.API.Merger, o.Session.Tokens = judge, judge, []string{"api-token"} })
	call := func(method, path, accept, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "/api/v1"+path, strings.NewReader(body))
		r.Header.Set("Authorization", bearer)
		r.Header.Set("Accept", accept)
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		return w
	}
	lines := "application/x-ndjson"
	for _, tt := range []struct {
		name, method, path, accept, body string
		status                           int
		want                             string
	}{
		{"Try", "POST", "/rules/try?since=7d", "", "extends: default", 200, `"result":{"rules":"`},
		{"TryByLine", "POST", "/rules/try", lines, "extends: default", 200, "{\"turn\":{\"lead_id\":\"l1\""},
		{"TryBroken", "POST", "/rules/try", "", "extends: default\nscore: {hott: 3}", 422, "rules.yaml:2:9: score has no \\\"hott\\\"; write hot"},
		{"TryNothing", "POST", "/rules/try", "", "", 422, "the file is empty"},
		{"TryTooLong", "POST", "/rules/try", "", strings.Repeat("#", api.MaxRules+1), 413, "too_large"},
		{"TryWrongSince", "POST", "/rules/try?since=soon", "", "extends: default", 400, "since="},
		{"TryWrongParameter", "POST", "/rules/try?from=7d", "", "extends: default", 400, "no parameter"},
		{"Reclassify", "POST", "/reclassify", "", `{"source":"contact","since":"1d","temperature":"warm","alert":true,"dry_run":true}`, 200, `"turns":[{"lead_id":"l1"`},
		{"ReclassifyAll", "POST", "/reclassify", lines, "", 200, `{"progress":{"done":1,"all":1}}`},
		{"ReclassifyWrongTemperature", "POST", "/reclassify", "", `{"temperature":"tepid"}`, 400, "tepid"},
		{"ReclassifyUnknownKey", "POST", "/reclassify", "", `{"sorce":"x"}`, 400, "sorce"},
		{"ReclassifyWrongSince", "POST", "/reclassify", "", `{"since":"soon"}`, 400, "since="},
		{"ReclassifyOne", "POST", "/leads/l1/reclassify", "", `{"by":"Dana","revision":3,"alert":true}`, 200, `"told":["sales"]`},
		{"ReclassifyOneByDefault", "POST", "/leads/l1/reclassify", "", "", 200, `"lead_id":"l1"`},
		{"ReclassifyNobody", "POST", "/leads/l9/reclassify", "", "", 404, "not_found"},
		{"ReclassifyStale", "POST", "/leads/l1/reclassify", "", `{"revision":2}`, 409, "read it again"},
		{"ReclassifyOneUnknownKey", "POST", "/leads/l1/reclassify", "", `{"dry":true}`, 400, "dry_run"},
		{"Explain", "GET", "/leads/l1/explain", "", "", 200, `"rule":"work_email"`},
		{"ExplainNobody", "GET", "/leads/l9/explain", "", "", 404, "not_found"},
		{"Merge", "POST", "/leads/l1/merge", "", `{"by":"Dana","into":"l2"}`, 200, `"id":"l2"`},
		{"MergeIntoNothing", "POST", "/leads/l1/merge", "", `{"by":"Dana"}`, 400, "Say which lead"},
		{"MergeByNobody", "POST", "/leads/l1/merge", "", `{"into":"l2"}`, 400, "Say who"},
		{"MergeRubbish", "POST", "/leads/l1/merge", "", `{`, 400, "malformed"},
		{"MergeTwoClaims", "POST", "/leads/l3/merge", "", `{"by":"Dana","into":"l2"}`, 409, "Two people have these leads"},
		{"Unmerge", "POST", "/leads/l1/unmerge", "", `{"by":"Dana"}`, 200, `"id":"l1"`},
		{"UnmergeInto", "POST", "/leads/l1/unmerge", "", `{"by":"Dana","into":"l2"}`, 400, "knows itself"},
		{"UnmergeNobody", "POST", "/leads/l9/unmerge", "", `{"by":"Dana"}`, 404, "not_found"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if w := call(tt.method, tt.path, tt.accept, tt.body); w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
				t.Errorf("%s %s %.80q = %d %s, want %d with %s", tt.method, tt.path, tt.body, w.Code, w.Body, tt.status, tt.want)
			}
		})
	}
	if want := noon.AddDate(0, 0, -30); !judge.since.Equal(want) {
		t.Errorf("without a time rules are tried since %v, want %v", judge.since, want)
	}
	call("POST", "/reclassify", "", `{"source":"contact","since":"1d","temperature":"warm","alert":true,"dry_run":true}`)
	if c := judge.chosen; c.Source != "contact" || !c.Since.Equal(noon.AddDate(0, 0, -1)) || *c.Temperature != lead.Warm || !c.Alert || !judge.dry {
		t.Errorf("chosen %+v, dry run %v", c, judge.dry)
	}

	if call("POST", "/leads/l1/reclassify", "", `{"by":" Dana ","revision":3,"alert":true,"dry_run":true}`); judge.how != (lead.ReclassifyOne{By: "Dana", Revision: 3, Alert: true, DryRun: true}) {
		t.Errorf("one lead is judged again as %+v", judge.how)
	}

	judge.err = lead.ErrUnavailable
	if w := call("POST", "/leads/l1/reclassify", "", ""); w.Code != http.StatusServiceUnavailable {
		t.Errorf("without a store reclassify of one lead = %d", w.Code)
	}
	if w := call("POST", "/reclassify", "", ""); w.Code != http.StatusServiceUnavailable {
		t.Errorf("without a store reclassify = %d", w.Code)
	}
	if w := call("POST", "/reclassify", lines, ""); !strings.Contains(w.Body.String(), `{"error":"The store does not answer`) {
		t.Errorf("a walk that broke off ends with %s", w.Body)
	}
}
