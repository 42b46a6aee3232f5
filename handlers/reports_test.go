package handlers

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/handlers/api"
	"github.com/leadgate/leadgate/lead"
)

// fakeReporter says what it is told and keeps what it was asked.
type fakeReporter struct {
	err      error
	from, to time.Time
}

func (f *fakeReporter) Care(_ context.Context, from, to time.Time) ([]lead.Care, error) {
	f.from, f.to = from, to
	return []lead.Care{{LeadID: "l1", Source: "=cmd", AskedAt: noon, ClaimedAt: noon.Add(time.Minute), By: "Dana"}, {LeadID: "l2", Source: "contact", AskedAt: noon}}, f.err
}

func (f *fakeReporter) Funnel(_ context.Context, from, to time.Time) ([]lead.Funnel, error) {
	f.from, f.to = from, to
	return []lead.Funnel{{Source: "contact", Leads: 3, Hot: 2, Claimed: 1}, {Source: "webinar", Leads: 5, Contacted: 1}}, f.err
}

// askAPI sends a GET with the token of the tests' servers.
func askAPI(s *Server, path string) *httptest.ResponseRecorder {
	return ask(s, http.MethodGet, path, "", "Authorization", bearer)
}

func reportServer(t *testing.T, r *fakeReporter, change ...func(*Options)) *Server {
	t.Helper()
	s, _ := testServer(t, nil, append([]func(*Options){func(o *Options) { o.Session.Tokens, o.API.Reporter = []string{"api-token"}, r }}, change...)...)
	return s
}

func TestServer_Reports(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	day := func(d int, zone *time.Location) time.Time { return time.Date(2026, 11, d, 0, 0, 0, 0, zone) }
	tests := map[string]struct {
		path     string
		from, to time.Time
		want     string
	}{
		"Speed": {"/reports/speed?from=2026-11-25&to=2026-11-25&by=rep", day(25, time.UTC), day(26, time.UTC),
			`{"from":"2026-11-25","to":"2026-11-25","zone":"UTC","by":"rep",` +
				`"total":{"n":2,"claimed":1,"contacted":0,"p50_seconds":60,"p90_seconds":60,"within_1m":0.5,"within_5m":0.5,"within_60m":0.5},"rows":[` +
				`{"key":"Dana","n":1,"claimed":1,"contacted":0,"p50_seconds":60,"p90_seconds":60,"within_1m":1,"within_5m":1,"within_60m":1},` +
				`{"key":"nobody","n":1,"claimed":0,"contacted":0,"within_1m":0,"within_5m":0,"within_60m":0}]}`},
		"SpeedZone": {"/reports/speed?from=2026-11-24&zone=Europe/Berlin&format=csv&by=hour", day(24, berlin), day(26, berlin),
			"hour,leads,claimed,contacted,p50_seconds,p90_seconds,within_1m,within_5m,within_60m\r\n" +
				"13,2,1,0,60,60,0.5,0.5,0.5\r\n"},
		"SpeedCSV": {"/reports/speed?by=source&format=csv&bom=1", day(25, time.UTC).AddDate(0, 0, -29), day(26, time.UTC),
			"\ufeffsource,leads,claimed,contacted,p50_seconds,p90_seconds,within_1m,within_5m,within_60m\r\n" +
				"'=cmd,1,1,0,60,60,1,1,1\r\ncontact,1,0,0,,,0,0,0\r\n"},
		"Funnel": {"/reports/funnel?to=2026-11-20", day(20, time.UTC).AddDate(0, 0, -29), day(21, time.UTC),
			`{"from":"2026-10-22","to":"2026-11-20","total":{"leads":8,"hot":2,"claimed":1,"contacted":1},"rows":[` +
				`{"source":"contact","leads":3,"hot":2,"claimed":1,"contacted":0},{"source":"webinar","leads":5,"hot":0,"claimed":0,"contacted":1}]}`},
		"FunnelCSV": {"/reports/funnel?format=csv", day(25, time.UTC).AddDate(0, 0, -29), day(26, time.UTC),
			"source,leads,hot,claimed,contacted\r\ncontact,3,2,1,0\r\nwebinar,5,0,0,1\r\n"},
		"Books": {"/reports/books?from=2026-11-24", time.Time{}, time.Time{},
			`{"from":"2026-11-24","to":"2026-11-25","rows":[` +
				`{"day":"2026-11-24","accepted":3,"alerted":0,"held":0,"digested":0,"quarantined":0,"merged":0,"unread":0,"waiting":1,"failed":0,"unaccounted":0},` +
				`{"day":"2026-11-25","accepted":3,"alerted":0,"held":0,"digested":0,"quarantined":0,"merged":0,"unread":0,"waiting":1,"failed":0,"unaccounted":0}]}`},
		"BooksCSV": {"/reports/books?from=2026-11-25&format=csv", time.Time{}, time.Time{},
			"day,accepted,alerted,held,digested,quarantined,merged,unread,waiting,failed,unaccounted\r\n" +
				"2026-11-25,3,0,0,0,0,0,0,1,0,0\r\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := &fakeReporter{}
			rec := askAPI(reportServer(t, r), "/api/v1"+tt.path)
			if rec.Code != http.StatusOK {
				t.Fatalf("%d %s", rec.Code, rec.Body)
			}
			if diff := cmp.Diff(strings.TrimSpace(tt.want), strings.TrimSpace(rec.Body.String())); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if !r.from.Equal(tt.from) || !r.to.Equal(tt.to) {
				t.Errorf("asked for %s to %s, want %s to %s", r.from, r.to, tt.from, tt.to)
			}
		})
	}
}

func TestServer_Reports_Refused(t *testing.T) {
	down := reportServer(t, &fakeReporter{err: lead.ErrUnavailable}, func(o *Options) { o.API.Reader = fakeReader{err: lead.ErrUnavailable} })
	up := reportServer(t, &fakeReporter{})
	tests := []struct {
		server *Server
		path   string
		want   int
	}{
		{up, "/reports/speed?by=colour", 400}, {up, "/reports/speed?from=yesterday", 400}, {up, "/reports/speed?zone=Mars/Base", 400},
		{up, "/reports/speed?zone=Local", 400}, {up, "/reports/speed?from=2026-11-26&to=2026-11-25", 400}, {up, "/reports/speed?from=2024-01-01", 400},
		{up, "/reports/speed?format=xls", 400}, {up, "/reports/speed?form=csv", 400}, {up, "/reports/funnel?zone=Europe/Berlin", 400},
		{up, "/reports/funnel?bom=yes", 400}, {up, "/reports/books?from=2026-01-01", 400}, {up, "/leads.csv?bom=x", 400}, {up, "/leads.csv?limit=0", 400},
		{down, "/reports/speed", 503}, {down, "/reports/funnel", 503}, {down, "/reports/books", 503}, {down, "/leads.csv", 503},
	}
	for _, tt := range tests {
		if rec := askAPI(tt.server, "/api/v1"+tt.path); rec.Code != tt.want || rec.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("GET %s = %d %s %s, want the problem %d", tt.path, rec.Code, rec.Header().Get("Content-Type"), rec.Body, tt.want)
		}
	}
}

// pages is a reader with many leads; it breaks at the page whose cursor is breaks.
type pages struct {
	fakeReader
	n      int
	breaks string
	asked  []lead.Query
}

func (p *pages) Leads(_ context.Context, q lead.Query) (page lead.LeadPage, err error) {
	p.asked = append(p.asked, q)
	if q.Cursor != "" && q.Cursor == p.breaks {
		return page, lead.ErrUnavailable
	}
	at := 0
	fmt.Sscan(q.Cursor, &at)
	for ; at < p.n && len(page.Items) < q.Limit; at++ {
		page.Items = append(page.Items, hostileLead(fmt.Sprintf("l%04d", at)))
	}
	if at < p.n {
		page.Next = fmt.Sprint(at)
	}
	return page, nil
}

// hostileLead has a bad word in every field that a visitor fills.
func hostileLead(id string) *lead.Lead {
	bad := "=cmd|' /C calc'!A0;\"@x\"\r\n<script>\x1b[31m"
	return &lead.Lead{ID: id, Status: lead.Claimed, Claim: &lead.Claim{By: "Dana", At: noon}, CreatedAt: noon, UpdatedAt: noon, Touches: []string{"t1"},
		Person:  lead.Person{Name: bad, FirstName: bad, LastName: bad, Email: bad, Phone: "+49 30 1234567", Company: bad, Title: bad},
		Verdict: lead.Verdict{Temperature: lead.Hot, Stage: lead.SQL, Score: 90, Reasons: []lead.Reason{{Because: "asked for a demo"}, {Because: bad}}},
		History: []lead.Past{{Source: "contact", Action: lead.Action(bad), Message: bad, PageURL: bad, UTM: lead.UTM{Source: bad, Medium: bad, Campaign: bad}}, {Source: "contact"}}}
}

func TestServer_LeadsCSV(t *testing.T) {
	p := &pages{n: 2*500 + 7}
	rec := askAPI(reportServer(t, &fakeReporter{}, func(o *Options) { o.API.Reader = p }), "/api/v1/leads.csv?temperature=hot&q=ada")
	if rec.Code != http.StatusOK || rec.Header().Get("Content-Type") != "text/csv; charset=utf-8; header=present" {
		t.Fatalf("%d %v", rec.Code, rec.Header())
	}
	rows, err := csv.NewReader(rec.Body).ReadAll()
	if err != nil || len(rows) != p.n+1 {
		t.Fatalf("%d rows, %v, want %d", len(rows), err, p.n+1)
	}
	for i, row := range rows[1:] {
		if want := fmt.Sprintf("l%04d", i); row[0] != want || len(row) != len(rows[0]) {
			t.Fatalf("row %d is of %s with %d cells, want %s", i, row[0], len(row), want)
		}
	}
	for i, cell := range rows[1] {
		name := rows[0][i]
		if strings.ContainsAny(cell, "\r\n\x1b") || strings.HasPrefix(cell, "=") || strings.Contains(cell, `;"@`) {
			t.Errorf("%s is not inert: %q", name, cell)
		}
		if want, ok := map[string]string{"phone": "+49 30 1234567", "stage": "SQL", "claimed_by": "Dana", "sources": "contact", "created_at": "2026-11-25T12:00:00Z", "score": "90"}[name]; ok && cell != want {
			t.Errorf("%s is %q, want %q", name, cell, want)
		}
	}
	for _, q := range p.asked {
		if q.Temperature == nil || *q.Temperature != lead.Hot || q.Text != "ada" || q.Limit != 500 {
			t.Errorf("asked for %+v", q)
		}
	}
	some := askAPI(reportServer(t, &fakeReporter{}, func(o *Options) { o.API.Reader = &pages{n: 2000} }), "/api/v1/leads.csv?limit=600&bom=true").Body.String()
	if n := strings.Count(some, "\r\n"); n != 601 || !strings.HasPrefix(some, "\ufeff") {
		t.Errorf("%d lines with limit=600, want 601 after a byte order mark", n)
	}
}

// Half a file must not pass for a whole one.
func TestServer_LeadsCSV_CutShort(t *testing.T) {
	s := reportServer(t, &fakeReporter{}, func(o *Options) { o.API.Reader = &pages{n: 2000, breaks: fmt.Sprint(500)} })
	server := httptest.NewServer(s.Handler())
	defer server.Close()
	req, err := http.NewRequest(http.MethodGet, server.URL+"/api/v1/leads.csv", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", bearer)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	rows, err := csv.NewReader(resp.Body).ReadAll()
	if err == nil {
		t.Errorf("%d rows and no error, though the store broke", len(rows))
	}
}

func TestLeadQuery_Claims(t *testing.T) {
	var q lead.Query
	s := reportServer(t, &fakeReporter{}, func(o *Options) { o.API.Reader = fakeReader{leads: &q} })
	for path, want := range map[string]lead.Query{
		"?claimed_by=Dana": {ClaimedBy: "Dana", Limit: api.DefaultLimit},
		"?unclaimed=true":  {Unclaimed: true, Limit: api.DefaultLimit},
		"?unclaimed=0":     {Limit: api.DefaultLimit},
	} {
		if rec := askAPI(s, "/api/v1/leads"+path); rec.Code != http.StatusOK {
			t.Errorf("%s: %d", path, rec.Code)
		}
		if diff := cmp.Diff(want, q); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	var p struct{ Code string }
	rec := askAPI(s, "/api/v1/leads?unclaimed=maybe")
	if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil || p.Code != "bad_query" {
		t.Errorf("unclaimed=maybe: %s", rec.Body)
	}
}
