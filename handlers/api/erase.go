package api

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
)

// eraser forgets people, and tells what is held of them. Its errors wrap
// lead.ErrNotFound, lead.ErrNotDurable or lead.ErrUnavailable. A wish that was taken without an
// error is fulfilled whatever happens.
type eraser interface {
	Erase(ctx context.Context, w lead.EraseRequest, wait time.Duration) (lead.Run, error)
	Export(ctx context.Context, email string) (*lead.Export, error)
}

// Erase answers POST /erase.
func (s *API) Erase(c echo.Context) error {
	var in struct {
		Email string `json:"email"`
		Phone string `json:"phone"`
		By    string `json:"by"`
	}
	if err := readAsk(c, &in, `{"email": "ada@works.example", "by": "Dana"}`); err != nil {
		return err
	}
	if len(lead.Keys(lead.Person{Email: in.Email, Phone: in.Phone})) == 0 {
		return problem.Problem{Code: problem.Malformed, Detail: "Say who: an e-mail address, or a phone number with its country's prefix."}
	}
	run, err := s.startErasure(c, lead.EraseRequest{Email: in.Email, Phone: in.Phone, By: cmp.Or(in.By, session.Of(c).Name)})
	if err != nil {
		return err
	}
	return answerRun(c, run)
}

// startErasure takes a wish, and waits a moment for its end.
func (s *API) startErasure(c echo.Context, w lead.EraseRequest) (lead.Run, error) {
	run, err := s.o.Eraser.Erase(context.WithoutCancel(c.Request().Context()), w, runAnswered)
	if err != nil {
		err = fmt.Errorf("erase: %w", err)
	}
	return run, err
}

// Export answers GET /export?email=.
func (s *API) Export(c echo.Context) error {
	q := Query{Values: c.QueryParams()}
	q.only("email")
	email := q.text("email")
	if q.Err == nil && lead.NormalEmail(email) == "" {
		q.wrong("email=%.80q is no e-mail address.", email)
	}
	if q.Err != nil {
		return q.Err
	}
	x, err := s.o.Eraser.Export(c.Request().Context(), email)
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	s.o.Sessions.Did(c, lead.ActExport, "")
	return show(c, x)
}
