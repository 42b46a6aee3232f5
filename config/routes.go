package config

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/pace"
	"github.com/leadgate/leadgate/notify/routing"
)

type (
	target = notify.Target
	digest = lead.Digest
	route  = routing.Route
)

var targetKeys = []key[target]{
	{setting{name: "name", doc: "How routes call the target.", required: true},
		one(func(t *target) *string { return &t.Name }, matching(`[A-Za-z0-9_-]{1,64}`, "the name of a target (letters, digits, - and _; at most 64)", "sales"))},
	{setting{name: "kind", doc: "What it is: slack, webhook, http, teams, email or log.", required: true},
		one(func(t *target) *string { return &t.Kind }, words("slack"))},
	{setting{name: "channel", doc: "For slack: a channel's id or #name. Without it, that of slack:."},
		one(func(t *target) *string { return &t.Channel }, words("C0SALES"))},
	{setting{name: "url", doc: "Where to post. Required for webhook, http and teams. For slack: an incoming webhook, used instead of the bot. For email: the server, smtp://host:587 or smtps://host:465.", secret: true},
		one(func(t *target) *string { return &t.URL }, targetURL)},
	{setting{name: "secret", doc: "For webhook: what deliveries are signed with, whsec_... For email: the password of user.", secret: true},
		one(func(t *target) *string { return &t.Secret }, secret)},
	{setting{name: "header", doc: "Headers sent with every delivery. For http they are templates.", secret: true},
		pairs(func(t *target) *map[string]string { return &t.Header }, headerName, secret)},
	{setting{name: "method", doc: "For http: the method, a template. Default POST."},
		one(func(t *target) *string { return &t.Method }, method)},
	{setting{name: "body", doc: "For http: the body, a template; docs/crm.md tells of what. JSON if it begins with a brace, else a form."},
		one(func(t *target) *string { return &t.Body }, words(`{"email": "{{.Email}}"}`))},
	{setting{name: "receipt", doc: "For http: where the answer's JSON holds the id of what was made: results.0.id. Without it, where ids usually are."},
		one(func(t *target) *string { return &t.Receipt }, words("data.id"))},
	{setting{name: "expect", doc: "For http: headers that the answer must have, with these values."},
		pairs(func(t *target) *map[string]string { return &t.Expect }, headerName, words("true"))},
	{setting{name: "before", doc: "For http: calls that are made first, and whose results the templates after them can use."},
		sections(func(t *target) *[]notify.Call { return &t.Before }, callKeys)},
	{setting{name: "from", doc: "For email: the address that sends. Required there."},
		one(func(t *target) *string { return &t.From }, words("leads@example.com"))},
	{setting{name: "to", doc: "For email: the addresses that hear. Required there."},
		many(func(t *target) *[]string { return &t.To }, words("sales@example.com"))},
	{setting{name: "user", doc: "For email: the name that the server knows us by; secret is its password."},
		one(func(t *target) *string { return &t.User }, words("leads@example.com"))},
	{setting{name: "pace", doc: "The most messages in a second, minute or hour (1/s), or off. Default 1/s with a burst of 3 for slack, 1/s for teams, off for others."},
		one(func(t *target) *pace.Pace { return &t.Pace }, perTime[pace.Pace]())},
	{setting{name: "concurrency", doc: "How many messages may be on their way at once, 1 to 64. Default 4 for webhook and http, 1 for others; slack has always 1."},
		one(func(t *target) *int { return &t.Concurrency }, atOnce)},
	{setting{name: "fallback", doc: "Name of the target that hears when this one cannot ever take a message."},
		one(func(t *target) *string { return &t.Fallback }, words("console"))},
}

// atOnce is a whole number that is not shown when it is left to the kind.
var atOnce = func() grammar[int] {
	g := between(1, 64, "4")
	g.show = func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	return g
}()

var callKeys = []key[notify.Call]{
	{setting{name: "name", doc: "By which later templates find what it kept: {{.Got.NAME}}.", required: true},
		one(func(c *notify.Call) *string { return &c.Name }, matching(`[A-Za-z][A-Za-z0-9_]{0,63}`, "the name of a call (letters, digits and _; at most 64)", "person"))},
	{setting{name: "when", doc: "A template; the call is made if it writes something other than false or 0. Without it, always."},
		one(func(c *notify.Call) *string { return &c.When }, words("{{not .Got.person}}"))},
	{setting{name: "method", doc: "The method. Default POST."},
		one(func(c *notify.Call) *string { return &c.Method }, method)},
	{setting{name: "url", doc: "Where to call, a template from the path on.", required: true, secret: true},
		one(func(c *notify.Call) *string { return &c.URL }, targetURL)},
	{setting{name: "header", doc: "Headers, templates.", secret: true},
		pairs(func(c *notify.Call) *map[string]string { return &c.Header }, headerName, secret)},
	{setting{name: "body", doc: "The body, a template."},
		one(func(c *notify.Call) *string { return &c.Body }, words(`{"email": "{{.Email}}"}`))},
	{setting{name: "expect", doc: "Headers that the answer must have, with these values."},
		pairs(func(c *notify.Call) *map[string]string { return &c.Expect }, headerName, words("true"))},
	{setting{name: "keep", doc: "Where the answer's JSON holds what later templates need: data.id."},
		one(func(c *notify.Call) *string { return &c.Keep }, words("data.id"))},
}

// method is one of HTTP's, or a template.
var method = words("POST")

var routeKeys = []key[route]{
	{setting{name: "to", doc: "Name of the target that hears.", required: true},
		one(func(r *route) *string { return &r.To }, words("sales"))},
	{setting{name: "at_least", doc: "The coolest leads it hears of: cold, warm or hot.", def: "hot"},
		one(func(r *route) *lead.Temperature { return &r.AtLeast }, temperature)},
	{setting{name: "sources", doc: "Only leads from these sources. Without it, from all."},
		many(func(r *route) *[]string { return &r.Sources }, words("pricing-form"))},
	{setting{name: "actions", doc: "Only these actions. Without it, all."},
		many(func(r *route) *[]lead.Action { return &r.Actions }, action)},
	{setting{name: "consent", doc: "required: only people who agreed to be contacted; any: all.", def: "any"},
		one(func(r *route) *bool { return &r.Consent }, either("any", "required"))},
	{setting{name: "team", doc: "Team whose reps take these leads."},
		one(func(r *route) *string { return &r.Team }, words("emea"))},
	{setting{name: "escalate", doc: "Who hears when nobody has taken a lead, step by step."},
		sections(func(r *route) *[]routing.Escalation { return &r.Escalate }, escalationKeys)},
}

var escalationKeys = []key[routing.Escalation]{
	{setting{name: "after", doc: "How long nobody has taken it, from the moment it was sent: 5m.", required: true},
		one(func(e *routing.Escalation) *time.Duration { return &e.After }, lasting(time.Second, 30*day))},
	{setting{name: "to", doc: "Name of a target, team or rep.", required: true},
		one(func(e *routing.Escalation) *string { return &e.To }, words("managers"))},
}

var digestKeys = []key[digest]{
	{setting{name: "to", doc: "Name of the target that hears.", required: true},
		one(func(d *digest) *string { return &d.To }, words("marketing"))},
	{setting{name: "temperature", doc: "Which leads: cold, warm or hot.", def: "warm"},
		one(func(d *digest) *lead.Temperature { return &d.Temperature }, temperature)},
	{setting{name: "at", doc: "Time of day.", def: "09:00"},
		one(func(d *digest) *time.Duration { return &d.At }, timeOfDay)},
	{setting{name: "zone", doc: "Time zone of at.", def: "UTC"},
		one(func(d *digest) **time.Location { return &d.Zone }, zone)},
}

var alarmKeys = []key[Alarms]{
	{setting{name: "to", doc: "Name of the target that hears. Without it, the first one that is not in trouble itself; the log tells as well."},
		one(func(a *Alarms) *string { return &a.To }, words("managers"))},
}

// checkRoutes looks at what targets, routes and digests mean together: who
// names nobody would be told nothing.
func (r *reader) checkRoutes(c *Config) {
	var targets, sources, teams, levels []string
	for i, t := range c.Targets {
		r.unique(fmt.Sprintf("targets[%d].name", i), "target", t.Name, targets)
		targets = append(targets, t.Name)
		r.checkTarget(fmt.Sprintf("targets[%d]", i), t, c)
	}
	for _, s := range c.Sources {
		sources = append(sources, s.Name)
	}
	levels = slices.Clone(targets)
	for _, t := range c.Teams {
		teams, levels = append(teams, t.Name), append(levels, t.Name)
	}
	for _, rep := range c.Reps {
		levels = append(levels, rep.Name)
	}
	for i, route := range c.Routes {
		at := fmt.Sprintf("routes[%d]", i)
		r.known(at+".to", "target", route.To, targets)
		r.known(at+".team", "team", route.Team, teams)
		for j, name := range route.Sources {
			r.known(fmt.Sprintf("%s.sources[%d]", at, j), "source", name, sources)
		}
		last := time.Duration(0)
		for j, e := range route.Escalate {
			step := fmt.Sprintf("%s.escalate[%d]", at, j)
			r.known(step+".to", "target, team or rep", e.To, levels)
			if e.After > 0 && e.After <= last {
				r.fault(step+".after", duration(e.After)+" is not after the step before, "+duration(last), "put the steps in order of time")
			}
			last = e.After
		}
	}
	for i, d := range c.Digests {
		r.known(fmt.Sprintf("digests[%d].to", i), "target", d.To, targets)
	}
	r.known("alarms.to", "target", c.Alarms.To, targets)
	if i := slices.IndexFunc(c.Targets, func(t target) bool { return t.Name == c.Alarms.To && t.Kind == "http" }); i >= 0 {
		r.fault("alarms.to", "is an http target, which takes leads only", "name a slack, teams, email, webhook or log target")
	}
	for i, t := range c.Targets {
		r.known(fmt.Sprintf("targets[%d].fallback", i), "target", t.Fallback, targets)
		if _, ok := r.places[fmt.Sprintf("targets[%d]", i)]; ok && !heard(c, t.Name) {
			r.warn(fmt.Sprintf("targets[%d]", i), fmt.Sprintf("no route leads to %q, so it hears of nothing", t.Name))
		}
	}
}

func (r *reader) checkTarget(at string, t target, c *Config) {
	if _, ok := r.places[at+".url"]; ok { // not the one that slack.webhook_url made
		r.plainHTTP(at+".url", t.URL, c)
	}
	if known := len(r.problems); r.o.CheckTarget != nil && (t.Kind == "http" || t.Kind == "teams" || t.Kind == "email" || t.Concurrency > 0) {
		if err := r.o.CheckTarget(t); err != nil && known == len(r.problems) {
			r.fault(at, err.Error(), "see docs/crm.md and config/example.yaml")
		}
	}
	switch {
	case t.Kind == "":
	case len(r.o.Kinds) > 0 && !slices.Contains(r.o.Kinds, t.Kind):
		r.fault(at+".kind", r.name(at+".kind", t.Kind)+" is not a known kind of target", suggest(t.Kind, r.o.Kinds))
	case t.Kind == "webhook" && t.URL == "" && !r.attempted(at+".url"):
		r.fault(at, "a webhook needs a url", "add url: https://crm.example.com/hook")
	case t.Kind == "slack" && t.URL == "" && t.Channel == "" && !r.attempted(at+".url"):
		r.fault(at, "a slack target needs a channel", "add channel: C0SALES, here or under slack:")
	case t.Kind == "slack" && t.URL == "" && c.Slack.BotToken == "" && !r.attempted("slack.bot_token"):
		r.warn(at, "there is no slack.bot_token, so its alerts are only shown in the console and the inbox")
	}
	if t.Fallback == t.Name && t.Name != "" {
		r.fault(at+".fallback", "is the target itself", "name another target")
	}
}

// plainHTTP refuses to send leads unencrypted, but on request.
func (r *reader) plainHTTP(path, address string, c *Config) {
	if u, err := url.Parse(address); err == nil && u.Scheme == "http" && !c.AllowPrivateTargets {
		at := placeOf(r.places, path, r.file)
		r.report(at, path, "the address is plain http", "write https://, or set allow_private_targets: true within an intranet", false)
	}
}

// heard says whether anything leads to a target.
func heard(c *Config, name string) bool {
	team := func(e routing.Escalation) bool { return e.To == name }
	return slices.ContainsFunc(c.Routes, func(r route) bool { return r.To == name || slices.ContainsFunc(r.Escalate, team) }) ||
		slices.ContainsFunc(c.Digests, func(d digest) bool { return d.To == name }) ||
		slices.ContainsFunc(c.Targets, func(t target) bool { return t.Fallback == name }) || c.Alarms.To == name
}

// complete adds what exists without being configured.
func complete(c *Config) {
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	if c.Slack.APIURL = strings.TrimRight(c.Slack.APIURL, "/"); c.Slack.APIURL != "" {
		c.Slack.APIURL += "/"
	}
	if len(c.Sources) == 0 {
		c.Sources = []source.Source{
			{Name: "contact", Provider: "form", Action: "contact_form"},
			{Name: "demo-request", Provider: "form", Action: "demo_request"},
			{Name: "webinar", Provider: "form", Action: "webinar_registered"},
		}
	}
	for i, t := range c.Targets {
		if t.Kind == "slack" && t.URL == "" && t.Channel == "" {
			c.Targets[i].Channel = c.Slack.Channel
		}
	}
	first := defaultTarget(c)
	if first == nil {
		return
	}
	if !slices.ContainsFunc(c.Targets, func(t target) bool { return t.Name == first.Name }) {
		c.Targets = append(c.Targets, *first)
	}
	if len(c.Routes) == 0 {
		c.Routes = []route{{To: first.Name, AtLeast: lead.Hot}}
	}
}

// defaultTarget is where hot leads go when nobody said so: to Slack if it can
// be reached, to the console if nothing is configured, nowhere else.
func defaultTarget(c *Config) *target {
	switch {
	case c.Slack.BotToken != "" && c.Slack.Channel != "":
		return &target{Name: "slack", Kind: "slack", Channel: c.Slack.Channel}
	case c.Slack.BotToken == "" && c.Slack.WebhookURL != "":
		return &target{Name: "slack", Kind: "slack", URL: c.Slack.WebhookURL.Reveal()}
	case len(c.Targets) == 0 && len(c.Routes) == 0:
		return &target{Name: "console", Kind: "log"}
	}
	return nil
}
