package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
)

// preflight answers OPTIONS on a source.
func (s *Server) preflight(c echo.Context) error {
	g := s.sources.Find(c.Param("source"))
	if g == nil {
		return errNoSource
	}
	h := c.Response().Header()
	h.Set("Allow", "GET, HEAD, OPTIONS, POST")
	if !g.AllowOrigin(c) && c.Request().Header.Get("Origin") != "" {
		return problem.Problem{Code: problem.Forbidden, Detail: "This source does not list the page's origin. Add it to origins: in its settings."}
	}
	h.Set("Access-Control-Allow-Methods", "POST, OPTIONS")
	h.Set("Access-Control-Allow-Headers", "content-type, idempotency-key")
	h.Set("Access-Control-Max-Age", "600")
	return c.NoContent(http.StatusNoContent)
}
