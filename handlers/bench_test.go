package handlers

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
)

// benchLead is a lead of the usual 700 bytes.
var benchLead = `{"name":"Ada Brandt","email":"ada.brandt@brandt-druck.example","phone":"+49 30 5550177","company":"Brandt Druck GmbH",` +
	`"job_title":"Head of Operations","message":"` + strings.Repeat("We print for eleven cities. ", 12) + `",` +
	`"page_url":"https://www.example.com/pricing?utm_source=google&utm_medium=cpc","utm_campaign":"autumn","country":"DE","team_size":"51-200","consent":true}`

// BenchmarkDeliver is a delivery without the disk; BenchmarkBareEcho is Echo
// that only parses the same body. The goal for the whole, disk included, is 0.4
// of the latter.
func BenchmarkDeliver(b *testing.B) {
	s, _ := testServer(b, []source.Source{{Name: "json", Provider: "json"}}, func(o *Options) { o.Intake.Accepter = nothing{} })
	serve(b, s.Handler(), http.StatusAccepted)
}

func BenchmarkBareEcho(b *testing.B) {
	e := echo.New()
	e.POST("/in/:source", func(c echo.Context) error {
		var v map[string]any
		if err := json.NewDecoder(c.Request().Body).Decode(&v); err != nil {
			return err
		}
		return c.JSON(http.StatusAccepted, map[string]string{"id": "01KAX8Q4N0G3N8ZC4V9M5T2R7B", "status": "accepted"})
	})
	serve(b, e, http.StatusAccepted)
}

// BenchmarkInboxPage writes the inbox with 50 leads.
func BenchmarkInboxPage(b *testing.B) {
	var leads []*lead.Lead
	for i := range 60 {
		leads = append(leads, leadOf(i, "Ada Brandt"))
	}
	s, _, cookies := inboxServer(b, leads...)
	b.ReportAllocs()
	for b.Loop() {
		if w := ask(s, "GET", "/", "", "Cookie", cookies[session.Write]); w.Code != http.StatusOK {
			b.Fatalf("answer %d %s", w.Code, w.Body)
		}
	}
}

func serve(b *testing.B, h http.Handler, want int) {
	b.ReportAllocs()
	b.SetBytes(int64(len(benchLead)))
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, "/in/json", strings.NewReader(benchLead))
		r.Header.Set("Content-Type", jsonType)
		r.Header.Set("User-Agent", "bench")
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != want {
			b.Fatalf("answer %d %s", w.Code, w.Body)
		}
	}
}
