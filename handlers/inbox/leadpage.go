package inbox

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
)

var idPattern = regexp.MustCompile(`^[0-9A-Z]{26}$`)

// leadView is the page of one lead.
type leadView struct {
	row
	Touches []receipt   // the latest first
	Hidden  int         // older touches that are not shown
	Idle    []lead.Line // rules that did not count, those that nearly did first
	Preview Preview

	Into     *kin  // the lead that this one was merged into
	Parts    []kin // leads that were merged into this one
	CanMerge bool  // the reader may merge, and undo it
	CanJudge bool  // the reader may have the lead judged again
}

// Preview is the alert of a lead as Slack would show it, as plain text.
type Preview struct {
	Header string
	Lines  []string // deadline, ways to reach the person, who that is
	Quote  string
	Facts  []PreviewFact
	Why    string
	Next   string
	Click  []string // what its buttons say
}

// PreviewFact is one thing to know, with its name.
type PreviewFact struct{ Name, Text string }

// mostTouches are shown on a lead's page.
const mostTouches = 20

// LeadPage answers the links of alerts.
func (s *Pages) LeadPage(c echo.Context) error {
	return s.showLeadPage(c, http.StatusOK, "")
}

// showLeadPage writes the page with a sentence about what was just tried.
func (s *Pages) showLeadPage(c echo.Context, status int, sentence string) error {
	id := c.Param("id")
	if !idPattern.MatchString(id) {
		return problem.Problem{Code: problem.NotFound, Detail: "No lead has this id."}
	}
	ctx := c.Request().Context()
	l, err := s.o.Reader.Lead(ctx, id)
	away := s.standsIn(err)
	if away {
		if held, herr := s.o.Standby.HeldLead(id); herr == nil {
			l, err = held, nil
		}
	}
	if errors.Is(err, lead.ErrNotFound) || isAway(err) { // an alert can be older than its lead in the store, and links to a touch
		t, terr := s.o.Reader.Touch(ctx, id)
		if terr == nil && t.LeadID != "" && t.LeadID != id {
			return c.Redirect(http.StatusSeeOther, "/l/"+t.LeadID)
		}
		if terr == nil {
			l = &lead.Lead{ID: t.ID, Person: t.Person, Status: lead.New, Touches: []string{t.ID}, History: []lead.Past{lead.PastOf(t)}, CreatedAt: t.ReceivedAt, Test: t.Test}
			err = nil
		}
	}
	if err != nil {
		return fmt.Errorf("read lead: %w", err)
	}
	v := leadView{row: newRow(l, session.Of(c), "/l/"+id, s.o.Now())}
	writes := v.Me.Right >= session.Write
	v.CanMerge, v.CanJudge = writes, writes && l.MergedInto == ""
	if l.MergedInto != "" {
		v.Into = &s.kinOf(c, l.MergedInto)[0]
	}
	v.Parts = s.kinOf(c, l.Absorbed[:min(len(l.Absorbed), mostTouches)]...)
	v.Hidden = max(0, len(l.Touches)-mostTouches)
	for i := len(l.Touches) - 1; i >= v.Hidden; i-- {
		t, err := s.o.Reader.Touch(ctx, l.Touches[i])
		if away = away || s.standsIn(err); errors.Is(err, lead.ErrNotFound) || s.standsIn(err) {
			continue // past its retention, or this node does not hold it
		}
		if err != nil {
			return fmt.Errorf("read touch: %w", err)
		}
		r := receiptOf(t, s.o.Means)
		r.Back, r.CanWrite = v.Back, writes
		r.Resends = writes && t.State == lead.Settled && !t.Test && l.MergedInto == ""
		if t.RequestID != "" {
			if req, err := s.o.Request(t.RequestID); err == nil { // else it is on another node, or past its time
				r.Raw = s.rawOf(req)
			}
		}
		v.Touches = append(v.Touches, r)
	}
	v.Idle = slices.DeleteFunc(s.o.Rules().Explain(l, s.o.Now()), func(x lead.Line) bool { return x.Counted || !x.Near })
	if l.MergedInto == "" && len(v.Touches) > 0 {
		v.Preview = s.o.Preview(l, v.Touches[0].Touch)
	}
	f := s.frame(c, "inbox", v.Who, v)
	if sentence != "" {
		f.Said = sentence
	}
	if away || f.Away != nil {
		f.held()
	}
	return s.render(c, status, "lead", f)
}

// kin is a lead that is part of another.
type kin struct{ ID, Who string }

// kinOf names the leads of these ids, by their ids where they cannot be read.
func (s *Pages) kinOf(c echo.Context, ids ...string) (all []kin) {
	for _, id := range ids {
		k := kin{id, id}
		if l, err := s.o.Reader.Lead(c.Request().Context(), id); err == nil {
			k.Who = whoIs(l.Person)
		}
		all = append(all, k)
	}
	return all
}
