package problem

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/provider"
	"github.com/leadgate/leadgate/lead"
)

func TestOf(t *testing.T) {
	for name, tc := range map[string]struct {
		err    error
		want   Code
		detail string
	}{
		"Problem":     {fmt.Errorf("act: %w", Problem{Code: Conflict, Detail: "Dana has it."}), Conflict, "Dana has it."},
		"NoRoute":     {echo.ErrNotFound, NotFound, "No page"},
		"Method":      {echo.ErrMethodNotAllowed, MethodNotAllowed, "Allow"},
		"Stale":       {fmt.Errorf("zoom: %w", provider.ErrStale), Stale, "The clocks may differ"},
		"Signature":   {provider.ErrSignature, BadSignature, "Is the secret that"},
		"TooLarge":    {provider.ErrTooLarge, TooLarge, ""},
		"Type":        {provider.ErrType, UnsupportedType, "Send JSON or a form."},
		"Malformed":   {provider.ErrMalformed, Malformed, ""},
		"NotDurable":  {fmt.Errorf("accept: %w", lead.ErrNotDurable), NotDurable, "Nothing was kept"},
		"Unavailable": {lead.ErrUnavailable, Unavailable, "Try again"},
		"Deadline":    {context.DeadlineExceeded, Unavailable, "Try again"},
		"NotFound":    {lead.ErrNotFound, NotFound, "no longer"},
		"BadQuery":    {lead.ErrBadCursor, BadQuery, "cursor"},
		"Other":       {errors.New("dial tcp 10.0.0.7:6379: refused"), Unavailable, "Try again"},
		"NoVerb":      {lead.ErrNoVerb, NotFound, "no longer"},
		"Panic":       {Panicked("boom"), Internal, "the log of the server"},
	} {
		p := Of(tc.err)
		if p.Code != tc.want || !strings.Contains(p.Detail, tc.detail) || p.Detail == "" || strings.Contains(p.Detail, "10.0.0.7") {
			t.Errorf("%s: Of = %s %q, want %s with %q", name, p.Code, p.Detail, tc.want, tc.detail)
		}
	}
	for _, c := range Codes() {
		if c.Status() < 400 || c.Title() == "" {
			t.Errorf("%s has the status %d and the title %q", c, c.Status(), c.Title())
		}
	}
}

func TestProblem_Write(t *testing.T) {
	answer := func(method string, p Problem) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		p.Write(echo.New().NewContext(httptest.NewRequest(method, "/", nil), w))
		return w
	}
	w := answer("GET", Problem{Code: Unavailable, Detail: "Wait.", Retry: 5, Fields: []string{"email"}, Because: errors.New("secret")})
	var got struct {
		Type, Title, Detail, Code string
		Status                    int
		Fields                    []string
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if w.Code != 503 || got.Status != 503 || got.Code != "unavailable" || got.Type != "urn:leadgate:problem:unavailable" || got.Detail != "Wait." || len(got.Fields) != 1 ||
		w.Header().Get("Retry-After") != "5" || w.Header().Get("Content-Type") != "application/problem+json" || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("answer %d %v %s", w.Code, w.Header(), w.Body)
	}
	if w := answer("HEAD", Problem{Code: Unauthorized}); w.Code != 401 || w.Body.Len() != 0 || w.Header().Get("WWW-Authenticate") != "Bearer" {
		t.Errorf("HEAD: answer %d %v %q", w.Code, w.Header(), w.Body)
	}
}

func TestRecovered(t *testing.T) {
	c := echo.New().NewContext(httptest.NewRequest("GET", "/", nil), httptest.NewRecorder())
	err := Recovered(func(echo.Context) error { panic("boom at 10.0.0.7") })(c)
	if !IsPanic(fmt.Errorf("read: %w", err)) || strings.Contains(err.Error(), "boom") {
		t.Errorf("Recovered = %v, want a panic that tells nobody its value", err)
	}
	if IsPanic(lead.ErrNotFound) {
		t.Error("an error passes for a panic")
	}
	defer func() {
		if v := recover(); v != http.ErrAbortHandler {
			t.Errorf("an aborted answer = %v, want the panic to go on", v)
		}
	}()
	_ = Recovered(func(echo.Context) error { panic(http.ErrAbortHandler) })(c)
}
