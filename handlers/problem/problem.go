// Package problem holds every refusal: its code, its sentence and its status
// (RFC 9457). Handlers return a Problem as their error, and one place answers
// with it; Of says what any other error means to the caller. Nothing in an
// answer comes from an error's own chain but the words of a provider.
//
// It must not know who asks or what for. A new refusal is one constant, one row
// of codes, and a line in docs and openapi.yaml.
package problem

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/provider"
	"github.com/leadgate/leadgate/lead"
)

// Problem is one refusal, as RFC 9457 describes it.
type Problem struct {
	Code    Code
	Detail  string // what was wrong and what to do; for the sender, so never a secret
	Retry   int    // Retry-After in seconds; 0: none
	Fields  []string
	Because error // for the log
	Unknown bool  // Because is no error that the packages share, so the log should have it
}

func (p Problem) Error() string { return fmt.Sprintf("%s: %s", p.Code, p.Detail) }
func (p Problem) Unwrap() error { return p.Because }

// InTheLog is the detail of what only the log explains.
const InTheLog = "It is in the log of the server."

// Code names a refusal. The same word is in the answer, the metric and the docs.
type Code string

// The codes of refusals.
const (
	Malformed        Code = "malformed"
	BadSignature     Code = "bad_signature"
	Stale            Code = "stale"
	BadToken         Code = "bad_token"
	NotFound         Code = "not_found"
	MethodNotAllowed Code = "method_not_allowed"
	TooLarge         Code = "too_large"
	UnsupportedType  Code = "unsupported_type"
	NoContact        Code = "no_contact"
	RateLimited      Code = "rate_limited"
	NotDurable       Code = "not_durable"
	Unavailable      Code = "unavailable"
	Unauthorized     Code = "unauthorized"
	Forbidden        Code = "forbidden"
	Conflict         Code = "conflict"
	BadQuery         Code = "bad_query"
	BadRules         Code = "bad_rules"
	Internal         Code = "internal"
)

// codes is what each refusal is in HTTP and in words.
var codes = map[Code]struct {
	status int
	title  string
}{
	Malformed:        {http.StatusBadRequest, "The request cannot be read"},
	BadSignature:     {http.StatusUnauthorized, "The signature does not match"},
	Stale:            {http.StatusUnauthorized, "The signature is too old"},
	BadToken:         {http.StatusUnauthorized, "The token is wrong"},
	NotFound:         {http.StatusNotFound, "There is nothing here"},
	MethodNotAllowed: {http.StatusMethodNotAllowed, "This method does nothing here"},
	TooLarge:         {http.StatusRequestEntityTooLarge, "The request is too large"},
	UnsupportedType:  {http.StatusUnsupportedMediaType, "This type of content is not understood"},
	NoContact:        {http.StatusUnprocessableEntity, "Neither an e-mail address nor a phone number"},
	RateLimited:      {http.StatusTooManyRequests, "Too many requests from this address"},
	NotDurable:       {http.StatusServiceUnavailable, "The lead could not be stored"},
	Unavailable:      {http.StatusServiceUnavailable, "It cannot be read just now"},
	Unauthorized:     {http.StatusUnauthorized, "Who are you?"},
	Forbidden:        {http.StatusForbidden, "Not allowed"},
	Conflict:         {http.StatusConflict, "Somebody else was faster"},
	BadRules:         {http.StatusUnprocessableEntity, "The rules have mistakes"},
	BadQuery:         {http.StatusBadRequest, "The query is wrong"},
	Internal:         {http.StatusInternalServerError, "Something broke here"},
}

// Codes returns all codes.
func Codes() []Code { return slices.Collect(maps.Keys(codes)) }

// Status is the HTTP status of a code.
func (c Code) Status() int { return codes[c].status }

// Title is what a code means, in a few words.
func (c Code) Title() string { return codes[c].title }

// Of finds out what an error means to the sender.
func Of(err error) Problem {
	var p Problem
	if errors.As(err, &p) {
		return p
	}
	var he *echo.HTTPError
	if errors.As(err, &he) {
		switch he.Code {
		case http.StatusNotFound:
			return Problem{Code: NotFound, Detail: "No page and no source has this address."}
		case http.StatusMethodNotAllowed:
			return Problem{Code: MethodNotAllowed, Detail: "The header Allow lists what does."}
		}
	}
	switch {
	case errors.Is(err, provider.ErrStale):
		return Problem{Code: Stale, Detail: Sentence(err, "The clocks may differ, or this is a replay."), Because: err}
	case errors.Is(err, provider.ErrSignature):
		return Problem{Code: BadSignature, Detail: Sentence(err, "Is the secret that of the sender's settings?"), Because: err}
	case errors.Is(err, provider.ErrEmpty):
		return Problem{Code: NoContact, Detail: Sentence(err, "Send an e-mail address or a phone number.")}
	case errors.Is(err, provider.ErrTooLarge):
		return Problem{Code: TooLarge, Detail: Sentence(err, "")}
	case errors.Is(err, provider.ErrType):
		return Problem{Code: UnsupportedType, Detail: Sentence(err, "Send JSON or a form.")}
	case errors.Is(err, provider.ErrMalformed):
		return Problem{Code: Malformed, Detail: Sentence(err, "")}
	case errors.Is(err, lead.ErrNotDurable):
		return Problem{Code: NotDurable, Retry: 5, Detail: "Nothing was kept. Send it again in a few seconds.", Because: err}
	case IsPanic(err):
		return Problem{Code: Internal, Detail: InTheLog, Because: err}
	case errors.Is(err, lead.ErrNotFound), errors.Is(err, lead.ErrNoVerb):
		return Problem{Code: NotFound, Detail: "It does not exist, or no longer."}
	case errors.Is(err, lead.ErrBadCursor):
		return Problem{Code: BadQuery, Detail: "The cursor is none that this server gave. Leave it out to begin anew."}
	}
	known := errors.Is(err, lead.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded)
	return Problem{Code: Unavailable, Retry: 5, Detail: "The store does not answer. Try again in a few seconds.", Because: err, Unknown: !known}
}

// Sentence makes an error's words a sentence, and adds what to do.
func Sentence(err error, then string) string {
	s := err.Error()
	if s != "" {
		s = strings.ToUpper(s[:1]) + s[1:] + "."
	}
	return strings.TrimSpace(s + " " + then)
}

// Write answers with p.
func (p Problem) Write(c echo.Context) {
	about := codes[p.Code]
	body, err := json.Marshal(struct {
		Type   string   `json:"type"`
		Title  string   `json:"title"`
		Status int      `json:"status"`
		Detail string   `json:"detail,omitempty"`
		Code   Code     `json:"code"`
		Fields []string `json:"fields,omitempty"`
	}{"urn:leadgate:problem:" + string(p.Code), about.title, about.status, p.Detail, p.Code, p.Fields})
	if err != nil {
		panic(err) // strings and a number
	}
	h := c.Response().Header()
	if p.Retry > 0 {
		h.Set("Retry-After", strconv.Itoa(p.Retry))
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
