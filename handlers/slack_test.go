package handlers

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/leadgate/leadgate/handlers/handlertest"
	"github.com/leadgate/leadgate/handlers/problem"
)

func TestFromSlack(t *testing.T) {
	const secret, body = "signing-secret", "payload=%7B%7D"
	sign := func(secret, body string, at time.Time) []string {
		ts := strconv.FormatInt(at.Unix(), 10)
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte("v0:" + ts + ":" + body))
		return []string{"X-Slack-Request-Timestamp", ts, "X-Slack-Signature", "v0=" + hex.EncodeToString(mac.Sum(nil))}
	}
	now := time.Now() // the verifier of Slack's library has its own clock
	s, _ := testServer(t, nil, func(o *Options) { o.Slack.SigningSecret = secret })
	unset, _ := testServer(t, nil)
	for _, path := range []string{"/slack/interactions", "/slack/commands"} {
		if w := post(s, path, formType, body, sign(secret, body, now)...); w.Code != 200 {
			t.Errorf("POST %s = %d %s, want 200", path, w.Code, w.Body)
		}
		handlertest.WantProblem(t, post(s, path, formType, body), problem.BadSignature)
		handlertest.WantProblem(t, post(s, path, formType, body, sign("wrong", body, now)...), problem.BadSignature)
		handlertest.WantProblem(t, post(s, path, formType, body+"x", sign(secret, body, now)...), problem.BadSignature)
		handlertest.WantProblem(t, post(s, path, formType, body, sign(secret, body, now.Add(-10*time.Minute))...), problem.BadSignature)
		handlertest.WantProblem(t, post(unset, path, formType, body, sign("", body, now)...), problem.BadSignature)
		handlertest.WantProblem(t, post(s, path, formType, strings.Repeat("x", (256<<10)+1)), problem.TooLarge)
	}
}
