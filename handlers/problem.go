package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/provider"
)

// problem is a refusal as RFC 9457 tells it. Handlers return it as their error;
// one place turns it into an answer.
type problem struct {
	code    code
	detail  string // what was wrong and what to do; for the sender, so never a secret
	retry   int    // Retry-After in seconds; 0: none
	fields  []string
	because error // for the log
}

func (p problem) Error() string { return fmt.Sprintf("%s: %s", p.code, p.detail) }
func (p problem) Unwrap() error { return p.because }

// code names a refusal. The same word is in the answer, the metric and the docs.
type code string

// The codes of refusals.
const (
	malformed        code = "malformed"
	badSignature     code = "bad_signature"
	stale            code = "stale"
	badToken         code = "bad_token"
	notFound         code = "not_found"
	methodNotAllowed code = "method_not_allowed"
	tooLarge         code = "too_large"
	unsupportedType  code = "unsupported_type"
	noContact        code = "no_contact"
	rateLimited      code = "rate_limited"
	notDurable       code = "not_durable"
	unavailable      code = "unavailable"
	unauthorized     code = "unauthorized"
	forbidden        code = "forbidden"
	conflict         code = "conflict"
	badQuery         code = "bad_query"
	badRules         code = "bad_rules"
	internal         code = "internal"
)

// codes say what each refusal is in HTTP and in words.
var codes = map[code]struct {
	status int
	title  string
}{
	malformed:        {http.StatusBadRequest, "The request cannot be read"},
	badSignature:     {http.StatusUnauthorized, "The signature does not match"},
	stale:            {http.StatusUnauthorized, "The signature is too old"},
	badToken:         {http.StatusUnauthorized, "The token is wrong"},
	notFound:         {http.StatusNotFound, "There is nothing here"},
	methodNotAllowed: {http.StatusMethodNotAllowed, "This method does nothing here"},
	tooLarge:         {http.StatusRequestEntityTooLarge, "The request is too large"},
	unsupportedType:  {http.StatusUnsupportedMediaType, "This type of content is not understood"},
	noContact:        {http.StatusUnprocessableEntity, "Neither an e-mail address nor a phone number"},
	rateLimited:      {http.StatusTooManyRequests, "Too many requests from this address"},
	notDurable:       {http.StatusServiceUnavailable, "The lead could not be stored"},
	unavailable:      {http.StatusServiceUnavailable, "It cannot be read just now"},
	unauthorized:     {http.StatusUnauthorized, "Who are you?"},
	forbidden:        {http.StatusForbidden, "Not allowed"},
	conflict:         {http.StatusConflict, "Somebody else was faster"},
	badRules:         {http.StatusUnprocessableEntity, "The rules have mistakes"},
	badQuery:         {http.StatusBadRequest, "The query is wrong"},
	internal:         {http.StatusInternalServerError, "Something broke here"},
}

// problemOf finds out what an error means to the sender.
func problemOf(err error) problem {
	var p problem
	if errors.As(err, &p) {
		return p
	}
	var he *echo.HTTPError
	if errors.As(err, &he) {
		switch he.Code {
		case http.StatusNotFound:
			return problem{code: notFound, detail: "No page and no source has this address."}
		case http.StatusMethodNotAllowed:
			return problem{code: methodNotAllowed, detail: "The header Allow lists what does."}
		}
	}
	switch {
	case errors.Is(err, provider.ErrStale):
		return problem{code: stale, detail: sentence(err, "The clocks may differ, or this is a replay."), because: err}
	case errors.Is(err, provider.ErrSignature):
		return problem{code: badSignature, detail: sentence(err, "Is the secret that of the sender's settings?"), because: err}
	case errors.Is(err, provider.ErrTooLarge):
		return problem{code: tooLarge, detail: sentence(err, "")}
	case errors.Is(err, provider.ErrType):
		return problem{code: unsupportedType, detail: sentence(err, "Send JSON or a form.")}
	case errors.Is(err, provider.ErrMalformed):
		return problem{code: malformed, detail: sentence(err, "")}
	case errors.Is(err, ErrNotDurable):
		return problem{code: notDurable, retry: 5, detail: "Nothing was kept. Send it again in a few seconds.", because: err}
	case errors.Is(err, ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		return problem{code: unavailable, retry: 5, detail: "The store does not answer. Try again in a few seconds.", because: err}
	case errors.Is(err, ErrNotFound):
		return problem{code: notFound, detail: "It does not exist, or no longer."}
	case errors.Is(err, ErrBadQuery):
		return problem{code: badQuery, detail: "The cursor is none that this server gave. Leave it out to begin anew."}
	}
	return problem{code: internal, detail: "It is in the log of the server.", because: err}
}

// sentence makes an error's words a sentence, and adds what to do.
func sentence(err error, then string) string {
	s := err.Error()
	if s != "" {
		s = strings.ToUpper(s[:1]) + s[1:] + "."
	}
	return strings.TrimSpace(s + " " + then)
}

// refuse answers an error of any handler. It is the one place that does.
func (s *Server) refuse(err error, c echo.Context) {
	p := problemOf(err)
	if source, ok := strings.CutPrefix(c.Request().URL.Path, "/in/"); ok {
		source, _, _ = strings.Cut(source, "/")
		s.countRefusal(source, p)
	} else if p.code == internal {
		s.o.Logger.Error("request failed", "method", c.Request().Method, "route", c.Path(), "error", err)
	}
	if c.Response().Committed {
		return // the answer is half out; nothing can be added to it
	}
	if wantsPage(c.Request()) && s.problemPage(c, p) == nil {
		return
	}
	writeProblem(c, p)
}

// problemPage tells a person what a program is told as a problem.
func (s *Server) problemPage(c echo.Context, p problem) error {
	about := codes[p.code]
	if p.retry > 0 {
		c.Response().Header().Set("Retry-After", strconv.Itoa(p.retry))
	}
	return s.render(c, about.status, "problem", s.frame(c, "", about.title, struct{ Title, Detail string }{about.title, p.detail}))
}

func (s *Server) countRefusal(source string, p problem) {
	if s.gate(source) == nil {
		source = "unknown" // strangers must not invent labels
	}
	s.metrics.refused.WithLabelValues(source, string(p.code)).Inc()
	if source != "unknown" {
		s.logs.refused(source, Refusal{At: s.o.Now().UTC(), Why: string(p.code), Says: codes[p.code].title})
	}
	switch {
	case p.code == internal || p.code == notDurable:
		s.breakages.Do(func() {
			s.o.Logger.Error("delivery not kept", "source", source, "why", string(p.code), "error", p.because)
		})
	default:
		s.refusals.Do(func() { s.o.Logger.Info("delivery refused", "source", source, "why", string(p.code)) })
	}
}

func writeProblem(c echo.Context, p problem) {
	about := codes[p.code]
	body, err := json.Marshal(struct {
		Type   string   `json:"type"`
		Title  string   `json:"title"`
		Status int      `json:"status"`
		Detail string   `json:"detail,omitempty"`
		Code   code     `json:"code"`
		Fields []string `json:"fields,omitempty"`
	}{"urn:leadgate:problem:" + string(p.code), about.title, about.status, p.detail, p.code, p.fields})
	if err != nil {
		panic(err) // strings and a number
	}
	h := c.Response().Header()
	if p.retry > 0 {
		h.Set("Retry-After", strconv.Itoa(p.retry))
	}
	if about.status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	h.Set("Cache-Control", "no-store")
	if c.Request().Method == http.MethodHead {
		body = nil
	}
	_ = c.Blob(about.status, "application/problem+json", body) // the client has gone; nobody is left to tell
}
