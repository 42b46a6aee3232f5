package handlers

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/handlers/handlertest"
	"github.com/leadgate/leadgate/lead"
)

// streamServer runs a server whose limits for other requests are very short.
func streamServer(t *testing.T, w handlertest.Watcher) *httptest.Server {
	t.Helper()
	s, _ := testServer(t, nil, func(o *Options) { o.Session.Tokens, o.API.Watcher = []string{"api-token"}, w })
	server := httptest.NewUnstartedServer(nil)
	server.Config = s.HTTPServer()
	server.Config.ReadTimeout, server.Config.WriteTimeout = 30*time.Millisecond, 30*time.Millisecond
	server.Start()
	t.Cleanup(server.Close)
	return server
}

// watch opens a stream and returns its lines.
func watch(t *testing.T, at string, header ...string) (*http.Response, *bufio.Scanner) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", bearer)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp, bufio.NewScanner(resp.Body)
}

// lines reads so many lines that are not empty.
func lines(t *testing.T, from *bufio.Scanner, n int) (got []string) {
	t.Helper()
	for len(got) < n && from.Scan() {
		if from.Text() != "" {
			got = append(got, from.Text())
		}
	}
	return got
}

func TestServer_Stream(t *testing.T) {
	hostile := "<script>\n\nevent: lead\ndata: {}\x1b[31m\u2028"
	hot := lead.News{ID: "run-1", Kind: lead.LeadNews, At: noon, LeadID: "l1", Source: "contact", Temperature: "hot", Score: 90, By: hostile}
	warm := lead.News{ID: "run-2", Kind: lead.LeadNews, At: noon, LeadID: "l2", Source: "webinar", Temperature: "warm"}
	reset := lead.News{ID: "run-3", Kind: lead.ResetNews, At: noon}
	hotLines := []string{"id: run-1", "event: lead", `data: {"id":"run-1","kind":"lead","at":"2026-11-25T12:00:00Z","lead_id":"l1","source":"contact","temperature":"hot","score":90,` +
		`"by":"\u003cscript\u003e\n\nevent: lead\ndata: {}\u001b[31m\u2028"}`}
	warmLines := []string{"id: run-2", "event: lead", `data: {"id":"run-2","kind":"lead","at":"2026-11-25T12:00:00Z","lead_id":"l2","source":"webinar","temperature":"warm"}`}
	resetLines := []string{"id: run-3", "event: reset", `data: {"id":"run-3","kind":"reset","at":"2026-11-25T12:00:00Z"}`}
	join := func(parts ...[]string) (all []string) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	tests := map[string]struct {
		query string
		want  []string
	}{
		"All":         {"", join(hotLines, warmLines, resetLines)},
		"Source":      {"?source=webinar", join(warmLines, resetLines)},
		"Temperature": {"?temperature=hot", join(hotLines, resetLines)},
		"Neither":     {"?temperature=hot&source=webinar", resetLines},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := handlertest.Watcher{Next: make(chan []lead.News, 1)}
			resp, out := watch(t, streamServer(t, w).URL+"/api/v1/stream"+tt.query)
			if got := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || got != "text/event-stream" {
				t.Fatalf("%s, %s", resp.Status, got)
			}
			if diff := cmp.Diff([]string{"retry: 2000", "id: run-0", ": alive"}, lines(t, out, 3)); diff != "" {
				t.Errorf("at first (-want +got):\n%s", diff)
			}
			<-time.After(60 * time.Millisecond) // longer than any other request may take
			w.Next <- []lead.News{hot, warm, reset}
			if diff := cmp.Diff(tt.want, lines(t, out, len(tt.want))); diff != "" {
				t.Errorf("the news (-want +got):\n%s", diff)
			}
		})
	}
}

func TestServer_Stream_GoesOn(t *testing.T) {
	for name, header := range map[string][]string{"Known": {"Last-Event-ID", "run-4"}, "Unknown": {"Last-Event-ID", "other-4"}} {
		t.Run(name, func(t *testing.T) {
			w := handlertest.Watcher{Next: make(chan []lead.News, 1)}
			w.Next <- []lead.News{{ID: "run-5", Kind: lead.TouchNews, At: noon}}
			_, out := watch(t, streamServer(t, w).URL+"/api/v1/stream", header...)
			want := map[string][]string{"Known": {"retry: 2000", "id: run-4", ": alive", "id: run-5", "event: touch"},
				"Unknown": {"retry: 2000", "id: other-4", ": alive", "id: run-7", "event: reset"}}[name]
			if diff := cmp.Diff(want, lines(t, out, 5)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestServer_Stream_EndsWithTheServer(t *testing.T) {
	server := streamServer(t, handlertest.Watcher{})
	_, out := watch(t, server.URL+"/api/v1/stream")
	lines(t, out, 3)
	begin := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := server.Config.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown waited for a stream: %v after %s", err, time.Since(begin))
	}
	if more := lines(t, out, 1); len(more) > 0 {
		t.Errorf("the stream goes on: %q", more)
	}
}

func TestServer_Stream_Refused(t *testing.T) {
	full, _ := testServer(t, nil, func(o *Options) { o.Session.Tokens, o.API.Watcher = []string{"api-token"}, handlertest.Watcher{} })
	tests := map[string]struct {
		server       *Server
		query, token string
		want         int
	}{
		"NoToken":     {full, "", "", http.StatusUnauthorized},
		"Temperature": {full, "?temperature=tepid", bearer, http.StatusBadRequest},
		"Parameter":   {full, "?temprature=hot", bearer, http.StatusBadRequest},
		"Place":       {full, "?after=%00", bearer, http.StatusBadRequest},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			req := httptest.NewRequest(http.MethodGet, "/api/v1/stream"+tt.query, nil)
			req.Header.Set("Authorization", tt.token)
			rec := httptest.NewRecorder()
			tt.server.Handler().ServeHTTP(rec, req)
			if rec.Code != tt.want {
				t.Errorf("%d %s, want %d", rec.Code, rec.Body, tt.want)
			}
		})
	}
}
