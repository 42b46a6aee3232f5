package provider

import (
	"net/http"
	"testing"
	"time"
)

// flatLead is a usual lead of some 700 bytes.
const flatLead = `{"first_name":"Maren","last_name":"Oskarsdottir","email":"maren.oskarsdottir@hafnarmill.example","phone":"+354 555 0142",` +
	`"company":"Hafnarmill Seafood","job_title":"Head of Logistics","country":"IS","company_size":"51-200",` +
	`"message":"We ship to eleven countries and our current tool does not tell us which webinar visitors asked for a demo. Could we see yours this week, ideally on Thursday afternoon?",` +
	`"page_url":"https://www.example.com/demo","utm_source":"linkedin","utm_medium":"cpc","utm_campaign":"autumn-logistics","utm_content":"video-2",` +
	`"gclid":"Cj0KCQjwxample","consent":true,"submitted_at":"2026-11-25T09:12:00Z","id":"8f14e45f-ceea-467f-a8f0-0c1d2e3f4a5b","referrer":"https://www.linkedin.example/"}`

func benchmarkTouches(b *testing.B, provider, contentType, body string) {
	p, _ := Find(provider)
	r := &Request{Method: http.MethodPost, Header: http.Header{"Content-Type": {contentType}}, Body: []byte(body), Now: time.Date(2026, 11, 25, 9, 13, 0, 0, time.UTC)}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Touches(r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkJSON(b *testing.B) { benchmarkTouches(b, "json", "application/json", flatLead) }

func BenchmarkForm(b *testing.B) {
	f, _ := Find("form")
	s := f.Sample(time.Time{})
	benchmarkTouches(b, "form", s.ContentType, string(s.Body))
}

func BenchmarkZoom(b *testing.B) {
	s := zoom.Sample(time.Date(2026, 11, 25, 9, 13, 0, 0, time.UTC))
	benchmarkTouches(b, "zoom", s.ContentType, string(s.Body))
}

func BenchmarkParseJSON(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parseJSON([]byte(flatLead)); err != nil {
			b.Fatal(err)
		}
	}
}
