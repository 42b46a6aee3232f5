package handlers

import (
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
)

// refuse answers an error of any handler. It is the one place that does.
func (s *Server) refuse(err error, c echo.Context) {
	p := problem.Of(err)
	if strings.HasPrefix(c.Request().URL.Path, "/in/") {
		s.intake.CountRefusal(c.Request(), p)
	} else if p.Code == problem.Internal || p.Unknown {
		s.o.Logger.Error("request failed", "method", c.Request().Method, "route", c.Path(), "error", err)
	}
	if c.Response().Committed {
		return // the answer is half out; nothing can be added to it
	}
	if wantsPage(c.Request()) && s.problemPage(c, p) == nil || s.intake.RefuseVisitor(c, p) {
		return
	}
	p.Write(c)
}

// problemPage tells a person what a program is told as a problem.
func (s *Server) problemPage(c echo.Context, p problem.Problem) error {
	if p.Retry > 0 {
		c.Response().Header().Set("Retry-After", strconv.Itoa(p.Retry))
	}
	return s.render(c, p.Code.Status(), "problem", s.frame(c, "", p.Code.Title(), struct{ Title, Detail string }{p.Code.Title(), p.Detail}))
}

// isAway reports whether an error means that the store does not answer.
func isAway(err error) bool { return err != nil && problem.Of(err).Code == problem.Unavailable }
