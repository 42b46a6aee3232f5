package source

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/leadgate/leadgate/handlers/provider"
	"github.com/leadgate/leadgate/lead"
)

// What the guard notices. All but the last hold a touch in quarantine; that one
// only stays on it as a mark.
const (
	markHoneypot       = provider.MarkHoneypot // a field was filled that people do not see; the reader notices it
	markTooFast        = "too_fast"            // filled in faster than a person types
	markCaptchaMissing = "captcha_missing"     // the form sent no answer to its captcha
	markLinks          = "links"               // the message is full of links
)

// manyLinks in one message are a mark of spam, not a proof.
const manyLinks = 3

// startedField is a hidden field with the time at which the form was shown, in
// Unix milliseconds. A form without it is not judged: the visitor's browser may
// run no scripts.
const startedField = "_started"

// Guard looks for spam. What it finds is answered like any other delivery, so
// that nobody learns from it, and is kept in quarantine with the reason; a
// watched source only marks it.
func (e *Endpoint) Guard(r *provider.Request, touches []*lead.Touch) {
	fast, captcha := e.tooFast(r), e.askCaptcha(r)
	for _, t := range touches {
		if fast {
			t.Marks = append(t.Marks, markTooFast)
		}
		if strings.Count(t.Message, "://") >= manyLinks {
			t.Marks = append(t.Marks, markLinks)
		}
		if captcha != "" {
			t.Marks = append(t.Marks, captcha)
		}
		if e.Watch || t.State != lead.Accepted {
			continue
		}
		for _, mark := range [...]string{markHoneypot, markTooFast, markCaptchaMissing} {
			if slices.Contains(t.Marks, mark) {
				t.State, t.Held = lead.Quarantined, mark
				break
			}
		}
	}
}

func (e *Endpoint) tooFast(r *provider.Request) bool {
	if e.MinFill <= 0 {
		return false
	}
	ms, err := strconv.ParseInt(hidden(r.Header, r.Body, startedField), 10, 64)
	if err != nil {
		return false
	}
	took := r.Now.Sub(time.UnixMilli(ms))
	return took >= 0 && took < e.MinFill // a clock ahead of ours proves nothing
}

// captchaFields are the fields of a form in which the answer to a captcha comes,
// by its kind.
var captchaFields = map[string]string{
	"turnstile": "cf-turnstile-response",
	"recaptcha": "g-recaptcha-response",
	"hcaptcha":  "h-captcha-response",
	"friendly":  "frc-captcha-response",
}

// askCaptcha marks what a form says of its captcha: that there is no answer, or
// that there is one which a job will have checked. The answer is of use only
// once and stays in the request that is kept.
func (e *Endpoint) askCaptcha(r *provider.Request) string {
	if e.Captcha == nil {
		return ""
	}
	if e.Captcha.Answer(r.Header, r.Body) == "" {
		return markCaptchaMissing
	}
	return lead.CaptchaUnverified
}

// Answer is what a form sent in answer to the captcha; empty: nothing.
func (c *Captcha) Answer(h http.Header, body []byte) string {
	field, ok := captchaFields[c.Kind]
	if !ok {
		return ""
	}
	return hidden(h, body, field)
}

// hidden reads a field by which a form speaks to this server and not about its
// visitor. The provider drops those. Empty: there is none.
func hidden(h http.Header, body []byte, name string) string {
	if !bytes.Contains(body, []byte(name)) {
		return "" // spares most deliveries a second reading
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) == nil {
		return string(bytes.Trim(members[name], `"`))
	}
	return formValue(h.Get("Content-Type"), body, name)
}

// formValue reads one field of a form.
func formValue(contentType string, body []byte, name string) string {
	kind, params, err := mime.ParseMediaType(contentType)
	if err == nil && kind == "multipart/form-data" {
		return partValue(multipart.NewReader(bytes.NewReader(body), params["boundary"]), name)
	}
	for field := range bytes.SplitSeq(body, []byte("&")) {
		key, value, _ := bytes.Cut(field, []byte("="))
		if string(key) == name {
			s, err := url.QueryUnescape(string(value))
			if err != nil {
				return ""
			}
			return s
		}
	}
	return ""
}

func partValue(r *multipart.Reader, name string) string {
	for {
		part, err := r.NextPart()
		if err != nil {
			return ""
		}
		if part.FormName() != name {
			continue
		}
		b, err := io.ReadAll(io.LimitReader(part, 2048))
		if err != nil {
			return ""
		}
		return string(b)
	}
}
