package handlers

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/source"
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
	if wantsPage(c.Request()) && s.pages.ProblemPage(c, p) == nil || s.intake.RefuseVisitor(c, p) {
		return
	}
	p.Write(c)
}

// wantsPage says whether a person at a browser waits for the answer.
func wantsPage(r *http.Request) bool {
	p := r.URL.Path
	return r.Method != http.MethodHead && source.IsBrowser(r.Header) && !strings.HasPrefix(p, "/api/") && !strings.HasPrefix(p, "/in/") && !strings.HasPrefix(p, "/slack/")
}
