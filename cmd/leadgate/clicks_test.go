package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// clicks presses a button of a message as Slack reports it, and returns the
// status and how long the answer took.
func (p *program) clicks(member, action, value, responseURL string) (int, time.Duration) {
	p.t.Helper()
	begin := time.Now()
	code, _ := p.slackSends(map[string]any{"type": "block_actions", "team": map[string]string{"id": "T1"}, "user": map[string]string{"id": member, "name": member},
		"response_url": responseURL, "actions": []map[string]string{{"type": "button", "action_id": action, "block_id": "act", "value": value}}})
	return code, time.Since(begin)
}

// answers submits the dialog of a verb about a lead; what is wrong with it comes back.
func (p *program) answers(member, verb, leadID, answer string) (int, string) {
	p.t.Helper()
	return p.slackSends(map[string]any{"type": "view_submission", "team": map[string]string{"id": "T1"}, "user": map[string]string{"id": member, "name": member},
		"view": map[string]any{"callback_id": "lead." + verb, "private_metadata": `{"lead":"` + leadID + `","click":{}}`,
			"state": map[string]any{"values": map[string]any{"ask": map[string]any{"answer": map[string]string{"type": "plain_text_input", "value": answer}}}}}})
}

// slackSends sends what somebody did in Slack, as Slack signs it.
func (p *program) slackSends(what map[string]any) (int, string) {
	p.t.Helper()
	payload, err := json.Marshal(what)
	if err != nil {
		p.t.Fatal(err)
	}
	body := url.Values{"payload": {string(payload)}}.Encode()
	ts := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte("s3cret"))
	fmt.Fprintf(mac, "v0:%s:%s", ts, body)
	req, err := http.NewRequest(http.MethodPost, "http://"+p.addr+"/slack/interactions", strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Slack-Request-Timestamp", ts)
	req.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}

var claimButton = regexp.MustCompile(`"action_id":"(lead\.claim[.0-9]*)"[^}]*"value":"(v1\.[^"]+)"`)

// TestProgram_Clicks: a button of the posted message claims the lead, the API
// agrees, the message shows it, and who presses second is told who has the lead.
func TestProgram_Clicks(t *testing.T) {
	t.Parallel()
	slack := newFakeSlack(t)
	whispers := make(chan string, 10)
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/response" {
			b, _ := io.ReadAll(r.Body)
			whispers <- string(b)
			return
		}
		slack.ServeHTTP(w, r)
	}))
	t.Cleanup(api.Close)
	p := newProgram(t, append(slack.env(), "LEADGATE_SLACK_SIGNING_SECRET=s3cret", "LEADGATE_SLACK_API_URL="+api.URL+"/api/")...)
	p.config(demoSource + "reps:\n  - {name: Dana, slack: U0DANA}\n  - {name: Lee, slack: U0LEE}\n")
	p.start()
	id := p.settled(p.lead("demo", "Grace Hopper").ID).LeadID
	button := claimButton.FindStringSubmatch(slack.about("Grace Hopper")[0].Body)
	if button == nil {
		t.Fatalf("the alert has no Claim: %s", slack.about("Grace Hopper")[0].Body)
	}
	for _, c := range []struct{ member, owner, whisper string }{
		{"U0STRANGER", "", "not among the reps"}, {"U0DANA", "Dana", ""}, {"U0LEE", "Dana", "Dana has Grace Hopper"},
	} {
		code, took := p.clicks(c.member, button[1], button[2], api.URL+"/response")
		if code != http.StatusOK || took > 3*time.Second { // Slack's limit; the figure stands in the log
			t.Fatalf("a click of %s is answered %d after %s", c.member, code, took)
		}
		t.Logf("%s: answered after %s", c.member, took)
		owner := ""
		if l := p.leadOf(id); l.Claim != nil {
			owner = l.Claim.By
		}
		if owner != c.owner {
			t.Errorf("after the click of %s the lead is of %q, want %q", c.member, owner, c.owner)
		}
		if c.whisper == "" {
			continue
		}
		select {
		case said := <-whispers:
			if !strings.Contains(said, c.whisper) {
				t.Errorf("%s is told %s, want %q", c.member, said, c.whisper)
			}
		case <-time.After(30 * time.Second):
			t.Errorf("%s is told nothing", c.member)
		}
	}
	slack.shown(t, "Grace Hopper", "Dana has Grace Hopper")
}
