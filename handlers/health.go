package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// Readiness says whether leads are taken, and how well the rest is.
type Readiness struct {
	Ready   bool   // a lead can be made durable
	Why     string // not ready; a short sentence without a path or an address
	RedisUp bool   // away is degraded: leads are taken, and hot ones are told
	Waiting int    // touches whose effects have not all come to an end
	Rules   string // version of the rules in force
	Refused string // why a changed configuration is not in force, in one line; empty: it is
}

// health says that the process answers.
func (s *Server) health(c echo.Context) error { return c.String(http.StatusOK, "ok\n") }

// ready answers 503 only when leads cannot be taken: a server that is taken out
// of service because Redis is away would take no leads at all.
func (s *Server) ready(c echo.Context) error {
	r := s.o.Ready(c.Request().Context())
	status, word, redis := http.StatusOK, "ready", "up"
	if !r.RedisUp {
		word, redis = "degraded", "away"
	}
	if !r.Ready {
		status, word = http.StatusServiceUnavailable, "not ready"
	}
	return c.JSON(status, struct {
		Status  string `json:"status"`
		Why     string `json:"why,omitempty"`
		Redis   string `json:"redis"`
		Waiting int    `json:"waiting"`
		Rules   string `json:"rules,omitempty"`
		Refused string `json:"configuration_refused,omitempty"`
	}{word, r.Why, redis, r.Waiting, r.Rules, r.Refused})
}

func (s *Server) version(c echo.Context) error {
	return c.JSON(http.StatusOK, struct {
		Version string `json:"version"`
		Rules   string `json:"rules,omitempty"` // version of the rules in force
	}{s.o.Version, s.o.Ready(c.Request().Context()).Rules})
}
