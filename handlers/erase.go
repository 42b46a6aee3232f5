package handlers

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

// eraseLead answers POST /leads/{id}/erase.
func (s *Server) eraseLead(c echo.Context) error {
	var in struct {
		By       string `json:"by"`
		Revision int64  `json:"revision"` // whatever the lead is by now, it goes
	}
	if err := readAsk(c, &in, `{"by": "Dana"}`); err != nil {
		return err
	}
	return s.erasePerson(c, lead.EraseRequest{LeadID: c.Param("id"), By: cmp.Or(in.By, session.Of(c).Name)})
}

// erase answers POST /erase.
func (s *Server) erase(c echo.Context) error {
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
	return s.erasePerson(c, lead.EraseRequest{Email: in.Email, Phone: in.Phone, By: cmp.Or(in.By, session.Of(c).Name)})
}

func (s *Server) erasePerson(c echo.Context, w lead.EraseRequest) error {
	return s.answerRun(c, func(ctx context.Context) (lead.Run, error) {
		return s.o.Eraser.Erase(context.WithoutCancel(ctx), w, runAnswered)
	})
}

// export answers GET /export?email=.
func (s *Server) export(c echo.Context) error {
	q := query{values: c.QueryParams()}
	q.only("email")
	email := q.text("email")
	if q.err == nil && lead.NormalEmail(email) == "" {
		q.wrong("email=%.80q is no e-mail address.", email)
	}
	if q.err != nil {
		return q.err
	}
	x, err := s.o.Eraser.Export(c.Request().Context(), email)
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	s.sessions.Did(c, lead.ActExport, "")
	return show(c, x)
}
