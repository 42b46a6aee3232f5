package config

import (
	"net/netip"
	"time"

	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/routing"
)

// settings is the top of the file.
var settings = []key[Config]{
	{setting{name: "listen", doc: "Where to listen, host:port. Port 0 is any free one. An empty host is every address of the machine. Beyond this machine api_token is required.", def: "127.0.0.1:8080"},
		one(func(c *Config) *string { return &c.Listen }, hostPort)},
	{setting{name: "public_url", doc: "Where the world reaches this server. Required by vendors that sign the address, and for links in Slack."},
		one(func(c *Config) *string { return &c.PublicURL }, webURL("https://leads.example.com"))},
	{setting{name: "data_dir", doc: "Directory of the journal, relative to where leadgate is started. It is created.", def: "./leadgate-data"},
		one(func(c *Config) *string { return &c.DataDir }, words("./leadgate-data"))},
	{setting{name: "journal", doc: "Whether a lead is written to data_dir before it is answered. off needs redis.url: an answer then waits for Redis.", def: "on"},
		one(func(c *Config) *bool { return &c.Journal }, onOff)},
	{setting{name: "redis", doc: "Redis carries the queue when one machine is not enough."},
		section(func(c *Config) *Redis { return &c.Redis }, redisKeys)},
	{setting{name: "api_token", doc: "Bearer token of the API. Without one the API is closed but for a signed-in browser.", secret: true},
		one(func(c *Config) *Secret { return &c.APIToken }, asSecret(secret))},
	{setting{name: "slack", doc: "How Slack is reached. With bot_token and channel nothing else is needed for alerts."},
		section(func(c *Config) *Slack { return &c.Slack }, slackKeys)},
	{setting{name: "allow_private_targets", doc: "Let targets be at private addresses and plain http: for tests and intranets.", def: "false"},
		one(func(c *Config) *bool { return &c.AllowPrivateTargets }, yesNo)},
	{setting{name: "log", doc: "The least important level that is logged: debug, info, warn or error.", def: "info"},
		one(func(c *Config) *string { return &c.Log }, oneOf("a level", "debug", "info", "warn", "error"))},
	{setting{name: "trusted_proxies", doc: "Addresses of proxies whose X-Forwarded-For is believed, as ranges. With none the client is who connects."},
		many(func(c *Config) *[]netip.Prefix { return &c.TrustedProxies }, network)},
	{setting{name: "max_body", doc: "The largest request, inflated: bytes, KiB or MiB.", def: "256KiB"},
		one(func(c *Config) *int64 { return &c.MaxBody }, size(1<<10, 32<<20))},
	{setting{name: "sources", doc: "The inbound URLs. With none there are contact, demo-request and webinar, all for plain forms."},
		sections(func(c *Config) *[]source.Source { return &c.Sources }, sourceKeys)},
	{setting{name: "rules", doc: "File of the rules that make verdicts, relative to this file. Without it the built-in ones are in force."},
		one(func(c *Config) *string { return &c.RulesPath }, words("./rules.yaml"))},
	{setting{name: "plus_tags", doc: "Whether ada+x@mail.example and ada@mail.example are two people (apart) or one (same), from now on.", def: "apart"},
		one(func(c *Config) *bool { return &c.PlusTagsSame }, either("apart", "same"))},
	{setting{name: "reps", doc: "The people who take leads."},
		sections(func(c *Config) *[]rep { return &c.Reps }, repKeys)},
	{setting{name: "teams", doc: "Several reps under one name."},
		sections(func(c *Config) *[]team { return &c.Teams }, teamKeys)},
	{setting{name: "targets", doc: "The places that leads go to. slack: adds one called slack; with neither there is console."},
		sections(func(c *Config) *[]notify.Target { return &c.Targets }, targetKeys)},
	{setting{name: "routes", doc: "Who wants which leads. Every route that matches fires. They replace the default one, hot leads to Slack or the console."},
		sections(func(c *Config) *[]routing.Route { return &c.Routes }, routeKeys)},
	{setting{name: "digests", doc: "Leads told together once a day."},
		sections(func(c *Config) *[]digest { return &c.Digests }, digestKeys)},
	{setting{name: "alarms", doc: "Who hears when leadgate itself needs a human: a target that takes nothing, a source that fell silent."},
		section(func(c *Config) *Alarms { return &c.Alarms }, alarmKeys)},
	{setting{name: "canary", doc: "A test lead that goes the whole way now and then, and is left out of all numbers."},
		section(func(c *Config) *Canary { return &c.Canary }, canaryKeys)},
	{setting{name: "retention", doc: "How long leads are kept: days (180d), hours, minutes.", def: "180d"},
		one(func(c *Config) *time.Duration { return &c.Retention }, lasting(day, 3650*day))},
	{setting{name: "max_age", doc: "How long a delivery is tried before it has failed.", def: "72h"},
		one(func(c *Config) *time.Duration { return &c.MaxAge }, lasting(time.Minute, 30*day))},
}

var redisKeys = []key[Redis]{
	{setting{name: "url", doc: "redis://host:port/0, rediss:// (TLS), redis+sentinel://host:port,host:port/MASTER or redis+cluster://host:port,host:port. Without it a Redis is built in.", secret: true},
		one(func(r *Redis) *Secret { return &r.URL }, redisURL)},
}

var slackKeys = []key[Slack]{
	{setting{name: "bot_token", doc: "Token of the app's bot, xoxb-...", secret: true},
		one(func(s *Slack) *Secret { return &s.BotToken }, asSecret(secret))},
	{setting{name: "channel", doc: "Where alerts go: a channel's id (C0SALES) or #name. Required for alerts by bot_token."},
		one(func(s *Slack) *string { return &s.Channel }, words("C0SALES"))},
	{setting{name: "signing_secret", doc: "Secret that Slack signs the clicks on buttons with. Required for buttons, unless there is an app_token.", secret: true},
		one(func(s *Slack) *Secret { return &s.SigningSecret }, asSecret(secret))},
	{setting{name: "client_id", doc: "Client id of the app: reps can then sign in to the inbox with Slack."},
		one(func(s *Slack) *string { return &s.ClientID }, words("123.456"))},
	{setting{name: "client_secret", doc: "Client secret of the app. Required with client_id.", secret: true},
		one(func(s *Slack) *Secret { return &s.ClientSecret }, asSecret(secret))},
	{setting{name: "app_token", doc: "App-level token for Socket Mode, xapp-...: buttons work without a public address.", secret: true},
		one(func(s *Slack) *Secret { return &s.AppToken }, asSecret(secret))},
	{setting{name: "webhook_url", doc: "An incoming webhook: the weaker way, without buttons, used when there is no bot_token with a channel.", secret: true},
		one(func(s *Slack) *Secret { return &s.WebhookURL }, asSecret(webURL("https://hooks.slack.com/services/...")))},
	{setting{name: "api_url", doc: "Where Slack's API is; another one is for tests.", def: "https://slack.com/api/"},
		one(func(s *Slack) *string { return &s.APIURL }, webURL("https://slack.com/api/"))},
}
