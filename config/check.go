package config

import (
	"net"
	"net/netip"
	"net/url"
	"runtime"
	"slices"
	"strings"

	"github.com/leadgate/leadgate/notify"
)

// check looks at what settings mean together, once all have been read.
func (r *reader) check(c *Config) {
	r.checkTop(c)
	r.checkSlack(c)
	r.checkSources(c)
	r.checkPeople(c)
	r.checkRoutes(c)
	r.checkCanary(c)
	r.checkFile()
}

func (r *reader) checkTop(c *Config) {
	if u, err := url.Parse(c.PublicURL); err == nil && (u.User != nil || u.RawQuery != "" || u.Fragment != "") {
		r.fault("public_url", "has more than a host and a path", "write https://leads.example.com")
	}
	if !c.Journal && c.Redis.URL == "" && !r.attempted("journal") && !r.attempted("redis.url") {
		r.fault("journal", "is off, and there is no redis.url: nothing would keep a lead", "write journal: on, or set redis.url")
	}
	if host, _, err := net.SplitHostPort(c.Listen); err == nil && !loopback(host) && c.APIToken == "" && !r.attempted("api_token") {
		r.fault("listen", "is reached from other machines, and there is no api_token", "set api_token (LEADGATE_API_TOKEN), or listen on 127.0.0.1 behind a proxy")
	}
	if c.RulesPath == "" {
		return
	}
	c.RulesPath = r.beside(placeOf(r.places, "rules", r.file), c.RulesPath)
	if _, err := r.o.ReadFile(c.RulesPath); err != nil {
		r.fault("rules", quote(c.RulesPath)+" cannot be read: "+reason(err), "name a file, relative to this one; without rules: the built-in ones are in force")
	}
}

func (r *reader) checkSlack(c *Config) {
	s := c.Slack
	if u, err := url.Parse(s.WebhookURL.Reveal()); err == nil && !loopback(u.Hostname()) {
		r.plainHTTP("slack.webhook_url", u.String(), c)
	}
	if t := s.BotToken.Reveal(); strings.HasPrefix(t, "xapp-") || strings.HasPrefix(t, "https://") {
		r.report(placeOf(r.places, "slack.bot_token", r.file), "slack.bot_token", "the value is not a bot token", "a bot token begins with xoxb-; xapp- goes to app_token, https:// to webhook_url", false)
	}
	if t := s.AppToken.Reveal(); strings.HasPrefix(t, "xoxb-") {
		r.report(placeOf(r.places, "slack.app_token", r.file), "slack.app_token", "the value is a bot token", "an app-level token begins with xapp-; xoxb- goes to bot_token", false)
	}
	if (s.ClientID == "") != (s.ClientSecret == "") && !r.attempted("slack.client_id") && !r.attempted("slack.client_secret") {
		r.fault("slack", "has only one of client_id and client_secret", "set both, or neither: nobody then signs in with Slack")
	}
	switch {
	case s.BotToken != "" && s.Channel == "" && !slices.ContainsFunc(c.Targets, func(t notify.Target) bool { return t.Kind == "slack" }):
		r.warn("slack.bot_token", "there is no slack.channel, so there is no target slack; targets need a channel each")
	case s.BotToken == "" && s.WebhookURL == "" && s.Channel != "":
		r.warn("slack.channel", "there is no slack.bot_token, so nothing is sent there")
	}
}

// loopback says that nobody can listen on the way to a host.
func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

// checkFile warns of a file that holds secrets and is everybody's to read.
func (r *reader) checkFile() {
	if r.plain.Line == 0 || runtime.GOOS == "windows" {
		return
	}
	if f, err := r.o.Stat(r.file); err == nil && f.Mode().Perm()&0o004 != 0 {
		r.warnings = append(r.warnings, Warning{Place: r.plain,
			Text: "the file holds a secret and every user of this machine can read it: chmod o-r, or write ${VARIABLE} or file:/path"})
	}
}
