package lookup

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
)

// What becomes of a captcha. A touch that failed is held, unless its source only
// watches.
const (
	markCaptchaFailed = "captcha_failed" // its vendor says that the answer is not a person's
	markCaptchaPassed = "captcha_passed"
)

// captchaKind is how a vendor checks the answer of its captcha.
type captchaKind struct {
	url    string
	key    bool   // the secret goes along as X-API-Key, and not in the body
	once   string // parameter under which a repeated question is the same one
	scored bool   // score is from 0, a robot, to 1
}

// captchaKinds by their names in the configuration.
//
//   - https://developers.cloudflare.com/turnstile/get-started/server-side-validation/
//   - https://developers.google.com/recaptcha/docs/verify
//   - https://docs.hcaptcha.com/#verify-the-user-response-server-side
//   - https://developer.friendlycaptcha.com/docs/v2/api/siteverify
var captchaKinds = map[string]captchaKind{
	"turnstile": {url: "https://challenges.cloudflare.com/turnstile/v0/siteverify", once: "idempotency_key"},
	"recaptcha": {url: "https://www.google.com/recaptcha/api/siteverify", scored: true},
	"hcaptcha":  {url: "https://api.hcaptcha.com/siteverify"},
	"friendly":  {url: "https://global.frcapi.com/api/v2/captcha/siteverify", key: true},
}

// defaultMinScore is what reCAPTCHA's vendor advises to begin with.
const defaultMinScore = 0.5

// checkCaptcha asks the vendor of a source's captcha about the answer in r. A
// touch that did not pass is held, with the reason.
func (v *Vendors) checkCaptcha(ctx context.Context, src *source.Source, t *lead.Touch, r *lead.Request, again bool) (*lead.Touch, error) {
	if src.Captcha == nil {
		return nil, &lead.AskError{Why: lead.AskNoToken, Note: "captcha of the source " + src.Name + " is not set any more"}
	}
	k := captchaKinds[src.Captcha.Kind]
	answer := ""
	if r != nil {
		answer = src.Captcha.Answer(http.Header{"Content-Type": {r.Header["Content-Type"]}}, r.Body)
	}
	if answer == "" {
		return nil, &lead.AskError{Why: lead.AskUnreadable, Note: "the request with the captcha's answer is gone"}
	}
	body, err := v.siteVerify(ctx, src, k, t.ID, answer)
	if err != nil {
		return nil, err
	}
	var said captchaSaid
	if err := json.Unmarshal(body, &said); err != nil || said.Success == nil {
		return nil, &lead.AskError{Why: lead.AskUnavailable, Note: "the captcha's vendor did not say yes or no"}
	}
	if said.blamesUs() {
		return nil, &lead.AskError{Why: lead.AskRefused, Note: "captcha.secret of the source " + src.Name + " was refused"}
	}
	if again && said.blamesTime() && k.once == "" {
		// It may have said yes the first time, and we did not hear it.
		return nil, &lead.AskError{Why: lead.AskUnreadable, Note: "the captcha's answer was checked before, with an outcome that did not arrive"}
	}
	verdict, note := said.verdict(src, k)
	checked := *t
	checked.Marks = slices.DeleteFunc(slices.Clone(t.Marks), func(m string) bool { return m == lead.CaptchaUnverified })
	checked.Marks = append(checked.Marks, verdict)
	if verdict == markCaptchaFailed && !src.Watch {
		checked.State, checked.Held = lead.Quarantined, markCaptchaFailed
	}
	return v.said(&checked, lead.StepCaptcha, verdict, note), nil
}

// siteVerify makes the call. The visitor's address does not go along: no vendor
// needs it.
func (v *Vendors) siteVerify(ctx context.Context, src *source.Source, k captchaKind, touchID, answer string) ([]byte, error) {
	form := url.Values{"response": {answer}}
	if !k.key {
		form.Set("secret", src.Captcha.Secret)
	}
	if k.once != "" {
		form.Set(k.once, uuidOf(touchID))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, cmp.Or(src.Captcha.URL, k.url), strings.NewReader(form.Encode()))
	if err != nil {
		return nil, &lead.AskError{Why: lead.AskUnreadable, Note: "captcha.url of the source " + src.Name + " is no address"}
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if k.key {
		req.Header.Set("X-API-Key", src.Captcha.Secret)
	}
	return v.call(req, "captcha.secret of the source "+src.Name)
}

// uuidOf is a UUID that is always the same for a touch.
func uuidOf(touchID string) string {
	b := sha256.Sum256([]byte(touchID))
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// captchaSaid is what a captcha's vendor answers.
type captchaSaid struct {
	Success *bool    `json:"success"`
	Codes   []string `json:"error-codes"`
	Error   struct {
		Code string `json:"error_code"`
	} `json:"error"` // Friendly Captcha's
	Hostname string   `json:"hostname"`
	Action   string   `json:"action"`
	Score    *float64 `json:"score"`
}

func (s *captchaSaid) codes() []string {
	if s.Error.Code != "" {
		return append(slices.Clip(s.Codes), s.Error.Code)
	}
	return s.Codes
}

// blamesUs says that our settings are wrong, and not the visitor.
func (s *captchaSaid) blamesUs() bool {
	return !*s.Success && slices.ContainsFunc(s.codes(), func(code string) bool {
		return slices.Contains([]string{"missing-input-secret", "invalid-input-secret", "sitekey-secret-mismatch", "auth_required", "auth_invalid", "sitekey_invalid"}, code)
	})
}

// blamesTime says that the answer is used up: too old, or shown before.
func (s *captchaSaid) blamesTime() bool {
	return !*s.Success && slices.ContainsFunc(s.codes(), func(code string) bool {
		return slices.Contains([]string{"timeout-or-duplicate", "invalid-or-already-seen-response", "already-seen-response", "expired-input-response", "response_duplicate", "response_timeout"}, code)
	})
}

// verdict says whether the visitor passed, and what that rests on.
func (s *captchaSaid) verdict(src *source.Source, k captchaKind) (mark, note string) {
	var about []string
	if k.scored && s.Score != nil {
		about = append(about, "score "+strconv.FormatFloat(*s.Score, 'g', 3, 64))
	}
	for _, part := range [][2]string{{"action", s.Action}, {"host", s.Hostname}} {
		if part[1] != "" {
			about = append(about, fmt.Sprintf("%s %.100q", part[0], part[1]))
		}
	}
	for _, code := range s.codes() {
		about = append(about, fmt.Sprintf("%.60q", code))
	}
	note = strings.Join(about, ", ")
	switch {
	case !*s.Success,
		k.scored && s.Score != nil && *s.Score < cmp.Or(src.Captcha.MinScore, defaultMinScore),
		s.Hostname != "" && len(src.Origins) > 0 && !slices.ContainsFunc(src.Origins, func(o string) bool { return hostOf(o) == s.Hostname }):
		return markCaptchaFailed, note
	}
	return markCaptchaPassed, note
}

func hostOf(origin string) string {
	u, err := url.Parse(origin)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}
