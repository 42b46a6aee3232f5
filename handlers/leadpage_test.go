package handlers

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestServer_LeadPage(t *testing.T) {
	s, err := New(Options{PublicURL: "http://leads.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{
		"/l/01M88F76F4PNJ54C4FYRH1BGC7":  http.StatusOK,
		"/l/nope":                        http.StatusNotFound,
		"/l/%3Cscript%3Ealert(1)%3C%2Fs": http.StatusNotFound,
	} {
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != want {
			t.Errorf("GET %s = %d, want %d", path, w.Code, want)
		}
		if w.Code == http.StatusOK && (!strings.Contains(w.Body.String(), "leadgate explain 01M88F76F4PNJ54C4FYRH1BGC7") || w.Header().Get("Content-Type") != "text/plain; charset=UTF-8") {
			t.Errorf("GET %s = %s %q", path, w.Header().Get("Content-Type"), w.Body)
		}
	}
}
