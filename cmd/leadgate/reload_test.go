package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
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

func (p *program) write(name, text string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// Rules, routes and sources change while the server runs; a broken file changes
// nothing and is said to be broken, with its place.
func TestReload(t *testing.T) {
	p := newProgram(t)
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
	p.await("the new route", 10*time.Second, func() bool { return strings.Contains(p.out.String(), `"changed":"routes, retention"`) })
	if !strings.Contains(p.out.String(), `"settings":"retention"`) {
		t.Error("the log does not say that retention has to wait")
	}
	if touch := p.settled(p.lead("demo", "Dan Elm").ID); len(touch.Deliveries) != 1 || touch.Deliveries[0].Target != "b" {
		t.Errorf("after the change of routes the deliveries are %+v", touch.Deliveries)
	}

	hup := func() { p.cmd.Process.Signal(syscall.SIGHUP) }
	p.config("rules: rules.yaml\ntargets: [{name: c, kind: log}]\nroutes: [{to: c}]\n")
	hup()
	p.await("the route to a new target to be refused", 10*time.Second, func() bool { return strings.Contains(p.ready().Refused, `target "c"`) })

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
