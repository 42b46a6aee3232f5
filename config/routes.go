package config

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
)

type (
	target = notify.Target
	digest = lead.Digest
	route  = notify.Route
)

var targetKeys = []key[target]{
	{setting{name: "name", doc: "How routes call the target.", required: true},
		one(func(t *target) *string { return &t.Name }, matching(`[A-Za-z0-9_-]{1,64}`, "the name of a target (letters, digits, - and _; at most 64)", "sales"))},
	{setting{name: "kind", doc: "What it is: slack, webhook, log and so on.", required: true},
		one(func(t *target) *string { return &t.Kind }, words("slack"))},
	{setting{name: "channel", doc: "For slack: a channel's id or #name. Without it, that of slack:."},
		one(func(t *target) *string { return &t.Channel }, words("C0SALES"))},
	{setting{name: "url", doc: "Where to post. Required for webhook. For slack: an incoming webhook, used instead of the bot.", secret: true},
		one(func(t *target) *string { return &t.URL }, webURL("https://crm.example.com/hook"))},
	{setting{name: "secret", doc: "For webhook: what deliveries are signed with, whsec_...", secret: true},
		one(func(t *target) *string { return &t.Secret }, secret)},
	{setting{name: "header", doc: "Headers sent with every delivery.", secret: true},
		pairs(func(t *target) *map[string]string { return &t.Header }, headerName, secret)},
	{setting{name: "pace", doc: "The most messages in a second, minute or hour (1/s), or off. Default 1/s with a burst of 3 for slack, off for others."},
		one(func(t *target) *notify.Pace { return &t.Pace }, perTime[notify.Pace]())},
	{setting{name: "fallback", doc: "Name of the target that hears when this one cannot ever take a message."},
		one(func(t *target) *string { return &t.Fallback }, words("console"))},
}

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
		sections(func(r *route) *[]notify.Escalation { return &r.Escalate }, escalationKeys)},
}

var escalationKeys = []key[notify.Escalation]{
	{setting{name: "after", doc: "How long nobody has taken it, from the moment it was sent: 5m.", required: true},
		one(func(e *notify.Escalation) *time.Duration { return &e.After }, lasting(time.Second, 30*day))},
	{setting{name: "to", doc: "Name of a target, team or rep.", required: true},
		one(func(e *notify.Escalation) *string { return &e.To }, words("managers"))},
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
	team := func(e notify.Escalation) bool { return e.To == name }
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
		c.Sources = []source{
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
