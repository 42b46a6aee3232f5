package slack

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/leadgate/leadgate/notify/message"
)

// audit reads a chat.postMessage or webhook body as Slack would and lists what
// Slack would refuse, and what in it is alive: links, mentions, broadcasts.
type audit struct {
	found []string
	chars int
}

func (a *audit) say(format string, args ...any) {
	a.found = append(a.found, fmt.Sprintf(format, args...))
}

// auditMessage checks the text, the blocks and everything within. inbox is the
// only place that links may lead to.
func auditMessage(text string, blocks json.RawMessage, inbox string) []string {
	a := &audit{}
	a.length("text", text, 1, 40000)
	a.live("text", text, inbox)
	var list []map[string]any
	if len(blocks) > 0 {
		if err := json.Unmarshal(blocks, &list); err != nil {
			a.say("blocks: %v", err)
		}
	}
	if len(blocks) == 0 {
		for _, u := range regexp.MustCompile(`(?i)(?:https?://|\bwww\.[\p{L}\p{N}])\S*|[a-z0-9._+-]*@?\b(?:[a-z0-9-]+\.)+[a-z]{2,}\b`).FindAllString(text, -1) {
			if !strings.HasPrefix(u, inbox) && message.EmailOf(strings.TrimLeft(u, "._+-")).Link == "" {
				a.say("plain text links %q", u)
			}
		}
	}
	if len(list) > 50 {
		a.say("%d blocks", len(list))
	}
	ids := map[string]bool{}
	for i, b := range list {
		at := fmt.Sprintf("block %d %v", i, b["type"])
		if id, _ := b["block_id"].(string); id != "" {
			a.length(at+" id", id, 1, 255)
			if ids[id] {
				a.say("%s: block_id %q twice", at, id)
			}
			ids[id] = true
		}
		a.block(at, b, inbox)
	}
	if a.chars > 13200 {
		a.say("%d characters in all blocks", a.chars)
	}
	return a.found
}

func (a *audit) length(at, s string, low, high int) {
	if n := utf8.RuneCountInString(s); n < low || n > high {
		a.say("%s: %d characters, allowed are %d to %d", at, n, low, high)
	}
	for _, r := range s {
		if message.Invisible(r) && r != message.Hidden {
			a.say("%s: invisible %U", at, r)
		}
	}
}

func (a *audit) block(at string, b map[string]any, inbox string) {
	known := map[string]string{
		"header": "type block_id text", "section": "type block_id text fields accessory", "context": "type block_id elements",
		"actions": "type block_id elements", "rich_text": "type block_id elements",
	}[b["type"].(string)]
	for key := range b {
		if !strings.Contains(" "+known+" ", " "+key+" ") {
			a.say("%s: has %q", at, key)
		}
	}
	switch b["type"] {
	case "header":
		a.object(at, b["text"], "plain_text", 150, inbox)
	case "section":
		fields, _ := b["fields"].([]any)
		if b["text"] == nil && len(fields) == 0 || len(fields) > 10 {
			a.say("%s: text %v and %d fields", at, b["text"], len(fields))
		}
		if b["text"] != nil {
			a.object(at, b["text"], "", 3000, inbox)
		}
		for _, f := range fields {
			a.object(at+" field", f, "", 2000, inbox)
		}
		if e, ok := b["accessory"].(map[string]any); ok {
			a.element(at+" accessory", e)
		}
	case "context", "actions", "rich_text":
		elements, _ := b["elements"].([]any)
		most := map[any]int{"context": 10, "actions": 25, "rich_text": 10}[b["type"]]
		if len(elements) == 0 || len(elements) > most {
			a.say("%s: %d elements", at, len(elements))
		}
		seen := map[any]bool{}
		for _, e := range elements {
			m := e.(map[string]any)
			switch b["type"] {
			case "context":
				a.object(at, m, "", 2000, inbox)
			case "actions":
				if seen[m["action_id"]] {
					a.say("%s: action %v twice", at, m["action_id"])
				}
				seen[m["action_id"]] = true
				a.element(at, m)
			default:
				a.literal(at, m)
			}
		}
	default:
		a.say("%s: a type that is not ours", at)
	}
}

// literal is for a rich_text quote, which must hold text elements only.
func (a *audit) literal(at string, quote map[string]any) {
	if quote["type"] != "rich_text_quote" {
		a.say("%s: holds a %v", at, quote["type"])
	}
	elements, _ := quote["elements"].([]any)
	for _, e := range elements {
		m := e.(map[string]any)
		if m["type"] != "text" || len(m) != 2 {
			a.say("%s: a quote holds %v", at, m)
		}
		text, _ := m["text"].(string)
		a.length(at+" quote", text, 1, 300)
		a.chars += utf8.RuneCountInString(text)
	}
}

func (a *audit) object(at string, v any, kind string, most int, inbox string) {
	m, _ := v.(map[string]any)
	text, _ := m["text"].(string)
	a.length(at, text, 1, most)
	a.chars += utf8.RuneCountInString(text)
	switch {
	case m["type"] == "plain_text":
	case m["type"] == "mrkdwn" && kind == "":
		if m["verbatim"] != true {
			a.say("%s: not verbatim", at)
		}
		a.live(at, text, inbox)
		if strings.ContainsAny(text, "`~") || strings.Count(text, "*")%2 != 0 || italic.MatchString(tagged.ReplaceAllString(text, "")) || strings.Contains(text, "\n&gt;") {
			a.say("%s: a visitor formats %q", at, text)
		}
	default:
		a.say("%s: text of type %v", at, m["type"])
	}
}

var (
	tagged = regexp.MustCompile(`<([^>]*)>`)
	italic = regexp.MustCompile(`(?:^|[^\p{L}\p{N}])_|_(?:$|[^\p{L}\p{N}])`)
	ours   = regexp.MustCompile(`^(?:!date\^\d+\^(?:\{time(?:_secs)?\}\|\d\d:\d\d(?::\d\d)?|\{date_short_pretty\} \{time\}\|(?:Sun|Mon|Tue|Wed|Thu|Fri|Sat) \d\d:\d\d) [A-Z]+|@U0(?:DANA|ELI)|!subteam\^S0US|tel:\+[1-9]\d{6,14}\|[+\d ]+|mailto:[A-Za-z0-9.+_-]+@[A-Za-z0-9.-]+\|[^<>|]+)$`)
)

// live finds markup that is not ours.
func (a *audit) live(at, text, inbox string) {
	for _, m := range tagged.FindAllStringSubmatch(text, -1) {
		if url, label, ok := strings.Cut(m[1], "|"); ok && strings.HasPrefix(url, inbox+"/l/") && label == "Open lead" || ok && url == inbox+"/" && strings.HasPrefix(label, "and ") {
			continue
		}
		if !ours.MatchString(m[1]) {
			a.say("%s: live <%s>", at, m[1])
		}
	}
	rest := tagged.ReplaceAllString(text, "")
	if strings.ContainsAny(rest, "<>") {
		a.say("%s: a bracket is left in %q", at, rest)
	}
}

func (a *audit) element(at string, m map[string]any) {
	for key, most := range map[string]int{"action_id": 255, "value": 2000, "url": 3000, "accessibility_label": 75} {
		if s, ok := m[key].(string); ok {
			a.length(at+" "+key, s, 1, most)
		}
	}
	switch m["type"] {
	case "button":
		a.object(at+" button", m["text"], "plain_text", 75, "")
	case "overflow":
		options, _ := m["options"].([]any)
		if len(options) == 0 || len(options) > 5 {
			a.say("%s: %d options", at, len(options))
		}
		for _, o := range options {
			om := o.(map[string]any)
			a.object(at+" option", om["text"], "plain_text", 75, "")
			value, _ := om["value"].(string)
			a.length(at+" option value", value, 1, 150)
		}
	default:
		a.say("%s: a %v", at, m["type"])
	}
}
