package handlers

import (
	"fmt"
	"net/http"
	"regexp"

	"github.com/labstack/echo/v4"
)

var idPattern = regexp.MustCompile(`^[0-9A-Z]{26}$`)

// leadPage answers the links of alerts with how to see the lead. It is open to
// whoever has the link, so it says nothing about the person.
func (s *Server) leadPage(c echo.Context) error {
	id := c.Param("id")
	if !idPattern.MatchString(id) {
		return problem{code: notFound, detail: "No lead has this id."}
	}
	h := c.Response().Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	return c.String(http.StatusOK, fmt.Sprintf(`Lead %s

Why it is warm, and who was told of it:   leadgate explain %[1]s
The same as JSON, with the API token:     GET /api/v1/leads/%[1]s
Take it:                                  POST /api/v1/leads/%[1]s/claim   {"by": "your name"}
`, id))
}
