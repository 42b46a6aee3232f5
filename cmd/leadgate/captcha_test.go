package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// A captcha holds robots, and nobody else: its vendor's troubles are not the
// visitor's.
func TestProgram_Captcha(t *testing.T) {
	t.Parallel()
	onBothStores(t, func(t *testing.T, env []string) {
		var away atomic.Bool
		vendor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			human := r.PostFormValue("response") == "human" && r.PostFormValue("secret") == "captcha-secret-1"
			if away.Load() {
				<-r.Context().Done()
				return
			}
			fmt.Fprintf(w, `{"success":%t,"error-codes":[],"hostname":"www.example.com"}`, human)
		}))
		t.Cleanup(func() { vendor.CloseClientConnections(); vendor.Close() })
		slack := newFakeSlack(t)
		p := newProgram(t, append(env, slack.env()...)...)
		p.config(fmt.Sprintf(`
sources:
  - {name: demo, provider: form, action: demo_request, captcha: {kind: turnstile, secret: captcha-secret-1, url: %q}}
`, vendor.URL))
		p.start()
		form := func(name, answer string) lead.Touch {
			t.Helper()
			code, a := p.post("/in/demo", "application/x-www-form-urlencoded", "name="+name+"+Example&email="+name+"%40works.example&cf-turnstile-response="+answer)
			if code != http.StatusAccepted {
				t.Fatalf("POST = %d, want 202 whatever the captcha", code)
			}
			return p.settled(a.ID)
		}
		for _, c := range []struct {
			name, answer string
			state        lead.State
			mark         string
			messages     int
		}{
			{"Human", "human", lead.Settled, "captcha_passed", 1},
			{"Robot", "robot", lead.Quarantined, "captcha_failed", 0},
			{"Mute", "", lead.Quarantined, "captcha_missing", 0},
		} {
			got := form(c.name, c.answer)
			if got.State != c.state || !slices.Equal(got.Marks, []string{c.mark}) || c.state == lead.Quarantined && got.Held != c.mark {
				t.Errorf("%s: %s, held %q, marks %v; want %s with %s", c.name, got.State, got.Held, got.Marks, c.state, c.mark)
			}
			if n := len(slack.about(c.name + " Example")); n != c.messages {
				t.Errorf("%d messages about %s, want %d", n, c.name, c.messages)
			}
		}

		away.Store(true)
		begin := time.Now()
		got := form("Patient", "human")
		ms := slack.about("Patient Example")
		if len(ms) != 1 || !strings.Contains(ms[0].Body, "could not be checked") || !slices.Contains(got.Marks, lead.CaptchaUnverified) {
			t.Fatalf("touch = %+v, messages %+v; want it told of as unverified", got, ms)
		}
		if took := ms[0].At.Sub(begin); took > 4*time.Second {
			t.Errorf("a silent vendor held a hot lead up for %s, want about 2 s", took)
		}
		if strings.Contains(p.out.String(), "captcha-secret-1") {
			t.Error("the log tells the secret")
		}
	})
}
