package slack

import (
	"cmp"
	"context"
	_ "embed" // the manifest
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/message"
	"github.com/leadgate/leadgate/notify/outbound"
)

// manifest describes leadgate's app to Slack, for Socket Mode.
// https://docs.slack.dev/reference/app-manifest
//
//go:embed manifest.json
var manifest []byte

// Manifest is the manifest of a Slack app for leadgate. Without a public URL the
// app uses Socket Mode; with one Slack calls that URL.
func Manifest(publicURL string) []byte {
	if publicURL == "" {
		return manifest
	}
	var m map[string]any
	if err := json.Unmarshal(manifest, &m); err != nil {
		panic(fmt.Sprintf("the embedded manifest is broken: %v", err))
	}
	base := strings.TrimSuffix(publicURL, "/")
	settings := m["settings"].(map[string]any)
	settings["socket_mode_enabled"] = false
	settings["interactivity"].(map[string]any)["request_url"] = base + "/slack/interactions"
	for _, c := range m["features"].(map[string]any)["slash_commands"].([]any) {
		c.(map[string]any)["url"] = base + "/slack/commands"
	}
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		panic(fmt.Sprintf("the embedded manifest is broken: %v", err))
	}
	return b
}

// InstallURL leads to Slack's page on which the app of a manifest is made.
func InstallURL(manifest []byte) string {
	var m json.RawMessage = manifest
	short, err := json.Marshal(m)
	if err != nil {
		short = manifest
	}
	return "https://api.slack.com/apps?new_app=1&manifest_json=" + url.QueryEscape(string(short))
}

// scopes are the scopes that the bot needs, and what is lost without each one;
// empty: nothing works without it.
var scopes = []struct{ scope, without string }{
	{"chat:write", ""},
	{"chat:write.public", "the bot has to be invited to each channel"},
	{"commands", "/leads does not work"},
	{"users:read", "guests cannot be told from members, and leads show login names"},
	{"channels:history", "after a call that was cut off an alert in a public channel may come twice"},
	{"groups:history", "the same in private channels"},
}

// Account is what belongs to a bot token.
type Account struct {
	Team, Name string
	Missing    []string // scopes that it lacks, with what is lost: "commands: /leads does not work"
}

// CheckToken asks Slack about a bot token. After an error nothing works with it.
func CheckToken(ctx context.Context, token, apiURL string) (Account, error) {
	call := outbound.Client{HTTP: &http.Client{Timeout: callTimeout, CheckRedirect: outbound.NoRedirects}, Most: 64 << 10, Refused: proxyError}
	base := strings.TrimSuffix(cmp.Or(apiURL, slack.APIURL), "/")
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/auth.test", nil)
	if err != nil {
		return Account{}, errors.New("slack's API address is not a URL")
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := call.Do(req)
	if err != nil {
		return Account{}, fmt.Errorf("ask slack about the bot token: %w", err)
	}
	defer resp.Body.Close()
	var me struct {
		OK         bool   `json:"ok"`
		Error      string `json:"error"`
		Team, User string
	}
	if err := json.NewDecoder(resp.Body).Decode(&me); err != nil {
		return Account{}, errors.New("ask slack about the bot token: its answer cannot be read")
	}
	if !me.OK {
		return Account{}, fmt.Errorf("slack refuses the bot token: %w", wordError(me.Error))
	}
	bot := Account{Team: me.Team, Name: me.User}
	has := strings.FieldsFunc(resp.Header.Get("X-OAuth-Scopes"), func(r rune) bool { return r == ',' || r == ' ' })
	for _, s := range scopes {
		switch {
		case len(has) == 0 || slices.Contains(has, s.scope):
		case s.without == "":
			return bot, fmt.Errorf("the bot token lacks the scope %s, without which nothing can be posted; add it and install the app again", s.scope)
		default:
			bot.Missing = append(bot.Missing, s.scope+": "+s.without)
		}
	}
	return bot, nil
}

// JSON is an alert as it is posted: text and blocks.
func JSON(alerts []notify.Alert, s message.Style, buttons bool) ([]byte, error) {
	r := render(message.ComposeAll(alerts, s), full, buttons)
	b, err := json.MarshalIndent(map[string]any{"text": r.text, "blocks": slack.Blocks{BlockSet: r.blocks}}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the message as json: %w", err)
	}
	return b, nil
}
