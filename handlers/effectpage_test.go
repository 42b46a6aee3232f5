package handlers

import (
	"context"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/leadgate/leadgate/handlers/api"
	"github.com/leadgate/leadgate/handlers/handlertest"
	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/rules"
)

// walkedJudge rehearses on so many leads, the one that did something first first.
type walkedJudge struct {
	fakeJudge
	leads int
	held  chan struct{} // when set, a rehearsal waits until it is closed
	began chan struct{}
	rules *rules.Set // tried last
}

func (w *walkedJudge) Rehearse(_ context.Context, r *rules.Set, since time.Time, told lead.Walk) (lead.Rehearsal, error) {
	w.since, w.rules = since, r
	if w.held != nil {
		close(w.began)
		<-w.held
	}
	for n := range w.leads {
		turn := lead.Turn{LeadID: fmt.Sprintf("L%03d", n), Person: lead.Person{Name: fmt.Sprintf("Person %03d", n)}, At: noon.Add(time.Duration(n/2) * time.Minute),
			Before: lead.Verdict{Temperature: lead.Warm, Score: 30, Stage: lead.MQL}, After: lead.Verdict{Temperature: lead.Hot, Score: 75, Stage: lead.SQL}}
		if err := told.Tell(turn); err != nil {
			return lead.Rehearsal{}, err
		}
	}
	turns := map[string]int{}
	if w.leads > 0 {
		turns["warm MQL -> hot SQL"] = w.leads
	}
	return lead.Rehearsal{Rules: r.Version(), RulesInUse: "in-use", Since: since, Leads: 200, Turned: w.leads, Rescored: 7, Turns: turns,
		Alerts: lead.AlertCount{BeforePerDay: 1, AfterPerDay: 2.24}}, w.err
}

func effectServer(t *testing.T, leads int) (*Server, *walkedJudge, func(set, days string) (int, string)) {
	judge := &walkedJudge{leads: leads}
	s, cookies := insiders(t, func(o *Options) { o.API.Judge = judge })
	return s, judge, func(set, days string) (int, string) {
		w := post(s, "/rules/effect", formType, url.Values{"rules": {set}, "days": {days}}.Encode(), "Cookie", cookies[session.Read], "Accept", "text/html")
		return w.Code, html.UnescapeString(w.Body.String())
	}
}

func TestRulesEffect(t *testing.T) {
	s, judge, try := effectServer(t, 60)
	page := ask(s, "GET", "/rules", "", "Authorization", bearer).Body.String()
	if box := handlertest.Elements(t, page, "textarea"); len(box) != 2 || box[1].FirstChild.Data != rules.Default().Source() {
		t.Error("the page does not offer the rules in force to be changed")
	}

	code, page := try("extends: default\r\n", "7")
	for _, want := range []string{"<dd>200</dd>", "<dd>60</dd>", "<dd>7</dd>", "<dd>+1.2 <small>2.2 instead of 1.0", "warm MQL -> hot SQL", `<a href="/l/L059">Person 059</a>`, "10 more change and are not listed", "<option value=\"7\" selected>", "extends: default\n</textarea>"} {
		if code != 200 || !strings.Contains(page, want) {
			t.Errorf("the effect = %d, lacks %q", code, want)
		}
	}
	if n := strings.Count(page, `<a href="/l/L`); n != 50 || strings.Contains(page, "Person 009") || strings.Index(page, "Person 058") > strings.Index(page, "Person 057") {
		t.Errorf("%d leads are listed, want the %d that did something last, these first", n, 50)
	}
	if want := noon.AddDate(0, 0, -7); !judge.since.Equal(want) {
		t.Errorf("it looks back to %v, want %v", judge.since, want)
	}
	if same, _ := rules.Parse("rules.yaml", []byte("extends: default\n")); judge.rules.Version() != same.Version() {
		t.Error("a browser's line ends make other rules")
	}
	if try("extends: default", "1000"); !judge.since.Equal(noon.AddDate(0, 0, -30)) {
		t.Errorf("with an unknown time it looks back to %v", judge.since)
	}

	judge.leads = 0
	if code, page := try("extends: default", "30"); code != 200 || !strings.Contains(page, "No lead would be of another class") || strings.Contains(page, "Who would change") {
		t.Errorf("without an effect = %d:\n%s", code, page)
	}
	judge.rules = nil
	for name, tt := range map[string]struct {
		rules  string
		status int
		want   string
	}{
		"Broken":  {"extends: default\nscore: {hott: 3}", 422, "Line 2, column 9:</b> score has no \"hott\"</p>\n<pre tabindex=\"0\"><code>score: {hott: 3}\n        ^</code></pre>\n<p>Instead: write hot"},
		"Several": {"extends: default\nscore: {hott: 3}\nactionz: {}", 422, "Line 3, column 1:"},
		"Empty":   {" ", 422, "the file is empty"},
		"Hostile": {"</textarea><script>alert(1)</script>", 422, "Line 1"},
		"TooLong": {strings.Repeat("#", api.MaxRules+1), 413, "at most 1 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			if code, page := try(tt.rules, "30"); code != tt.status || !strings.Contains(page, tt.want) || !strings.Contains(page, `role="alert"`) || judge.rules != nil {
				t.Errorf("= %d, want %d with %q:\n%.4000s", code, tt.status, tt.want, page)
			}
		})
	}
	judge.err = lead.ErrUnavailable
	if code, page := try("extends: default # mine", "30"); code != 503 || !strings.Contains(page, "does not answer") || !strings.Contains(page, "# mine</textarea>") {
		t.Errorf("without a store = %d, want 503 with the text kept", code)
	}
}

// Rules are tried one at a time, by the page and the API together.
func TestRulesEffect_OneAtATime(t *testing.T) {
	s, judge, try := effectServer(t, 1)
	judge.held, judge.began = make(chan struct{}), make(chan struct{})
	first := make(chan int)
	go func() { code, _ := try("extends: default", "30"); first <- code }()
	<-judge.began
	if code, page := try("extends: default # second", "30"); code != 503 || !strings.Contains(page, "one at a time") || !strings.Contains(page, "# second</textarea>") {
		t.Errorf("the second = %d, want to be told to wait, with the text kept", code)
	}
	if w := post(s, "/api/v1/rules/try", "application/yaml", "extends: default", "Authorization", bearer); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("the API meanwhile = %d with Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	close(judge.held)
	if code := <-first; code != 200 {
		t.Errorf("the first = %d", code)
	}
	judge.held = nil
	if code, _ := try("extends: default", "30"); code != 200 {
		t.Errorf("afterwards = %d", code)
	}
}
