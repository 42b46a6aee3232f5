package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// enter signs in with a code and returns the cookie; "" if it is not valid.
func (p *program) enter(link string) string {
	p.t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.PostForm("http://"+p.addr+"/signin", url.Values{"code": {link}})
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	for _, c := range resp.Cookies() {
		return c.Name + "=" + c.Value
	}
	return ""
}

// status asks for a path with a header and returns the answer's status.
func (p *program) status(path, header, value string) int {
	p.t.Helper()
	req, err := http.NewRequest(http.MethodGet, "http://"+p.addr+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set(header, value)
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		p.t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

// Links, sessions and tokens do what they say, and outlive the process.
func TestProgram_SignIn(t *testing.T) {
	t.Parallel()
	onBothStores(t, func(t *testing.T, env []string) {
		p := newProcess(t, env...)
		p.start()
		say := func(args ...string) string {
			t.Helper()
			code, out := p.run(append([]string{"signin"}, args...)...)
			if code != 0 {
				t.Fatalf("signin %s = %d %s", args, code, out)
			}
			first, _, _ := strings.Cut(out, "\n")
			return first
		}
		var link, session string
		p.await("a session", 20*time.Second, func() bool { // a Redis that is slow for a moment costs a link
			link = say("--name", "Dana")
			session = p.enter(link)
			return session != ""
		})
		if p.enter(link) != "" {
			t.Error("a link works twice")
		}
		unused := say()
		token, reader := say("--token", "crm"), say("--token", "reporting", "--read-only")
		works := func() (all [4]int) {
			all[0] = p.status("/", "Cookie", session)
			all[1] = p.status("/api/v1/leads", "Authorization", "Bearer "+token)
			all[2] = p.status("/api/v1/leads", "Authorization", "Bearer "+reader)
			all[3], _ = p.post("/api/v1/leads/x/claim", "application/json", `{"by":"x"}`, "Authorization", "Bearer "+reader)
			return all
		}
		if got := works(); got != [4]int{200, 200, 200, 403} {
			t.Errorf("session, token, reader, reader who writes: %v", got)
		}
		p.kill() // everything is on disk by then
		p.start()
		if got := works(); got != [4]int{200, 200, 200, 403} {
			t.Errorf("after a restart: %v", got)
		}
		if p.enter(link) != "" || p.enter(unused) == "" {
			t.Error("after a restart a used link works, or one that was not used does not")
		}
		if out := say("--list"); !strings.Contains(out, "session") && !strings.Contains(out, "token") {
			t.Errorf("list: %s", out)
		}
		say("--revoke", "reporting")
		say("--revoke", "Dana")
		if got := works(); got != [4]int{303, 200, 401, 401} {
			t.Errorf("after revoking the reader and the session: %v", got)
		}
		p.kill()
		p.start()
		if got := works(); got != [4]int{303, 200, 401, 401} {
			t.Errorf("after a restart what was revoked is back: %v", got)
		}
		if code, out := p.run("signin", "--revoke", "nobody"); code != exitFailed || !strings.Contains(out, "--list") {
			t.Errorf("revoking nobody = %d %s", code, out)
		}
	})
}
