package handlers

import (
	"context"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
)

// confirmView shows what is about to be done, and to what, before it is done.
type confirmView struct {
	Title  string
	Text   string
	Action string // where the form that does it goes
	Button string // empty: there is nothing to do
	Back   string
	Kept   []fact // what the form sends besides
	Offer  string // what a box, not ticked, lets happen besides; empty: there is none

	Results []lead.Result // of reading a request again
	Turns   []lead.Turn   // of judging a lead again
	Leads   []row         // that become one
}

// keep has the form send a value.
func (v *confirmView) keep(name, value string) { v.Kept = append(v.Kept, fact{name, value}) }

// confirm asks whether somebody is sure.
func (s *Server) confirm(c echo.Context, v confirmView) error {
	return s.render(c, http.StatusOK, "confirm", s.frame(c, "inbox", v.Title, v))
}

// replayPage answers POST /t/{id}/replay: at first with the differences, and
// when somebody is sure, by doing it.
func (s *Server) replayPage(c echo.Context) error {
	id, back := c.Param("id"), localPath(c.FormValue("back"))
	sure := c.FormValue("sure") != ""
	run, err := s.o.Replayer.Replay(c.Request().Context(), id, !sure)
	if err != nil {
		return fmt.Errorf("replay touch: %w", err)
	}
	if sure {
		s.sessions.Did(c, lead.ActReplay, id)
		return c.Redirect(http.StatusSeeOther, withSaid(back, "replayed"))
	}
	v := confirmView{Title: "Read again", Action: "/t/" + id + "/replay", Button: "Read it again", Back: back, Results: run.Results,
		Text: "This is what reading the request again, with the presets of today, would do. Nobody who was told is told again."}
	return s.confirm(c, v)
}

// erasePage answers POST /l/{id}/erase: it asks whether somebody is sure, and
// then the person is forgotten.
func (s *Server) erasePage(c echo.Context) error {
	id := c.Param("id")
	if c.FormValue("sure") == "" {
		v := confirmView{Title: "Erase this person", Action: "/l/" + id + "/erase", Button: "Erase for ever", Back: "/l/" + id,
			Text: "The lead, its touches, the requests that brought it and the messages about it are deleted, on disk and in Slack. It cannot be undone."}
		return s.confirm(c, v)
	}
	ctx := context.WithoutCancel(c.Request().Context())
	if _, err := s.o.Eraser.Erase(ctx, lead.EraseRequest{LeadID: id, By: session.Of(c).Name}, runAnswered); err != nil {
		return fmt.Errorf("erase lead: %w", err)
	}
	return c.Redirect(http.StatusSeeOther, "/?said=erased")
}
