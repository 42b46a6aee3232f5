package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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

// ResendMany answers POST /resend.
func (s *API) ResendMany(c echo.Context) error {
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
	now, q := s.o.Now(), Query{}
	r := lead.ResendMany{To: in.To, Failed: in.Failed, Again: in.Again, DryRun: in.DryRun, By: cmp.Or(in.By, session.Of(c).Name),
		TouchFilter: lead.TouchFilter{Source: in.Source, Since: q.moment("since", in.Since, now), Until: q.moment("until", in.Until, now), Limit: in.Limit}}
	if in.Temperature != "" {
		if err := r.AtLeast.UnmarshalText([]byte(in.Temperature)); err != nil {
			q.wrong("temperature: %v", err)
		}
	}
	if q.Err != nil {
		return q.Err
	}
	run, err := s.o.Resender.ResendAll(context.WithoutCancel(c.Request().Context()), r, runAnswered)
	if errors.Is(err, lead.ErrNoTarget) {
		return problem.Problem{Code: problem.Malformed, Detail: fmt.Sprintf("There is no target %.40q.", in.To), Because: err}
	}
	if err != nil {
		return fmt.Errorf("resend leads: %w", err)
	}
	return answerRun(c, run)
}

// TouchDelivery is one delivery with the touch and the lead that it is about.
type TouchDelivery struct {
	TouchID string `json:"touch_id"`
	LeadID  string `json:"lead_id,omitempty"`
	lead.Delivery
	Tries []lead.Step `json:"tries,omitempty"` // failed attempts: when, and what the target answered
}

// ListDeliveries answers GET /deliveries: those of touches, newest first. A page
// may be short of the limit and still have a next one.
func (s *API) ListDeliveries(c echo.Context) error {
	q := Query{Values: c.QueryParams()}
	q.only("state", "target", "source", "since", "limit", "cursor")
	state := lead.DeliveryState(q.oneOf("state", "waiting", "sent", "failed", "previewed"))
	target := q.text("target")
	ask := lead.TouchQuery{Source: q.text("source"), Since: q.Since(s.o.Now()), Limit: q.limit(), Cursor: q.text("cursor")}
	if q.Err != nil {
		return q.Err
	}
	var out struct {
		Items []TouchDelivery `json:"items"`
		Next  string          `json:"next,omitempty"`
	}
	out.Items = []TouchDelivery{}
	page, err := s.o.Reader.Touches(c.Request().Context(), ask)
	if err != nil {
		return fmt.Errorf("list deliveries: %w", err)
	}
	for _, t := range page.Items {
		for _, d := range t.Deliveries {
			if state != "" && d.State != state || target != "" && d.Target != target {
				continue
			}
			one := TouchDelivery{TouchID: t.ID, LeadID: t.LeadID, Delivery: d}
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
