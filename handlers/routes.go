package handlers

import (
	"strings"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// routes lists every URL.
func (s *Server) routes() *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = s.refuse
	e.IPExtractor = echo.ExtractIPDirect() // the guard has its own; nothing else may believe a header
	e.Use(recovered, s.apiNeedsToken)

	// Leads come in. A slash at the end is the same URL and never a redirect:
	// vendors do not follow those.
	for _, path := range []string{"/in/:source", "/in/:source/", "/in/:source/:token", "/in/:source/:token/"} {
		e.POST(path, s.deliver)
		e.GET(path, s.probe)
		e.HEAD(path, s.probe)
		e.OPTIONS(path, s.preflight)
	}

	// People who try it out have a page of forms.
	if s.o.Try {
		e.GET("/try", s.tryPage)
		e.GET("/static/site.css", s.siteStyle)
	}

	// Programs read what became of them.
	api := e.Group(apiPath)
	api.GET("/touches", s.listTouches)
	api.GET("/touches/:id", s.showTouch)
	api.GET("/leads", s.listLeads)
	api.GET("/leads/:id", s.showLead)
	api.GET("/books", s.showBooks)
	api.POST("/leads/:id/:verb", s.act)
	api.GET("/stream", s.stream)

	// People follow an alert.
	e.GET("/l/:id", s.leadPage)

	// Slack's people answer.
	e.POST("/slack/interactions", s.slackInteraction)
	e.POST("/slack/commands", s.slackCommand)

	// Whoever runs it looks after it.
	e.GET("/healthz", s.health)
	e.GET("/readyz", s.ready)
	e.GET("/version", s.version)
	e.GET("/metrics", echo.WrapHandler(promhttp.HandlerFor(s.o.Registry, promhttp.HandlerOpts{})))
	return e
}

const apiPath = "/api/v1"

// apiNeedsToken closes all of the API, also the paths that do not exist, to
// callers without a token. It says the same whether there is none or a wrong one.
func (s *Server) apiNeedsToken(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if strings.HasPrefix(c.Request().URL.Path, "/api/") && !s.knows(c.Request()) {
			return problem{code: unauthorized, detail: "Send the header Authorization: Bearer TOKEN with the API token of the configuration."}
		}
		return next(c)
	}
}
