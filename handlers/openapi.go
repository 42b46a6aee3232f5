package handlers

import (
	_ "embed"
	"net/http"

	"github.com/labstack/echo/v4"
)

// openAPI describes the intake and the API (https://spec.openapis.org/oas/v3.1.0).
// A test holds it against the routes, the types and real answers.
//
//go:embed openapi.yaml
var openAPI []byte

func (s *Server) showOpenAPI(c echo.Context) error {
	return c.Blob(http.StatusOK, "application/yaml; charset=utf-8", openAPI)
}
