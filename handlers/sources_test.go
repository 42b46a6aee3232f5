package handlers

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
)

// newest is a reader that knows the newest touches.
type newest struct {
	fakeReader
	of map[string][]*lead.Touch
}

func (n newest) Touches(_ context.Context, q lead.TouchQuery) (lead.TouchPage, error) {
	return lead.TouchPage{Items: n.of[q.Source]}, n.err
}

// rhythm is that of a source that is heard every ten minutes; silent since at,
// unless that is zero.
func rhythm(at time.Time) lead.ArrivalRate {
	r := lead.ArrivalRate{Last: noon.Add(-time.Hour), Longest: map[string]time.Duration{}, Silent: at}
	for _, day := range []string{"2026-11-20", "2026-11-23", "2026-11-24"} {
		r.Longest[day] = 10 * time.Minute
	}
	return r
}

func TestSources_Silence(t *testing.T) {
	var rates map[string]lead.ArrivalRate
	var away error
	s, _ := testServer(t, []source.Source{{Name: "contact", Provider: "form"}}, func(o *Options) {
		o.Session.Tokens = []string{"api-token"}
		o.Source.ArrivalRates = func(context.Context) (map[string]lead.ArrivalRate, error) { return rates, away }
	})
	type silence struct {
		Usual float64
		Since time.Time
	}
	check := func(when string, want silence) {
		t.Helper()
		st := sourceStates(t, s)["contact"]
		if got := (silence{st.UsualSilence, st.SilentSince}); got != want {
			t.Errorf("%s: %+v, want %+v", when, got, want)
		}
	}
	check("never heard", silence{})
	rates = map[string]lead.ArrivalRate{"contact": rhythm(time.Time{})}
	check("heard", silence{Usual: 600})
	rates["contact"] = rhythm(noon.Add(-time.Minute))
	check("silent", silence{Usual: 600, Since: noon.Add(-time.Hour)})
	away = errors.New("Redis is away")
	check("not known", silence{})
	away = nil
	post(s, "/in/contact", formType, oneForm)
	check("heard since, and not yet listened to", silence{Usual: 600})
}

func TestSourcesPage_Trouble(t *testing.T) {
	sources := []source.Source{{Name: "contact", Provider: "form", Token: "path-token"}, {Name: "ads", Provider: "meta", Unsigned: true, VerifyToken: "v"},
		{Name: "webinars", Provider: "zoom", Secret: zoomSecret}}
	silent := map[string]lead.ArrivalRate{"webinars": rhythm(noon.Add(-time.Minute))}
	lately := map[string][]*lead.Touch{"contact": {{Test: true, ReceivedAt: noon}, {ReceivedAt: noon.Add(-3 * time.Hour)}}}
	wrongToken := func(s *Server) { post(s, "/in/contact/guess", formType, oneForm) }
	for name, tc := range map[string]struct {
		rates      map[string]lead.ArrivalRate
		reader     newest
		before     func(*Server)
		want, lack []string
	}{
		"Well": {nil, newest{of: lately}, nil,
			[]string{">3 h</time> ago", "Waiting for the first lead", "no handshake yet", "deliveries are signed", "Type <code>verify_token</code>", "may send ids only",
				"where one is set", "Save it there while leadgate runs"},
			[]string{"need a look", "needs a look", "Refused lately", "Silent since", "usually", "Redis is away"}},
		"Silent": {silent, newest{}, nil,
			[]string{`1 of 3 needs a look: <a href="#source-webinars">webinars</a> is silent.`, "Silent since <time", "usually for 10 min at most", "usually silent for 10 min at most", "the webhook of Zoom still sends"}, nil},
		"Refuses": {nil, newest{}, func(s *Server) { wrongToken(s); wrongToken(s); post(s, "/in/contact/path-token", formType, "email=") },
			[]string{`<a href="#source-contact">contact</a> refuses what comes.`, "3 refused since the start", `<b>The token is wrong</b> · 2 times, the last <time`, `0 s</time> ago · <code>bad_token</code>`,
				"The address ends in another token", `<b>Neither an e-mail address nor a phone number</b> · <time`, "<details open><summary>Refused lately"}, nil},
		"RefusesALot": {nil, newest{of: lately}, func(s *Server) {
			for range 12 {
				wrongToken(s)
			}
		}, []string{"10 or more refused since the last lead"}, nil},
		"RefusedBeforeTheLastLead": {nil, newest{of: map[string][]*lead.Touch{"contact": {{ReceivedAt: noon}}}}, wrongToken,
			[]string{"<details><summary>Refused lately"}, []string{"a look", "refused since"}},
		"Thin": {nil, newest{}, func(s *Server) {
			post(s, "/in/ads", jsonType, `{"entry":[{"changes":[{"field":"leadgen","value":{"leadgen_id":"1"}}]}]}`)
		}, []string{"ads</a> cannot fetch who its leads are", "1 accepted"}, nil},
		"UnreadAndIgnored": {nil, newest{}, func(s *Server) { post(s, "/in/ads", jsonType, `{`); post(s, "/in/ads", jsonType, `{"entry":[]}`) },
			[]string{"1 accepted, 1 unread, 1 ignored", "leadgate replay --unread --source ads"}, nil},
		"Several": {silent, newest{}, wrongToken, []string{"2 of 3 need a look", "contact</a> refuses what comes, <a", "webinars</a> is silent."}, nil},
		"Shaken": {nil, newest{}, func(s *Server) { ask(s, "GET", "/in/ads?hub.mode=subscribe&hub.verify_token=v&hub.challenge=c", "") },
			[]string{"last handshake <time"}, nil},
		"Away": {silent, newest{fakeReader: fakeReader{err: lead.ErrUnavailable}}, func(s *Server) { post(s, "/in/contact/path-token", formType, oneForm) },
			[]string{"Redis is away", "Last lead</span> <time", "1 accepted"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s, cookies := insiders(t, func(o *Options) {
				o.Sources, o.API.Reader = sources, tc.reader
				o.Source.ArrivalRates = func(context.Context) (map[string]lead.ArrivalRate, error) { return tc.rates, nil }
			})
			if tc.before != nil {
				tc.before(s)
			}
			w := ask(s, "GET", "/sources", "", "Cookie", cookies[session.Read])
			page := w.Body.String()
			for _, want := range tc.want {
				if !strings.Contains(page, want) {
					t.Errorf("the page lacks %q", want)
				}
			}
			for _, lack := range tc.lack {
				if strings.Contains(page, lack) {
					t.Errorf("the page has %q", lack)
				}
			}
			if w.Code != 200 || t.Failed() {
				t.Errorf("%d: %s", w.Code, page)
			}
		})
	}
	s, cookies := insiders(t, func(o *Options) { o.Sources, o.API.Reader = sources, fakeReader{err: lead.ErrBadCursor} })
	if w := ask(s, "GET", "/sources", "", "Cookie", cookies[session.Read]); w.Code != 400 {
		t.Errorf("what is no outage = %d, want it shown", w.Code)
	}
}
