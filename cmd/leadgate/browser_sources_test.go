//go:build browser

package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// A source that is silent and one that refuses are seen at first glance, and the
// page says what to do.
func TestBrowser_Sources(t *testing.T) {
	redis := newRealRedis(t)
	p := newProgram(t, "LEADGATE_REDIS_URL="+redis.url())
	p.config(`
sources:
  - {name: ads, provider: meta, secret: "0123456789abcdef", verify_token: v}
  - {name: contact, provider: form, action: contact_form}
  - {name: events, provider: eventbrite, token: "0123456789abcdef"}
  - {name: pricing, provider: form, action: quote_request, token: "path-token"}
  - {name: webinars, provider: zoom, secret: "0123456789abcdef"}
`)
	p.start()
	redis.silence("webinars")
	p.settled(p.form("contact", "name", "Ada Brandt", "email", "ada.brandt@brandt-druck.example"))
	p.post("/in/pricing/path-token", "application/json", `{"name":"Ada"}`)
	for range 3 {
		p.post("/in/ads", "application/json", `{"entry":[]}`)
		p.post("/in/pricing/guess", "application/json", `{"email":"a@works.example"}`)
	}
	p.post("/in/events/0123456789abcdef", "application/json", `{"config":`)
	b := newBrowser(t, p)
	b.signIn("Dana Reyes")
	b.open("/sources")
	b.wait("3 of 5 need a look")
	b.check("sources-trouble")
	b.do(chromedp.Click("a[href='#source-webinars']"))
	b.until(`location.hash === '#source-webinars'`)
	b.wait("usually for 40 min at most")
	b.scripts(false)
	b.open("/sources")
	b.do(chromedp.WaitVisible("#source-webinars"))
	b.scripts(true)
	if len(strings.Fields(eval[string](b, "document.querySelector('main').innerText"))) < 100 {
		t.Error("the page without scripts is nearly empty")
	}
	b.quiet()
}
