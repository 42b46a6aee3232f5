package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

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

// leadPage answers the links of alerts.
func (s *Server) leadPage(c echo.Context) error {
	return s.showLeadPage(c, http.StatusOK, "")
}

// showLeadPage writes the page with a sentence about what was just tried.
func (s *Server) showLeadPage(c echo.Context, status int, sentence string) error {
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
	v.CanMerge, v.CanJudge = writes && s.o.Merger != nil, writes && s.o.Judge != nil && l.MergedInto == ""
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
		r.Resends = writes && s.o.Resender != nil && t.State == lead.Settled && !t.Test && l.MergedInto == ""
		if s.o.Request != nil && t.RequestID != "" {
			if req, err := s.o.Request(t.RequestID); err == nil { // else it is on another node, or past its time
				r.Raw = s.rawOf(req)
			}
		}
		v.Touches = append(v.Touches, r)
	}
	v.Idle = slices.DeleteFunc(s.o.Rules().Explain(l, s.o.Now()), func(x lead.Line) bool { return x.Counted || !x.Near })
	if s.o.Preview != nil && l.MergedInto == "" && len(v.Touches) > 0 {
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

// revisionSeen is the revision that a form was made from; 0, whatever is there,
// without one.
func revisionSeen(c echo.Context) int64 {
	n, _ := strconv.ParseInt(c.FormValue("revision"), 10, 64)
	return n
}

// actOnPage does what a button on a page says, and leads back to the page.
func (s *Server) actOnPage(c echo.Context) error {
	revision := revisionSeen(c)
	me := session.Of(c)
	verb := lead.Verb(c.Param("verb"))
	l, err := s.o.Actor.Act(c.Request().Context(), c.Param("id"), lead.Command{Verb: verb, By: me.Name}, revision)
	inRow := c.Request().Header.Get("HX-Request") == "true"
	back := localPath(c.FormValue("back"))
	switch {
	case lead.IsConflict(err) && inRow && l != nil:
		r := newRow(l, me, back, s.o.Now())
		r.Said = taken(l)
		return s.write(c, http.StatusConflict, "inbox", "row", r)
	case lead.IsConflict(err):
		return s.showLeadPage(c, http.StatusConflict, taken(l))
	case err != nil:
		return fmt.Errorf("act on lead: %w", err)
	case inRow:
		return s.write(c, http.StatusOK, "inbox", "row", newRow(l, me, back, s.o.Now()))
	}
	return c.Redirect(http.StatusSeeOther, withSaid(back, string(verb)))
}

// withSaid adds to a path what its page shall begin with.
func withSaid(path, key string) string {
	u, err := url.Parse(path)
	if err != nil {
		return "/"
	}
	q := u.Query()
	q.Set("said", key)
	u.RawQuery = q.Encode()
	return strings.TrimSuffix(u.String(), "?")
}
