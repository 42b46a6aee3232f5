package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/lead"
)

// actor carries out what people do about leads. Its errors wrap lead.ErrNotFound,
// lead.ErrConflict, lead.ErrUnavailable or lead.ErrWhom; with ErrConflict the lead as it is
// comes back.
type actor interface {
	Act(ctx context.Context, leadID string, d lead.Command, revision int64) (*lead.Lead, error)
}

// maxAction is how many bytes the body of an action may have.
const maxAction = 16 << 10

// act answers POST /leads/{id}/{verb} with the lead as it is afterwards.
func (s *Server) act(c echo.Context) error {
	var in struct {
		By       string `json:"by"`
		To       string `json:"to"`
		Why      string `json:"why"`
		Revision int64  `json:"revision"`
	}
	b, err := io.ReadAll(io.LimitReader(c.Request().Body, maxAction))
	if err != nil {
		return problem.Problem{Code: problem.Malformed, Detail: "The body could not be read.", Because: err}
	}
	if err := json.Unmarshal(b, &in); err != nil {
		return problem.Problem{Code: problem.Malformed, Detail: `Send JSON: {"by": "who does it", "revision": 3}; the revision may be left out.`, Because: err}
	}
	if in.By = strings.TrimSpace(in.By); in.By == "" || len(in.By) > 200 {
		return problem.Problem{Code: problem.Malformed, Detail: `Say who does it: {"by": "Dana"}.`}
	}
	d := lead.Command{Verb: lead.Verb(c.Param("verb")), By: in.By, To: strings.TrimSpace(in.To), Why: strings.TrimSpace(in.Why)}
	if len(d.To) > 200 || len(d.Why) > 200 {
		return problem.Problem{Code: problem.Malformed, Detail: "to and why may have 200 bytes each."}
	}
	l, err := s.o.Actor.Act(c.Request().Context(), c.Param("id"), d, in.Revision)
	if errors.Is(err, lead.ErrWhom) {
		return problem.Problem{Code: problem.Malformed, Detail: `Say whom: {"by": "Dana", "to": "Eva"}; duplicate takes the id of the other lead.`, Because: err}
	}
	if errors.Is(err, lead.ErrTwoClaims) || errors.Is(err, lead.ErrSameLead) {
		return problem.Problem{Code: problem.Conflict, Detail: whyApart(err), Because: err}
	}
	if lead.IsConflict(err) {
		return problem.Problem{Code: problem.Conflict, Detail: taken(l), Because: err}
	}
	if err != nil {
		return fmt.Errorf("act on lead: %w", err)
	}
	return show(c, l)
}

// taken tells the one who came second what is the case.
func taken(l *lead.Lead) string {
	if l != nil && l.Apart {
		return fmt.Sprintf("The lead is in quarantine; release it first, or call it junk. It is at revision %d.", l.Revision)
	}
	if l != nil && l.Claim != nil {
		return fmt.Sprintf("%s has this lead since %s; it is at revision %d.", l.Claim.By, l.Claim.At.Format("15:04:05 MST"), l.Revision)
	}
	if l != nil {
		return fmt.Sprintf("The lead has changed since; it is at revision %d.", l.Revision)
	}
	return "The lead has changed since; read it again."
}
