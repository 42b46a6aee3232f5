package config

import (
	"strings"
	"testing"
)

// TestLoad_Telling is who hears when little or nothing is said about it.
func TestLoad_Telling(t *testing.T) {
	slack := []string{"LEADGATE_SLACK_BOT_TOKEN=xoxb-1", "LEADGATE_SLACK_CHANNEL=C1"}
	hook := []string{"LEADGATE_SLACK_WEBHOOK_URL=https://hooks.example/x"}
	const crm = "targets: [{name: crm, kind: webhook, url: https://crm.example/in}]\n"
	const all = "routes: [{to: crm, at_least: cold}]\n"
	for name, tt := range map[string]struct {
		yaml    string
		env     []string
		targets string // name:kind:channel:url
		routes  string
	}{
		"Nothing":             {"", nil, "console:log::", "console>=hot"},
		"Slack":               {"", slack, "slack:slack:C1:", "slack>=hot"},
		"Webhook":             {"", hook, "slack:slack::https://hooks.example/x", "slack>=hot"},
		"Both":                {"", append(hook, slack...), "slack:slack:C1:", "slack>=hot"},
		"TargetOnly":          {crm, nil, "crm:webhook::https://crm.example/in", ""},
		"TargetAndRoute":      {crm + all, nil, "crm:webhook::https://crm.example/in", "crm>=cold"},
		"SlackAndTarget":      {crm, slack, "crm:webhook::https://crm.example/in slack:slack:C1:", "slack>=hot"},
		"SlackTargetAndRoute": {crm + all, slack, "crm:webhook::https://crm.example/in slack:slack:C1:", "crm>=cold"},
		"OwnSlack":            {"targets: [{name: slack, kind: slack, channel: C2}]\n", slack, "slack:slack:C2:", "slack>=hot"},
		"ChannelInherited":    {"targets: [{name: own, kind: slack}]\nroutes: [{to: own}]\n", slack, "own:slack:C1: slack:slack:C1:", "own>=hot"},
		"TokenOnly":           {"", slack[:1], "console:log::", "console>=hot"},
	} {
		t.Run(name, func(t *testing.T) {
			c := load(t, options(tt.yaml, tt.env...))
			var targets, routes []string
			for _, t := range c.Targets {
				targets = append(targets, strings.Join([]string{t.Name, t.Kind, t.Channel, t.URL}, ":"))
			}
			for _, r := range c.Routes {
				routes = append(routes, r.To+">="+r.AtLeast.String())
			}
			if got := strings.Join(targets, " "); got != tt.targets {
				t.Errorf("targets = %q, want %q", got, tt.targets)
			}
			if got := strings.Join(routes, " "); got != tt.routes {
				t.Errorf("routes = %q, want %q", got, tt.routes)
			}
		})
	}
}
