package handlers

import (
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/leadgate/leadgate/handlers/api"
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
		e.GET("/try", s.pages.TryPage)
	}

	// People who sell look at them in a browser. What they do, forms lists.
	e.GET("/", s.pages.InboxPage)
	e.GET("/live", s.pages.Live)
	e.GET("/l/:id", s.pages.LeadPage)
	for path, answer := range s.pages.Forms() {
		e.POST(path, answer)
	}
	e.GET("/sources", s.pages.SourcesPage)
	e.POST("/sources/:source/test", s.pages.TestSource)
	e.GET("/rules", s.pages.RulesPage)
	e.POST("/rules/try", s.pages.TryRules)
	e.POST("/rules/effect", s.pages.RulesEffect)
	e.GET("/reports", s.pages.ReportsPage)
	e.GET("/queues", s.pages.QueuesPage)
	e.GET("/settings", s.pages.SettingsPage)
	e.POST("/settings/name", s.pages.ChangeName)
	e.POST("/settings/tokens", s.pages.MakeToken)
	e.POST("/settings/end", s.pages.EndPass)
	e.POST("/settings/doctor", s.pages.DoctorPage)
	e.GET("/signin", s.pages.SignInPage)
	e.POST("/signin", s.pages.SignIn)
	e.GET("/signin/slack", s.pages.ToSlack)
	e.GET("/signin/slack/callback", s.pages.FromSlackSignIn)
	e.POST("/signout", s.pages.SignOut)
	e.GET("/static/:file", s.pages.StaticFile)
	e.GET("/favicon.ico", s.pages.Icon)

	// Programs read what became of them, and do what people do.
	api, do := e.Group(api.Path), s.api.Commands
	api.GET("/touches", s.api.ListTouches)
	api.GET("/touches/:id", s.api.ShowTouch)
	api.POST("/touches/:id/replay", do.Replay.Serve)
	api.GET("/leads", s.api.ListLeads)
	api.GET("/leads.csv", s.api.LeadsCSV)
	api.GET("/leads/:id", s.api.ShowLead)
	api.GET("/leads/:id/explain", s.api.Explain)
	api.POST("/leads/:id/:verb", do.Act.Serve)
	api.POST("/leads/:id/merge", do.Merge.Serve)
	api.POST("/leads/:id/unmerge", do.Unmerge.Serve)
	api.POST("/leads/:id/reclassify", do.Reclassify.Serve)
	api.POST("/leads/:id/resend", do.Resend.Serve)
	api.POST("/leads/:id/erase", do.Erase.Serve)
	api.GET("/books", s.api.ShowBooks)
	api.GET("/sources", s.api.ListSources)
	api.GET("/reps", s.api.ShowPeople)
	api.POST("/reps/:name/off", do.Off.Serve)
	api.POST("/rules/try", s.api.RehearseRules)
	api.GET("/stream", s.api.Stream)
	api.GET("/passes", s.api.ListPasses)
	api.POST("/passes", s.api.MakePass)
	api.DELETE("/passes/:id", s.api.DropPass)
	api.GET("/doctor", s.api.ShowDoctor)
	api.GET("/audit", s.api.ShowAudit)
	api.GET("/queues", s.api.ShowQueues)
	api.POST("/queues/:name/:verb", do.Queue.Serve)
	api.GET("/queues/:name/tasks", s.api.ListTasks)
	api.POST("/queues/:name/tasks/:id/:verb", do.Task.Serve)
	api.GET("/targets", s.api.ListTargets)
	api.POST("/targets/:name/:verb", s.api.SetTarget)
	api.GET("/reports/speed", s.api.ShowSpeed)
	api.GET("/reports/funnel", s.api.ShowFunnel)
	api.GET("/reports/books", s.api.ShowBooksReport)
	api.GET("/deliveries", s.api.ListDeliveries)
	api.GET("/export", s.api.Export)

	// What takes longer runs by itself.
	api.POST("/import", s.intake.Import)
	api.POST("/replay", s.api.ReplayMany)
	api.POST("/resend", s.api.ResendMany)
	api.POST("/reclassify", s.api.Reclassify)
	api.POST("/erase", s.api.Erase)
	api.GET("/runs/:id", s.api.ShowRun)

	// People answer from Slack.
	e.POST("/slack/interactions", s.slack.Interaction)
	e.POST("/slack/commands", s.slack.Command)

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
