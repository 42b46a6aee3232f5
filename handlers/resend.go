package handlers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
)

// resender tells targets again. Its errors wrap lead.ErrNotFound, lead.ErrConflict,
// ErrNoTarget or lead.ErrUnavailable.
type resender interface {
	Resend(ctx context.Context, leadID string, r lead.ResendOne) (*lead.Lead, error)
	ResendAll(ctx context.Context, r lead.ResendMany, wait time.Duration) (lead.Run, error)
}

const noTarget = "There is no such target, or nobody was told of this lead; name a target of the configuration."

// resend answers POST /leads/{id}/resend.
func (s *Server) resend(c echo.Context) error {
	var in struct {
		By       string `json:"by"`
		Revision int64  `json:"revision"`
		Target   string `json:"target"`
		TouchID  string `json:"touch_id"`
	}
	if err := readAsk(c, &in, `{"by": "Dana", "target": "sales"}; without a target all that were told hear again, without a touch_id of the latest touch`); err != nil {
		return err
	}
	by := cmp.Or(strings.TrimSpace(in.By), session.Of(c).Name)
	l, err := s.o.Resender.Resend(c.Request().Context(), c.Param("id"), lead.ResendOne{TouchID: in.TouchID, Target: in.Target, By: by, Revision: in.Revision})
	switch {
	case lead.IsConflict(err):
		return problem.Problem{Code: problem.Conflict, Detail: taken(l), Because: err}
	case errors.Is(err, lead.ErrNoTarget):
		return problem.Problem{Code: problem.Malformed, Detail: noTarget, Because: err}
	case err != nil:
		return fmt.Errorf("resend lead: %w", err)
	}
	return show(c, l)
}

// resendMany answers POST /resend.
func (s *Server) resendMany(c echo.Context) error {
	var in struct {
		To          string `json:"to"`
		Temperature string `json:"temperature"`
		Source      string `json:"source"`
		Since       string `json:"since"`
		Until       string `json:"until"`
		Limit       int    `json:"limit"`
		Failed      bool   `json:"failed"`
		Again       bool   `json:"again"`
		DryRun      bool   `json:"dry_run"`
		By          string `json:"by"`
	}
	if err := readAsk(c, &in, `{"to": "crm", "temperature": "hot", "since": "2h", "failed": true, "dry_run": true}; only "to" is needed`); err != nil {
		return err
	}
	now, q := s.o.Now(), query{}
	r := lead.ResendMany{To: in.To, Failed: in.Failed, Again: in.Again, DryRun: in.DryRun, By: cmp.Or(in.By, session.Of(c).Name),
		TouchFilter: lead.TouchFilter{Source: in.Source, Since: q.moment("since", in.Since, now), Until: q.moment("until", in.Until, now), Limit: in.Limit}}
	if in.Temperature != "" {
		if err := r.AtLeast.UnmarshalText([]byte(in.Temperature)); err != nil {
			q.wrong("temperature: %v", err)
		}
	}
	if q.err != nil {
		return q.err
	}
	return s.answerRun(c, func(ctx context.Context) (lead.Run, error) {
		run, err := s.o.Resender.ResendAll(context.WithoutCancel(ctx), r, runAnswered)
		if errors.Is(err, lead.ErrNoTarget) {
			err = problem.Problem{Code: problem.Malformed, Detail: fmt.Sprintf("There is no target %.40q.", in.To), Because: err}
		}
		return run, err
	})
}

// delivery is one delivery with the touch and the lead that it is about.
type delivery struct {
	TouchID string `json:"touch_id"`
	LeadID  string `json:"lead_id,omitempty"`
	lead.Delivery
	Tries []lead.Step `json:"tries,omitempty"` // failed attempts: when, and what the target answered
}

// listDeliveries answers GET /deliveries: those of touches, newest first. A page
// may be short of the limit and still have a next one.
func (s *Server) listDeliveries(c echo.Context) error {
	q := query{values: c.QueryParams()}
	q.only("state", "target", "source", "since", "limit", "cursor")
	state := lead.DeliveryState(q.oneOf("state", "waiting", "sent", "failed", "previewed"))
	target := q.text("target")
	ask := lead.TouchQuery{Source: q.text("source"), Since: q.since(s.o.Now()), Limit: q.limit(), Cursor: q.text("cursor")}
	if q.err != nil {
		return q.err
	}
	var out struct {
		Items []delivery `json:"items"`
		Next  string     `json:"next,omitempty"`
	}
	out.Items = []delivery{}
	page, err := s.o.Reader.Touches(c.Request().Context(), ask)
	if err != nil {
		return fmt.Errorf("list deliveries: %w", err)
	}
	for _, t := range page.Items {
		for _, d := range t.Deliveries {
			if state != "" && d.State != state || target != "" && d.Target != target {
				continue
			}
			one := delivery{TouchID: t.ID, LeadID: t.LeadID, Delivery: d}
			for _, st := range t.Trail {
				if st.Note == d.Target && (st.Step == lead.StepAttempt || st.Step == lead.StepFailed) {
					one.Tries = append(one.Tries, st)
				}
			}
			out.Items = append(out.Items, one)
		}
	}
	out.Next = page.Next
	return show(c, out)
}
