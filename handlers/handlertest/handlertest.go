// Package handlertest has what the tests of handlers share: a request to a handler,
// a look into its answer, whether JSON or a page, and a stream of news.
//
// Only tests import it.
package handlertest

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/lead"
)

// Ask sends one request straight to a handler. Headers are names and values.
func Ask(h http.Handler, method, target, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// Reply is any JSON answer of ours.
type Reply struct {
	Type, Title, Detail, Code string
	ID, Status, Inbox         string
	Hint                      string
	IDs, Fields               []string
}

// Decode reads an answer. The number of a problem's status becomes a string.
func Decode(t testing.TB, w *httptest.ResponseRecorder) (r Reply) {
	t.Helper()
	var raw map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &raw); err != nil {
		t.Fatalf("answer %d %q is not JSON: %v", w.Code, w.Body, err)
	}
	if n, ok := raw["status"].(float64); ok {
		raw["status"] = strconv.Itoa(int(n))
	}
	b, err := json.Marshal(raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// WantProblem checks that an answer is a whole problem of this code.
func WantProblem(t testing.TB, w *httptest.ResponseRecorder, want problem.Code) {
	t.Helper()
	p := Decode(t, w)
	if w.Code != want.Status() || p.Code != string(want) || p.Status != strconv.Itoa(want.Status()) || p.Title != want.Title() ||
		p.Type != "urn:leadgate:problem:"+string(want) || p.Detail == "" {
		t.Errorf("answer %d %s, want %d %s with type, title and detail", w.Code, w.Body, want.Status(), want)
	}
	if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type %q, want application/problem+json", got)
	}
}

// Count reads one counter off a page of metrics; 0 if it is not there.
func Count(t testing.TB, metrics, counter string) float64 {
	t.Helper()
	for line := range strings.Lines(metrics) {
		if value, ok := strings.CutPrefix(line, counter+" "); ok {
			n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			return n
		}
	}
	return 0
}

// Elements returns all elements of a page that have one of these names.
func Elements(t testing.TB, page string, names ...string) (found []*html.Node) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		for _, name := range names {
			if n.Type == html.ElementNode && n.Data == name {
				found = append(found, n)
			}
		}
	}
	return found
}

// Attr returns an attribute of an element; empty when it has none.
func Attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// Actions returns where the forms of a page go.
func Actions(t testing.TB, page string) (all []string) {
	t.Helper()
	for _, form := range Elements(t, page, "form") {
		all = append(all, Attr(form, "action"))
	}
	return all
}

// Noon is when the tests of handlers take place.
var Noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// Watcher tells what comes over its channel, after one reset for a place that it
// does not know.
type Watcher struct{ Next chan []lead.News }

// Place is where the stream begins.
func (Watcher) Place() string { return "run-0" }

// News waits for the next news.
func (w Watcher) News(ctx context.Context, place string) []lead.News {
	if !strings.HasPrefix(place, "run-") {
		return []lead.News{{ID: "run-7", Kind: lead.ResetNews, At: Noon}}
	}
	select {
	case n := <-w.Next:
		return n
	case <-ctx.Done():
		return nil
	}
}
