package handlers

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
)

// slackOpenID answers as Slack's OpenID does, about whom the code names.
func slackOpenID(t *testing.T) string {
	people := map[string]string{
		"dana":    `"https://slack.com/user_id":"U0DANA","email":"dana@example.com","email_verified":true`,
		"robin":   `"https://slack.com/user_id":"U0ROBIN","email":"Robin@Example.com","email_verified":true`,
		"forger":  `"https://slack.com/user_id":"U0EVIL","email":"robin@example.com","email_verified":false`,
		"forger2": `"https://slack.com/user_id":"U0EVIL","email":"dana@example.com","email_verified":true`,
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.HasSuffix(r.URL.Path, "/openid.connect.token"):
			if r.FormValue("client_secret") != "client-secret" || r.FormValue("redirect_uri") != publicURL+"/signin/slack/callback" || people[r.FormValue("code")] == "" {
				fmt.Fprint(w, `{"ok":false,"error":"invalid_code"}`)
				return
			}
			fmt.Fprintf(w, `{"ok":true,"access_token":%q,"token_type":"Bearer"}`, "xoxp-"+r.FormValue("code"))
		case strings.HasSuffix(r.URL.Path, "/openid.connect.userInfo"):
			code := strings.TrimPrefix(r.FormValue("token"), "xoxp-")
			fmt.Fprintf(w, `{"ok":true,%s}`, people[code])
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL + "/api/"
}

func TestSlackSignIn(t *testing.T) {
	api := slackOpenID(t)
	s, _ := insiders(t, func(o *Options) {
		o.Session.Slack = session.Slack{ClientID: "client-id", ClientSecret: "client-secret", APIURL: api}
		o.Reps = func() []lead.Rep {
			return []lead.Rep{{Name: "Dana", Slack: "U0DANA", Email: "dana@example.com"}, {Name: "Robin", Email: "robin@example.com"}}
		}
	})
	begin := func() (state, cookie string) {
		t.Helper()
		w := ask(s, "GET", "/signin/slack?next=/l/01M88F76F4PNJ54C4FYRH1BGC7", "")
		to, err := url.Parse(w.Header().Get("Location"))
		if err != nil || w.Code != 303 || !strings.HasPrefix(to.String(), strings.TrimSuffix(api, "api/")+"openid/connect/authorize?") ||
			to.Query().Get("client_id") != "client-id" || to.Query().Get("redirect_uri") != publicURL+"/signin/slack/callback" {
			t.Fatalf("off to Slack = %d %s", w.Code, to)
		}
		cookie, _, _ = strings.Cut(w.Header().Get("Set-Cookie"), ";")
		return to.Query().Get("state"), cookie
	}
	for name, tc := range map[string]struct {
		code, state, cookie, extra string
		want                       string // a name, or what the page says
	}{
		"ByID":        {code: "dana", want: "Dana"},
		"ByEmail":     {code: "robin", want: "Robin"},
		"NotVerified": {code: "forger", want: "none of the reps"},
		"OthersMail":  {code: "forger2", want: "none of the reps"}, // Dana is known by her id
		"WrongCode":   {code: "nope", want: "did not confirm"},
		"OtherState":  {code: "dana", state: "x", want: "did not begin"},
		"NoCookie":    {code: "dana", cookie: "none=1", want: "did not begin"},
		"EmptyState":  {code: "dana", state: "", cookie: "leadgate_signin=.", want: "did not begin"},
		"Refused":     {extra: "&error=access_denied", want: "did not let you in"},
	} {
		t.Run(name, func(t *testing.T) {
			state, cookie := begin()
			if tc.cookie != "" {
				cookie = tc.cookie
			}
			if tc.state != "" || name == "EmptyState" {
				state = tc.state
			}
			w := ask(s, "GET", "/signin/slack/callback?code="+tc.code+"&state="+state+tc.extra, "", "Cookie", cookie, "Sec-Fetch-Site", "cross-site")
			if w.Code != 303 {
				if !strings.Contains(w.Body.String(), tc.want) || len(w.Result().Cookies()) != 1 {
					t.Errorf("%d, want %q and no session: %s", w.Code, tc.want, w.Body)
				}
				return
			}
			if to := w.Header().Get("Location"); to != "/l/01M88F76F4PNJ54C4FYRH1BGC7" {
				t.Errorf("on to %s, want the lead", to)
			}
			for _, c := range w.Result().Cookies() {
				if c.Name != "leadgate" {
					continue
				}
				page := ask(s, "GET", "/settings", "", "Cookie", c.Name+"="+c.Value).Body.String()
				if !strings.Contains(page, tc.want) || strings.Contains(page, "API tokens") {
					t.Errorf("signed in as somebody else than %s, or with more rights than a rep's: %s", tc.want, page)
				}
			}
		})
	}
	off, _ := insiders(t)
	for _, path := range []string{"/signin/slack", "/signin/slack/callback"} {
		if w := ask(off, "GET", path, ""); w.Code != 404 {
			t.Errorf("GET %s where it is not set up = %d, want 404", path, w.Code)
		}
	}
}
