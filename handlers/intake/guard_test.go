package intake

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/leadgate/leadgate/handlers/handlertest"
	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
)

func TestGuard(t *testing.T) {
	s, a := testServer(t, []source.Source{
		{Name: "contact", Provider: "form", Honeypot: "company_url", MinFill: 3 * time.Second, Redirect: "https://www.example.com/thanks"},
		{Name: "watched", Provider: "form", MinFill: 3 * time.Second, Watch: true},
	})
	started := func(ago time.Duration) string {
		return "&_started=" + strconv.FormatInt(noon.Add(-ago).UnixMilli(), 10)
	}
	links := "&message=" + url.QueryEscape(strings.Repeat("https://spam.example/ ", 3))
	for name, tc := range map[string]struct {
		source, extra string
		held          string
		marks         []string
	}{
		"Clean":         {"contact", "&_gotcha=&company_url=", "", nil},
		"Gotcha":        {"contact", "&_gotcha=x", "honeypot", []string{"honeypot"}},
		"BotField":      {"contact", "&bot-field=x", "honeypot", []string{"honeypot"}},
		"OwnHoneypot":   {"contact", "&company_url=x", "honeypot", []string{"honeypot"}},
		"TooFast":       {"contact", started(time.Second), "too_fast", []string{"too_fast"}},
		"SlowEnough":    {"contact", started(4 * time.Second), "", nil},
		"ClockAhead":    {"contact", started(-time.Minute), "", nil},
		"StartRubbish":  {"contact", "&_started=now", "", nil},
		"Links":         {"contact", links, "", []string{"links"}},
		"BothHeldOnce":  {"contact", "&_gotcha=x" + started(0), "honeypot", []string{"honeypot", "too_fast"}},
		"WatchedGotcha": {"watched", "&_gotcha=x", "", []string{"honeypot"}},
		"WatchedFast":   {"watched", started(0), "", []string{"too_fast"}},
		"NoContactSpam": {"contact", "&_gotcha=x&email=", "honeypot", []string{"honeypot"}},
	} {
		t.Run(name, func(t *testing.T) {
			body := oneForm + tc.extra
			if name == "NoContactSpam" {
				body = "name=Bot" + tc.extra
			}
			w := post(s, "/in/"+tc.source, formType, body)
			if r := handlertest.Decode(t, w); w.Code != 202 || r.Status != "accepted" || r.ID == "" {
				t.Errorf("answer %d %s, want 202 accepted whatever the guard thinks", w.Code, w.Body)
			}
			touch := a.touches[len(a.touches)-1]
			want := lead.Accepted
			if tc.held != "" {
				want = lead.Quarantined
			}
			if touch.State != want || touch.Held != tc.held || !slices.Equal(touch.Marks, tc.marks) {
				t.Errorf("touch is %s, held %q, marks %q; want %s %q %q", touch.State, touch.Held, touch.Marks, want, tc.held, tc.marks)
			}
			if _, ok := touch.Fields["_started"]; ok {
				t.Error("the hidden start time stayed among the fields")
			}
		})
	}
	t.Run("JSON", func(t *testing.T) {
		for value, want := range map[string]string{strconv.FormatInt(noon.UnixMilli(), 10): "too_fast", `"` + strconv.FormatInt(noon.UnixMilli(), 10) + `"`: "too_fast", "0": "", "{}": ""} {
			post(s, "/in/contact", jsonType, `{"email":"ada@brandt-druck.example","_started":`+value+`}`)
			if touch := a.touches[len(a.touches)-1]; touch.Held != want {
				t.Errorf("_started %s: held %q, want %q", value, touch.Held, want)
			}
		}
	})
	t.Run("BrowserGoesOn", func(t *testing.T) {
		w := post(s, "/in/contact", formType, oneForm+"&_gotcha=x", "Accept", "text/html")
		if w.Code != 303 || w.Header().Get("Location") != "https://www.example.com/thanks" {
			t.Errorf("a bot's browser gets %d to %q, want the same as everybody", w.Code, w.Header().Get("Location"))
		}
	})
}

func TestBound(t *testing.T) {
	now := noon
	s, _ := testServer(t, []source.Source{{Name: "contact", Provider: "form"}, {Name: "json", Provider: "json"},
		{Name: "off", Provider: "form", Rate: source.Rate{Off: true}}, {Name: "strict", Provider: "json", Rate: source.Rate{N: 2, Per: time.Hour}}},
		func(o *Options) { o.Now = func() time.Time { return now } })
	passed := func(source string, n int, header ...string) (ok int) {
		for range n {
			if post(s, "/in/"+source, formType, oneForm, header...).Code == 202 {
				ok++
			}
		}
		return ok
	}
	if n := passed("contact", 70); n != 60 {
		t.Errorf("a form passes %d of 70 at once, want its minute's 60", n)
	}
	if n := passed("contact", 10, "X-Forwarded-For", "203.0.113.9", "X-Real-Ip", "203.0.113.9"); n != 0 {
		t.Errorf("a made-up X-Forwarded-For passes %d times", n)
	}
	w := post(s, "/in/contact", formType, oneForm)
	handlertest.WantProblem(t, w, problem.RateLimited)
	if got := w.Header().Get("Retry-After"); got != "1" {
		t.Errorf("Retry-After %q, want 1", got)
	}
	now = now.Add(time.Second)
	if n := passed("contact", 5); n != 1 {
		t.Errorf("a second later %d pass, want 1", n)
	}
	if n := passed("json", 300); n != 300 {
		t.Errorf("a json source without a rate passes %d of 300", n)
	}
	if n := passed("off", 100); n != 100 {
		t.Errorf("a form with its rate off passes %d of 100", n)
	}
	if n := passed("strict", 3); n != 2 {
		t.Errorf("two an hour passes %d of 3", n)
	}
	if got := post(s, "/in/strict", formType, oneForm).Header().Get("Retry-After"); got != "1800" {
		t.Errorf("Retry-After %q, want 1800", got)
	}
}

func TestGuard_Captcha(t *testing.T) {
	captcha := &source.Captcha{Kind: "turnstile", Secret: "captcha-secret"}
	s, a := testServer(t, []source.Source{{Name: "contact", Provider: "form", Captcha: captcha}, {Name: "watched", Provider: "form", Captcha: captcha, Watch: true}})
	for name, c := range map[string]struct {
		source, contentType, body string
		state                     lead.State
		held, mark                string
	}{
		"Answer":         {"contact", formType, oneForm + "&cf-turnstile-response=abc", lead.Accepted, "", lead.CaptchaUnverified},
		"AnswerInJSON":   {"contact", jsonType, `{"email":"ada@brandt-druck.example","cf-turnstile-response":"abc"}`, lead.Accepted, "", lead.CaptchaUnverified},
		"NoAnswer":       {"contact", formType, oneForm, lead.Quarantined, "captcha_missing", "captcha_missing"},
		"EmptyAnswer":    {"contact", formType, oneForm + "&cf-turnstile-response=", lead.Quarantined, "captcha_missing", "captcha_missing"},
		"WatchedMissing": {"watched", formType, oneForm, lead.Accepted, "", "captcha_missing"},
	} {
		t.Run(name, func(t *testing.T) {
			w := post(s, "/in/"+c.source, c.contentType, c.body)
			if r := handlertest.Decode(t, w); w.Code != 202 || r.Status != "accepted" {
				t.Errorf("answer %d %s, want 202 accepted", w.Code, w.Body)
			}
			x := a.touches[len(a.touches)-1]
			if x.State != c.state || x.Held != c.held || !slices.Equal(x.Marks, []string{c.mark}) {
				t.Errorf("touch is %s, held %q, marks %q; want %s %q %q", x.State, x.Held, x.Marks, c.state, c.held, c.mark)
			}
			for label := range x.Fields {
				if strings.Contains(label, "turnstile") {
					t.Errorf("the captcha's answer is in the fields as %q", label)
				}
			}
		})
	}
}
