package handlers

import (
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/leadgate/leadgate/handlers/problem"
)

// routes lists every URL.
func (s *Server) routes() *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = s.refuse
	e.IPExtractor = echo.ExtractIPDirect() // the guard has its own; nothing else may believe a header
	e.Use(problem.Recovered, s.admitted)

	// Leads come in. A slash at the end is the same URL and never a redirect:
	// vendors do not follow those.
	for _, path := range []string{"/in/:source", "/in/:source/", "/in/:source/:token", "/in/:source/:token/"} {
		e.POST(path, s.intake.Deliver)
		e.GET(path, s.intake.Probe)
		e.HEAD(path, s.intake.Probe)
		e.OPTIONS(path, s.intake.Preflight)
	}

	// People who try it out have a page of forms.
	if s.o.Try {
		e.GET("/try", s.tryPage)
	}

	// People who sell look at them in a browser.
	e.GET("/", s.inboxPage)
	e.GET("/live", s.live)
	e.GET("/l/:id", s.leadPage)
	e.POST("/l/:id/:verb", s.actOnPage)
	e.POST("/l/:id/erase", s.erasePage)
	e.POST("/t/:id/replay", s.replayPage)
	e.POST("/l/:id/resend", s.resendPage)
	if s.o.Merger != nil {
		e.POST("/l/:id/merge", s.mergePage)
		e.POST("/l/:id/unmerge", s.unmergePage)
	}
	if s.o.Judge != nil {
		e.POST("/l/:id/reclassify", s.reclassifyPage)
		e.POST("/rules/effect", s.rulesEffect)
	}
	e.GET("/sources", s.sourcesPage)
	e.POST("/sources/:source/test", s.testSource)
	e.GET("/rules", s.rulesPage)
	e.POST("/rules/try", s.tryRules)
	e.GET("/reports", s.reportsPage)
	e.GET("/queues", s.queuesPage)
	e.POST("/queues/:name/:verb", s.actOnQueue)
	e.GET("/settings", s.settingsPage)
	e.POST("/settings/name", s.changeName)
	e.POST("/settings/tokens", s.makeToken)
	e.POST("/settings/end", s.endPass)
	e.POST("/settings/doctor", s.doctorPage)
	e.POST("/settings/off", s.setOffPage)
	e.GET("/signin", s.signInPage)
	e.POST("/signin", s.signIn)
	e.GET("/signin/slack", s.toSlack)
	e.GET("/signin/slack/callback", s.fromSlackSignIn)
	e.POST("/signout", s.signOut)
	e.GET("/static/:file", s.staticFile)
	e.GET("/favicon.ico", func(c echo.Context) error { return s.sendFile(c, "icon.svg") })

	// Programs read what became of them.
	api := e.Group(apiPath)
	api.GET("/touches", s.listTouches)
	api.GET("/touches/:id", s.showTouch)
	api.GET("/leads", s.listLeads)
	api.GET("/leads/:id", s.showLead)
	api.GET("/books", s.showBooks)
	api.GET("/sources", s.listSources)
	api.POST("/leads/:id/:verb", s.act)
	api.GET("/reps", s.showPeople)
	api.POST("/reps/:name/off", s.setOff)
	if s.o.Merger != nil {
		api.POST("/leads/:id/merge", s.merge)
		api.POST("/leads/:id/unmerge", s.unmerge)
	}
	if s.o.Judge != nil {
		api.GET("/leads/:id/explain", s.explain)
		api.POST("/rules/try", s.rehearseRules)
		api.POST("/reclassify", s.reclassify)
		api.POST("/leads/:id/reclassify", s.reclassifyLead)
	}
	api.GET("/stream", s.stream)
	api.GET("/passes", s.listPasses)
	api.POST("/passes", s.makePass)
	api.DELETE("/passes/:id", s.dropPass)
	api.GET("/leads.csv", s.leadsCSV)
	api.GET("/doctor", s.showDoctor)
	api.GET("/audit", s.showAudit)
	api.GET("/queues", s.showQueues)
	api.POST("/queues/:name/:verb", s.setQueue)
	api.GET("/queues/:name/tasks", s.listTasks)
	api.POST("/queues/:name/tasks/:id/:verb", s.onTask)
	api.GET("/targets", s.listTargets)
	api.POST("/targets/:name/:verb", s.setTarget)
	api.GET("/reports/speed", s.showSpeed)
	api.GET("/reports/funnel", s.showFunnel)
	api.GET("/reports/books", s.showBooksReport)
	api.POST("/touches/:id/replay", s.replayTouch)
	api.POST("/replay", s.replayMany)
	api.GET("/runs/:id", s.showRun)
	api.POST("/import", s.intake.Import)
	api.POST("/leads/:id/resend", s.resend)
	api.POST("/resend", s.resendMany)
	api.GET("/deliveries", s.listDeliveries)
	api.POST("/leads/:id/erase", s.eraseLead)
	api.POST("/erase", s.erase)
	api.GET("/export", s.export)

	// Slack's people answer.
	e.POST("/slack/interactions", s.slackInteraction)
	e.POST("/slack/commands", s.slackCommand)

	// Whoever runs it looks after it.
	e.GET("/healthz", s.health)
	e.GET("/readyz", s.ready)
	e.GET("/version", s.version)
	e.GET("/openapi.yaml", s.showOpenAPI)
	e.GET("/metrics", echo.WrapHandler(promhttp.HandlerFor(s.o.Registry, promhttp.HandlerOpts{})))

	for _, r := range e.Routes() {
		s.routed[r.Method+" "+r.Path] = true
	}
	return e
}

const apiPath = "/api/v1"
