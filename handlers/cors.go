package handlers

import (
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
)

// allowOrigin lets the listed pages, and no others, read the answer. Without
// credentials: there are none.
func (g *gate) allowOrigin(c echo.Context) (allowed bool) {
	if len(g.origins) == 0 {
		return false
	}
	h := c.Response().Header()
	h.Add("Vary", "Origin") // also without one, as a cache may keep this answer for a page
	origin := c.Request().Header.Get("Origin")
	if !slices.Contains(g.origins, strings.ToLower(origin)) {
		return false
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Expose-Headers", "Retry-After")
	return true
}

// preflight answers OPTIONS on a source.
func (s *Server) preflight(c echo.Context) error {
	g := s.gate(c.Param("source"))
	if g == nil {
		return errNoSource
	}
	h := c.Response().Header()
	h.Set("Allow", "GET, HEAD, OPTIONS, POST")
	if !g.allowOrigin(c) && c.Request().Header.Get("Origin") != "" {
		return problem.Problem{Code: problem.Forbidden, Detail: "This source does not list the page's origin. Add it to origins: in its settings."}
	}
	h.Set("Access-Control-Allow-Methods", "POST, OPTIONS")
	h.Set("Access-Control-Allow-Headers", "content-type, idempotency-key")
	h.Set("Access-Control-Max-Age", "600")
	return c.NoContent(http.StatusNoContent)
}
