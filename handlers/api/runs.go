package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
)

// replayer reads kept requests again. Its errors wrap lead.ErrNotFound or
// lead.ErrUnavailable; a run that has not ended when ctx does goes on by itself.
type replayer interface {
	Replay(ctx context.Context, touchID string, dryRun bool) (lead.Run, error)
	ReplayAll(ctx context.Context, f lead.TouchFilter, dryRun bool) (lead.Run, error)
	RunOf(id string) (lead.Run, error)
}

// runAnswered is how long a caller waits for the end of a run before it is told
// where to look for it.
const runAnswered = 5 * time.Second

// ReplayMany answers POST /replay.
func (s *API) ReplayMany(c echo.Context) error {
	var in struct {
		Source string `json:"source"`
		State  string `json:"state"`
		Since  string `json:"since"`
		Until  string `json:"until"`
		Limit  int    `json:"limit"`
		DryRun bool   `json:"dry_run"`
	}
	if err := readAsk(c, &in, `{"source": "zoom", "state": "unread", "since": "30d", "until": "2026-11-25", "limit": 100, "dry_run": true}; all may be left out`); err != nil {
		return err
	}
	now := s.o.Now()
	f := lead.TouchFilter{Source: in.Source, Limit: in.Limit}
	q := query{}
	f.Since, f.Until = q.moment("since", in.Since, now), q.moment("until", in.Until, now)
	switch in.State {
	case "":
		f.State = lead.Unread
	case "all":
	case string(lead.Unread), string(lead.Settled):
		f.State = lead.State(in.State)
	default:
		q.wrong("state=%.40q is none of unread, settled, all.", in.State)
	}
	if in.Limit < 0 {
		q.wrong("limit=%d is less than nothing.", in.Limit)
	}
	if q.err != nil {
		return q.err
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), runAnswered)
	defer cancel()
	run, err := s.o.Replayer.ReplayAll(ctx, f, in.DryRun)
	if err != nil {
		return fmt.Errorf("replay touches: %w", err)
	}
	if !in.DryRun {
		s.o.Sessions.Did(c, lead.ActReplay, sourceName(in.Source))
	}
	return answerRun(c, run)
}

// ShowRun answers GET /runs/{id}.
func (s *API) ShowRun(c echo.Context) error {
	run, err := s.o.Replayer.RunOf(c.Param("id"))
	if err != nil {
		return fmt.Errorf("read run: %w", err)
	}
	return show(c, run)
}

// answerRun answers with a run: 200 when it has ended, else 202 and where to look
// for it.
func answerRun(c echo.Context, run lead.Run) error {
	if run.Ended() {
		return show(c, run)
	}
	h := c.Response().Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Location", Path+"/runs/"+run.ID)
	return c.JSON(http.StatusAccepted, run)
}

// readAsk reads what a caller asks for; an empty body asks for the usual.
func readAsk(c echo.Context, v any, example string) error {
	b, err := io.ReadAll(io.LimitReader(c.Request().Body, maxAction))
	if err != nil {
		return problem.Problem{Code: problem.Malformed, Detail: "The body could not be read.", Because: err}
	}
	if strings.TrimSpace(string(b)) == "" {
		return nil
	}
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.DisallowUnknownFields() // a slip in a filter's name would choose everything
	if err := d.Decode(v); err != nil {
		return problem.Problem{Code: problem.Malformed, Detail: "Send JSON: " + example + ".", Because: err}
	}
	return nil
}

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
	q := query{values: c.QueryParams()}
	q.only("state", "target", "source", "since", "limit", "cursor")
	state := lead.DeliveryState(q.oneOf("state", "waiting", "sent", "failed", "previewed"))
	target := q.text("target")
	ask := lead.TouchQuery{Source: q.text("source"), Since: q.since(s.o.Now()), Limit: q.limit(), Cursor: q.text("cursor")}
	if q.err != nil {
		return q.err
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
	s.o.Sessions.Did(c, lead.ActExport, "")
	return show(c, x)
}
