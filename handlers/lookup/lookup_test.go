package lookup

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

const vendorToken = "vendor-token-1"

// stub is a touch of lead ads whose person is not known.
func stub() *lead.Touch {
	return &lead.Touch{ID: "01STUB", State: lead.Accepted, Source: "ads", Provider: "meta", Action: "social_ad_form", NeedsFetch: true,
		Fields: map[string]string{"leadgen_id": "501"}, At: noon, ReceivedAt: noon.Add(-time.Second)}
}

const person = `{"id":"501","field_data":[{"name":"full_name","values":["Ada Brandt"]},{"name":"email","values":["ada@brandt-druck.example"]}]}`

func TestVendors_Fetch(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		header map[string]string
		body   string
		want   lead.AskError // zero: the person
	}{
		"Person":      {200, nil, person, lead.AskError{}},
		"Refused":     {401, nil, "", lead.AskError{Why: lead.AskRefused, Note: "fetch.token of the source ads was refused with status 401"}},
		"Forbidden":   {403, nil, "", lead.AskError{Why: lead.AskRefused, Note: "fetch.token of the source ads was refused with status 403"}},
		"NotYet":      {404, nil, "", lead.AskError{Why: lead.AskNotThere, Note: "status 404"}},
		"Nobody":      {200, nil, `{"id":"501","field_data":[]}`, lead.AskError{Why: lead.AskNotThere, Note: "Meta Lead Ads does not tell who it is"}},
		"Limited":     {429, map[string]string{"Retry-After": "7"}, "", lead.AskError{Why: lead.AskLimited, RetryAfter: 7 * time.Second, Note: "status 429"}},
		"LimitedDate": {429, map[string]string{"Retry-After": noon.Add(9 * time.Second).Format(http.TimeFormat)}, "", lead.AskError{Why: lead.AskLimited, RetryAfter: 9 * time.Second, Note: "status 429"}},
		"LimitedMute": {429, map[string]string{"Retry-After": "soon"}, "", lead.AskError{Why: lead.AskLimited, Note: "status 429"}},
		"Trouble":     {503, map[string]string{"Retry-After": "3"}, "", lead.AskError{Why: lead.AskUnavailable, RetryAfter: 3 * time.Second, Note: "status 503"}},
		"BadRequest":  {400, nil, "", lead.AskError{Why: lead.AskUnreadable, Note: "status 400"}},
		"Redirect":    {302, map[string]string{"Location": "/elsewhere"}, "", lead.AskError{Why: lead.AskUnreadable, Note: "status 302"}},
		"NoJSON":      {200, nil, "<html>", lead.AskError{Why: lead.AskUnreadable, Note: "the answer of Meta Lead Ads could not be read"}},
		"Endless":     {200, nil, strings.Repeat(" ", vendorAnswer+1), lead.AskError{Why: lead.AskUnreadable, Note: "the answer is longer than 1048576 bytes"}},
	} {
		t.Run(name, func(t *testing.T) {
			var asked []string
			api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked = append(asked, r.Method+" "+r.URL.Path+" "+r.Header.Get("Authorization"))
				for k, v := range c.header {
					w.Header().Set(k, v)
				}
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.body)
			}))
			defer api.Close()
			v := New([]source.Source{{Name: "ads", Provider: "meta", Fetch: source.Fetch{Token: vendorToken, URL: api.URL + "/"}}}, func() time.Time { return noon })
			got, err := v.Ask(t.Context(), stub(), nil, false)
			if want := []string{"GET /501 Bearer " + vendorToken}; !slices.Equal(asked, want) {
				t.Errorf("asked %q, want %q", asked, want)
			}
			checkAsk(t, got, err, c.want)
			if c.want.Why != "" {
				return
			}
			want := []lead.Step{{At: noon, Step: lead.StepFetched, Note: "Meta Lead Ads", MS: 1000}}
			if got.NeedsFetch || got.Person.Email != "ada@brandt-druck.example" || got.ID != "01STUB" || !cmp.Equal(got.Trail, want) {
				t.Errorf("touch = %+v, want the stub with its person", got)
			}
		})
	}
}

// checkAsk requires a touch, or the error that is wanted, without a secret.
func checkAsk(t *testing.T, got *lead.Touch, err error, want lead.AskError) {
	t.Helper()
	var asked *lead.AskError
	if want.Why == "" {
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	if !errors.As(err, &asked) || *asked != want || got != nil {
		t.Errorf("Ask = %v, %v, want %v", got, err, &want)
	}
	if err != nil && (strings.Contains(err.Error(), vendorToken) || strings.Contains(err.Error(), "127.0.0.1")) {
		t.Errorf("%v tells too much", err)
	}
}

func TestVendors_Fetch_NoCall(t *testing.T) {
	for name, c := range map[string]struct {
		source source.Source
		touch  func(*lead.Touch)
		want   lead.AskError
	}{
		"NoToken":  {source.Source{Name: "ads"}, func(*lead.Touch) {}, lead.AskError{Why: lead.AskNoToken, Note: "set fetch.token of the source ads"}},
		"NoSource": {source.Source{Name: "other"}, func(*lead.Touch) {}, lead.AskError{Why: lead.AskNoToken, Note: "the source ads is not in the configuration any more"}},
		"NoVendor": {source.Source{Name: "ads"}, func(t *lead.Touch) { t.Provider = "form" }, lead.AskError{Why: lead.AskUnreadable, Note: "nothing can be fetched from form"}},
		"Nobody there": {source.Source{Name: "ads", Fetch: source.Fetch{Token: vendorToken, URL: "http://127.0.0.1:1"}}, func(*lead.Touch) {},
			lead.AskError{Why: lead.AskUnavailable, Note: "the call did not get through"}},
	} {
		t.Run(name, func(t *testing.T) {
			x := stub()
			c.touch(x)
			got, err := New([]source.Source{c.source}, nil).Ask(t.Context(), x, nil, false)
			checkAsk(t, got, err, c.want)
		})
	}
}

const captchaSecret = "captcha-secret-1"

func TestVendors_Captcha(t *testing.T) {
	for name, c := range map[string]struct {
		captcha source.Captcha
		origins []string
		field   string
		status  int
		said    string
		again   bool
		mark    string // empty: an error
		want    lead.AskError
	}{
		"TurnstilePasses":   {source.Captcha{Kind: "turnstile"}, nil, "cf-turnstile-response", 200, `{"success":true,"error-codes":[],"challenge_ts":"2026-03-02T09:12:00.000Z","hostname":"example.com","action":"contact","cdata":"","metadata":{"interactive":false}}`, false, markCaptchaPassed, lead.AskError{}},
		"TurnstileFails":    {source.Captcha{Kind: "turnstile"}, nil, "cf-turnstile-response", 200, `{"success":false,"error-codes":["timeout-or-duplicate"]}`, false, markCaptchaFailed, lead.AskError{}},
		"TurnstileAgain":    {source.Captcha{Kind: "turnstile"}, nil, "cf-turnstile-response", 200, `{"success":false,"error-codes":["timeout-or-duplicate"]}`, true, markCaptchaFailed, lead.AskError{}},
		"OwnSite":           {source.Captcha{Kind: "turnstile"}, []string{"https://www.example.com"}, "cf-turnstile-response", 200, `{"success":true,"hostname":"www.example.com"}`, false, markCaptchaPassed, lead.AskError{}},
		"AnotherSite":       {source.Captcha{Kind: "turnstile"}, []string{"https://www.example.com"}, "cf-turnstile-response", 200, `{"success":true,"hostname":"evil.example"}`, false, markCaptchaFailed, lead.AskError{}},
		"RecaptchaV2":       {source.Captcha{Kind: "recaptcha"}, nil, "g-recaptcha-response", 200, `{"success":true,"challenge_ts":"2026-03-02T09:12:00Z","hostname":"example.com"}`, false, markCaptchaPassed, lead.AskError{}},
		"RecaptchaV3":       {source.Captcha{Kind: "recaptcha"}, nil, "g-recaptcha-response", 200, `{"success":true,"hostname":"example.com","score":0.9,"action":"contact"}`, false, markCaptchaPassed, lead.AskError{}},
		"LowScore":          {source.Captcha{Kind: "recaptcha"}, nil, "g-recaptcha-response", 200, `{"success":true,"score":0.4}`, false, markCaptchaFailed, lead.AskError{}},
		"ScoreAsSet":        {source.Captcha{Kind: "recaptcha", MinScore: 0.3}, nil, "g-recaptcha-response", 200, `{"success":true,"score":0.4}`, false, markCaptchaPassed, lead.AskError{}},
		"RecaptchaAgain":    {source.Captcha{Kind: "recaptcha"}, nil, "g-recaptcha-response", 200, `{"success":false,"error-codes":["timeout-or-duplicate"]}`, true, "", lead.AskError{Why: lead.AskUnreadable, Note: "the captcha's answer was checked before, with an outcome that did not arrive"}},
		"Hcaptcha":          {source.Captcha{Kind: "hcaptcha"}, nil, "h-captcha-response", 200, `{"success":true,"challenge_ts":"2026-03-02T09:12:00Z","hostname":"example.com"}`, false, markCaptchaPassed, lead.AskError{}},
		"HcaptchaFails":     {source.Captcha{Kind: "hcaptcha"}, nil, "h-captcha-response", 200, `{"success":false,"error-codes":["invalid-or-already-seen-response"]}`, false, markCaptchaFailed, lead.AskError{}},
		"Friendly":          {source.Captcha{Kind: "friendly"}, nil, "frc-captcha-response", 200, `{"success":true}`, false, markCaptchaPassed, lead.AskError{}},
		"FriendlyFails":     {source.Captcha{Kind: "friendly"}, nil, "frc-captcha-response", 200, `{"success":false,"error":{"error_code":"response_invalid"}}`, false, markCaptchaFailed, lead.AskError{}},
		"FriendlyKey":       {source.Captcha{Kind: "friendly"}, nil, "frc-captcha-response", 401, `{"success":false,"error":{"error_code":"auth_invalid"}}`, false, "", lead.AskError{Why: lead.AskRefused, Note: "captcha.secret of the source contact was refused with status 401"}},
		"SecretRefused":     {source.Captcha{Kind: "turnstile"}, nil, "cf-turnstile-response", 200, `{"success":false,"error-codes":["invalid-input-secret"]}`, false, "", lead.AskError{Why: lead.AskRefused, Note: "captcha.secret of the source contact was refused"}},
		"VendorInTrouble":   {source.Captcha{Kind: "turnstile"}, nil, "cf-turnstile-response", 502, ``, false, "", lead.AskError{Why: lead.AskUnavailable, Note: "status 502"}},
		"NeitherYesNorNo":   {source.Captcha{Kind: "turnstile"}, nil, "cf-turnstile-response", 200, `{}`, false, "", lead.AskError{Why: lead.AskUnavailable, Note: "the captcha's vendor did not say yes or no"}},
		"AnotherFormsField": {source.Captcha{Kind: "turnstile"}, nil, "h-captcha-response", 200, `{"success":true}`, false, "", lead.AskError{Why: lead.AskUnreadable, Note: "the request with the captcha's answer is gone"}},
	} {
		t.Run(name, func(t *testing.T) {
			var asked url.Values
			key := ""
			api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.ParseForm()
				asked, key = r.PostForm, r.Header.Get("X-API-Key")
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.said)
			}))
			defer api.Close()
			c.captcha.Secret, c.captcha.URL = captchaSecret, api.URL
			src := source.Source{Name: "contact", Captcha: &c.captcha, Origins: c.origins}
			x := &lead.Touch{ID: "01FORM", State: lead.Accepted, Source: "contact", Marks: []string{"links", lead.CaptchaUnverified}, ReceivedAt: noon}
			r := &lead.Request{Header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, Body: []byte("name=Ada&email=ada%40works.example" + "&" + c.field + "=answer-1")}
			v := New([]source.Source{src}, func() time.Time { return noon })
			got, err := v.Ask(t.Context(), x, r, c.again)
			if err != nil && strings.Contains(err.Error(), captchaSecret) {
				t.Errorf("%v tells the secret", err)
			}
			checkAsk(t, got, err, c.want)
			if c.want.Note != "the request with the captcha's answer is gone" && (asked.Get("response") != "answer-1" || asked.Get("secret")+key != captchaSecret) {
				t.Errorf("asked with %v and key %q", asked, key)
			}
			if !slices.Equal(x.Marks, []string{"links", lead.CaptchaUnverified}) {
				t.Errorf("the touch was changed: %v", x.Marks)
			}
			if c.mark == "" {
				return
			}
			state, held := lead.Accepted, ""
			if c.mark == markCaptchaFailed {
				state, held = lead.Quarantined, markCaptchaFailed
			}
			if !slices.Equal(got.Marks, []string{"links", c.mark}) || got.State != state || got.Held != held || got.Lacks() || len(got.Trail) != 1 || got.Trail[0].Why != c.mark {
				t.Errorf("touch = %+v, want mark %s and state %s", got, c.mark, state)
			}
			src.Watch = true
			v.Reload([]source.Source{src})
			if got, err := v.Ask(t.Context(), x, r, c.again); err != nil || got.State != lead.Accepted || !slices.Contains(got.Marks, c.mark) {
				t.Errorf("a source that only watches = %+v, %v", got, err)
			}
		})
	}
}

// A repeated question has to be the same one for a vendor that tells them apart.
func TestVendors_Captcha_SameQuestion(t *testing.T) {
	if a, b := uuidOf("01FORM"), uuidOf("01FORM"); a != b || a == uuidOf("01OTHER") || len(a) != 36 || a[14] != '8' || !strings.ContainsRune("89ab", rune(a[19])) {
		t.Errorf("uuidOf = %s, %s", a, b)
	}
}
