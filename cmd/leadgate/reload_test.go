package main

import (
	"cmp"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/ops"
)

// ready reads /readyz.
func (p *program) ready() (r struct {
	Rules   string
	Refused string `json:"configuration_refused"`
}) {
	resp, err := http.Get("http://" + p.addr + "/readyz")
	if err != nil {
		return r
	}
	defer resp.Body.Close()
	json.NewDecoder(resp.Body).Decode(&r)
	return r
}

// doctorSays returns what the running server's doctor finds in one check.
func (p *program) doctorSays(check string) (all string) {
	p.t.Helper()
	var page struct{ Items []ops.Finding }
	if code := p.get("/doctor", &page); code != http.StatusOK {
		p.t.Fatalf("GET /doctor = %d", code)
	}
	for _, f := range page.Items {
		if f.Check == check {
			all += f.Says + "\n"
		}
	}
	return all
}

// write replaces a file at once, so that a running server never reads half of it.
func (p *program) write(name, text string) {
	p.t.Helper()
	file := filepath.Join(p.dir, name)
	if err := cmp.Or(os.WriteFile(file+".new", []byte(text), 0o600), os.Rename(file+".new", file)); err != nil {
		p.t.Fatal(err)
	}
}

// Rules, routes and sources change while the server runs; a broken file changes
// nothing and is said to be broken, with its place.
func TestReload(t *testing.T) {
	t.Parallel()
	p := newProcess(t)
	p.write("rules.yaml", "extends: default\n")
	base := "rules: rules.yaml\nsources:\n  - {name: demo, provider: form, action: demo_request}\ntargets: [{name: a, kind: log}, {name: b, kind: log}]\nroutes: [{to: a}]\n"
	p.config(base)
	p.start()
	first := p.ready()
	if first.Rules == "" || first.Refused != "" {
		t.Fatalf("readyz says %+v", first)
	}
	verdict := func(name string) (l lead.Lead) {
		p.get("/leads/"+p.settled(p.lead("demo", name).ID).LeadID, &l)
		return l
	}
	if l := verdict("Ada Quell"); l.Score != 98 || l.Rules != first.Rules || l.JudgedAt.IsZero() {
		t.Errorf("first verdict %v by %s at %v", l.Score, l.Rules, l.JudgedAt)
	}

	p.write("rules.yaml", "extends: default\nactions:\n  demo_request: {scor: 40, because: asked}\n")
	p.await("the broken file to be refused", 10*time.Second, func() bool { return p.ready().Refused != "" })
	if r := p.ready(); r.Rules != first.Rules || !strings.HasPrefix(r.Refused, "rules.yaml:3:") {
		t.Errorf("after a broken file readyz says %+v", r)
	}
	if out := p.out.String(); !strings.Contains(out, "not in force") || !strings.Contains(out, "write score") {
		t.Error("the log does not say what to mend")
	}
	if l := verdict("Bob Brook"); l.Rules != first.Rules {
		t.Errorf("verdict by %s after a broken file, want the old rules %s", l.Rules, first.Rules)
	}

	p.write("rules.yaml", "extends: default\nactions:\n  demo_request: {score: 40, stage: MQL, because: asked}\n")
	p.await("the new rules", 10*time.Second, func() bool { r := p.ready(); return r.Rules != first.Rules && r.Refused == "" })
	if l := verdict("Cleo Dune"); l.Temperature != lead.Warm || l.Rules == first.Rules {
		t.Errorf("verdict of the new rules is %v by %s", l.Temperature, l.Rules)
	}

	p.config(strings.Replace(base, "routes: [{to: a}]", "routes: [{to: b, at_least: warm}]\nretention: 90d", 1))
	p.cmd.Process.Signal(syscall.SIGHUP)
	p.await("the new route", 10*time.Second, func() bool { return strings.Contains(p.out.String(), `"changed":"routes"}`) })
	if !strings.Contains(p.out.String(), `"settings":"retention"`) {
		t.Error("the log does not say that retention has to wait")
	}
	if found := p.doctorSays("settings"); !strings.Contains(found, `no route leads to "a"`) || !strings.Contains(found, "retention was changed in the file") {
		t.Errorf("doctor finds %q in the settings, want that nothing leads to a any more and that retention waits for the next start", found)
	}
	if touch := p.settled(p.lead("demo", "Dan Elm").ID); len(touch.Deliveries) != 1 || touch.Deliveries[0].Target != "b" {
		t.Errorf("after the change of routes the deliveries are %+v", touch.Deliveries)
	}

	hup := func() { p.cmd.Process.Signal(syscall.SIGHUP) }
	p.config("rules: rules.yaml\ntargets: [{name: c, kind: log}]\nroutes: [{to: c}]\n")
	hup()
	p.await("the route to a new target to be refused", 10*time.Second, func() bool { return strings.Contains(p.ready().Refused, `target "c"`) })
	p.config("rules: rules.yaml\ntargets: [{name: a, kind: log}, {name: d, kind: log}]\nroutes: [{to: a, escalate: [{after: 5m, to: d}]}]\n")
	hup()
	p.await("the escalation to a new target to be refused", 10*time.Second, func() bool { return strings.Contains(p.ready().Refused, `target "d"`) })

	p.config(base + "teams: [{name: emea, reps: [Dana]}]\nreps: [{name: Dana}]\ndigests: []\n")
	hup()
	p.await("the new rep", 10*time.Second, func() bool { return strings.Contains(p.out.String(), `"changed":"reps, teams, routes"}`) })
	var people struct{ Reps, Teams []struct{ Name string } }
	if p.get("/reps", &people); len(people.Reps) != 1 || people.Reps[0].Name != "Dana" || len(people.Teams) != 1 {
		t.Errorf("after a reload the reps are %+v", people)
	}
	if code := p.call("/reps/Dana/off", `{"until":"2h"}`, nil); code != http.StatusOK {
		t.Errorf("off duty of a new rep = %d", code)
	}

	p.config(base + "\nsources: []\n")
	hup()
	p.await("the doubled key to be refused", 10*time.Second, func() bool { return strings.HasPrefix(p.ready().Refused, "leadgate.yaml:7:1") })
	p.config(strings.Replace(base, "name: demo", "name: trial", 1))
	hup()
	p.await("the new source", 10*time.Second, func() bool {
		code, _ := p.post("/in/trial", "application/json", `{"email":"eve@works.example"}`)
		return code == http.StatusAccepted
	})
}
