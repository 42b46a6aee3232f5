package handlers

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/ops"
)

// slowDoctor finds what is asked of it, and counts how often it looked at
// everything.
type slowDoctor struct{ asked int }

func (*slowDoctor) QuickChecks(context.Context) []ops.Finding {
	return []ops.Finding{{Check: "redis", State: ops.Fine, Says: "built in"}, {Check: "targets", State: ops.Fails, Says: "crm takes nothing: <i>no</i>", Do: "mend it"}}
}

func (d *slowDoctor) Findings(ctx context.Context) []ops.Finding {
	d.asked++
	return append(d.QuickChecks(ctx), ops.Finding{Check: "slack", State: ops.Warns, Says: "the bot lacks a scope", Do: "add it"})
}

// settingsOf is the page as somebody sees it.
func settingsOf(t *testing.T, s *Server, cookie, query string) string {
	t.Helper()
	w := ask(s, "GET", "/settings"+query, "", "Cookie", cookie, "Accept", "text/html")
	if w.Code != http.StatusOK {
		t.Fatalf("GET /settings%s = %d %s", query, w.Code, w.Body)
	}
	return w.Body.String()
}

func wantOn(t *testing.T, page string, want ...string) {
	t.Helper()
	for _, text := range want {
		if !strings.Contains(page, text) {
			t.Errorf("the page lacks %q", text)
		}
	}
}

func wantOff(t *testing.T, page string, unwanted ...string) {
	t.Helper()
	for _, text := range unwanted {
		if strings.Contains(page, text) {
			t.Errorf("the page has %q", text)
		}
	}
}

// The page glances; it looks at everything only when the owner asks.
func TestSettings_Doctor(t *testing.T) {
	d := &slowDoctor{}
	s, cookies := insiders(t, func(o *Options) { o.API.Doctor, o.API.People = d, onePerson{} })
	page := settingsOf(t, s, cookies[session.Owner], "")
	wantOn(t, page, `<b class="good">well</b>`, `<b class="bad">wrong</b>`, "&lt;i&gt;no&lt;/i&gt;", "<small>mend it</small>", `action="/settings/doctor#doctor"`)
	wantOff(t, page, "lacks a scope", "Everything was looked at")
	if d.asked != 0 {
		t.Errorf("the page looked at everything %d times", d.asked)
	}
	w := post(s, "/settings/doctor", formType, "", "Cookie", cookies[session.Owner], "Accept", "text/html")
	if w.Code != http.StatusOK || d.asked != 1 {
		t.Errorf("looking at everything = %d, %d times", w.Code, d.asked)
	}
	wantOn(t, w.Body.String(), `<b class="warning">warning</b>`, "lacks a scope", "Everything was looked at", "built in", "API tokens")
	wantOff(t, settingsOf(t, s, cookies[session.Write], ""), "Health", "built in", "/settings/doctor")
}

func TestSettings_People(t *testing.T) {
	s, cookies := insiders(t, func(o *Options) { o.API.People = onePerson{} })
	for _, r := range []session.Right{session.Read, session.Write, session.Owner} {
		wantOn(t, settingsOf(t, s, cookies[r], ""), "Mon-Fri 09:00-17:30", "at work", "off until", `<time datetime="2026-11-25T13:00:00Z"`, "Europe/Berlin", "&lt;b&gt;emea&lt;/b&gt;",
			"take turns", `href="/?q=owner:&#34;Lee%20Ray&#34;"`)
	}
	const form = `action="/settings/off"`
	wantOff(t, settingsOf(t, s, cookies[session.Read], ""), form)
	own, mine := settingsOf(t, s, cookies[session.Owner], ""), settingsOf(t, s, cookies[session.Write], "")
	wantOn(t, own, form, "<option selected>Dana</option>", "<option>Lee Ray</option>")
	wantOn(t, mine, form, "No leads for me until")
	wantOff(t, mine, "<option>Lee Ray")
	stranger := "leadgate" + "=" + admit(t, s, session.Browser, "Nobody Known", session.Write, time.Hour)
	wantOff(t, settingsOf(t, s, stranger, ""), form)

	empty, cookies := insiders(t, func(o *Options) { o.API.People = nobody{} })
	wantOn(t, settingsOf(t, empty, cookies[session.Owner], ""), "There are no reps")
	broken, cookies := insiders(t, func(o *Options) { o.API.People = nobody{err: lead.ErrUnavailable} })
	if w := ask(broken, "GET", "/settings", "", "Cookie", cookies[session.Owner]); w.Code != http.StatusServiceUnavailable {
		t.Errorf("with nothing known of the reps = %d, want 503", w.Code)
	}
}

// nobody is a configuration without reps.
type nobody struct {
	onePerson
	err error
}

func (n nobody) Staff(context.Context) (lead.Staff, error) { return lead.Staff{}, n.err }

func TestSettings_Off(t *testing.T) {
	f := &fakeAuditor{}
	s, cookies := insiders(t, func(o *Options) { o.API.People, o.API.Auditor = onePerson{}, f })
	stranger := "leadgate" + "=" + admit(t, s, session.Browser, "Lee", session.Write, time.Hour)
	for name, tt := range map[string]struct {
		cookie string
		form   url.Values
		status int
		want   string // where to, or what is said
		did    []string
	}{
		"Me":       {cookies[session.Write], url.Values{"until": {" 14:00 "}}, 303, "/settings?said=off#people", []string{"Dana off Dana"}},
		"Back":     {cookies[session.Write], url.Values{"until": {""}, "back": {"1"}}, 303, "/settings?said=back#people", []string{"Dana back Dana"}},
		"Named":    {cookies[session.Write], url.Values{"rep": {"Dana"}, "until": {"2h"}}, 303, "/settings?said=off#people", []string{"Dana off Dana"}},
		"Owner":    {cookies[session.Owner], url.Values{"rep": {"Dana"}, "until": {"tomorrow"}}, 303, "/settings?said=off#people", []string{"Dana off Dana"}},
		"Other":    {stranger, url.Values{"rep": {"Dana"}, "until": {"2h"}}, 403, "the owner may", nil},
		"NoRep":    {stranger, url.Values{"until": {"2h"}}, 404, "", nil},
		"NoMoment": {cookies[session.Owner], url.Values{"rep": {"Dana"}, "until": {"<b>soon"}}, 400, "is no moment to come; write 14:00", nil},
		"Reader":   {cookies[session.Read], url.Values{"until": {"2h"}}, 403, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := post(s, "/settings/off", formType, tt.form.Encode(), "Cookie", tt.cookie, "Accept", "text/html")
			if got := w.Header().Get("Location") + w.Body.String(); w.Code != tt.status || !strings.Contains(got, tt.want) || strings.Contains(got, "<b>soon") {
				t.Errorf("%v = %d %s, want %d with %s", tt.form, w.Code, got, tt.status, tt.want)
			}
			if d := cmp.Diff(tt.did, f.taken()); d != "" {
				t.Errorf("recorded (-want +got):\n%s", d)
			}
		})
	}
	wantOn(t, settingsOf(t, s, cookies[session.Write], "?said=off"), "Off: no leads are dealt")
}

func TestSettings_Audit(t *testing.T) {
	f := &fakeAuditor{}
	s, cookies := insiders(t, func(o *Options) { o.API.People, o.API.Auditor = onePerson{}, f })
	wantOn(t, settingsOf(t, s, cookies[session.Owner], ""), "Nothing yet")
	f.Record(t.Context(), lead.Entry{At: noon, By: "Dana", Did: lead.ActMerge, LeadID: "L1", About: "L2"})
	for i := range 25 {
		f.Record(t.Context(), lead.Entry{At: noon, By: "<b>Lee</b>", Did: lead.ActPauseTarget, About: fmt.Sprintf("<i>crm%d</i>", i)})
	}
	page := settingsOf(t, s, cookies[session.Owner], "")
	wantOn(t, page, "&lt;b&gt;Lee&lt;/b&gt;", "paused the target &lt;i&gt;crm24&lt;/i&gt;", "crm0&lt;", `href="/settings?before=25#audit"`)
	wantOff(t, page, "merged", ">Latest<")
	page = settingsOf(t, s, cookies[session.Owner], "?before=25")
	wantOn(t, page, `merged <a href="/l/L1"><code>L1</code></a> into L2`, `href="/settings#audit"`)
	wantOff(t, page, "paused the target", ">Older<")
	wantOff(t, settingsOf(t, s, cookies[session.Write], ""), "Who did what", "crm24")
	if w := ask(s, "GET", "/settings?before=x", "", "Cookie", cookies[session.Owner], "Accept", "text/html"); w.Code != http.StatusBadRequest {
		t.Errorf("from nowhere = %d, want 400", w.Code)
	}
}
