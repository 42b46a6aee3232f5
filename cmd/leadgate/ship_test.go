package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

func shipped(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestShip_Alerts: the rules for Prometheus speak of metrics and labels that exist.
func TestShip_Alerts(t *testing.T) {
	code := sources(t)
	text := shipped(t, "alerts.yaml")
	var rules struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr string
				Annotations struct{ Summary string }
			}
		}
	}
	if err := yaml.Unmarshal([]byte(text), &rules); err != nil {
		t.Fatal(err)
	}
	if len(rules.Groups) != 1 || len(rules.Groups[0].Rules) < 10 {
		t.Fatalf("%d groups of rules were read", len(rules.Groups))
	}
	for _, r := range rules.Groups[0].Rules {
		if r.Alert == "" || r.Expr == "" || r.Annotations.Summary == "" {
			t.Errorf("%+v lacks a part", r)
		}
	}
	for _, name := range regexp.MustCompile(`leadgate_[a-z_]+`).FindAllString(text, -1) {
		if !strings.Contains(code, `"`+strings.TrimSuffix(name, "_bucket")+`"`) {
			t.Errorf("there is no metric %s", name)
		}
	}
	for _, m := range regexp.MustCompile(`(?:\b(why|state|hop)=~?|\$labels\.)"?([a-z_|]+)`).FindAllStringSubmatch(text, -1) {
		for _, word := range strings.Split(m[2], "|") {
			if word != "instance" && !strings.Contains(code, `"`+word+`"`) {
				t.Errorf("nothing is labelled %q", word)
			}
		}
	}
}

// sources is all Go code that is no test.
func sources(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, dir := range []string{"cmd", "handlers", "jobs", "lead"} {
		err := filepath.WalkDir(filepath.Join("..", "..", dir), func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
				return err
			}
			b, err := os.ReadFile(file)
			all.Write(b)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

// TestShip_Unit has systemd read the unit, where there is one.
func TestShip_Unit(t *testing.T) {
	t.Parallel()
	text := shipped(t, "leadgate.service")
	p := newProgram(t)
	file := filepath.Join(t.TempDir(), "value")
	if err := os.WriteFile(file, []byte("value"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^Environment=(LEADGATE_[A-Z_]+)=`).FindAllStringSubmatch(text, -1) {
		p.env = append(slices.DeleteFunc(p.env, func(v string) bool { return strings.HasPrefix(v, strings.TrimSuffix(m[1], "_FILE")) }), m[1]+"="+file)
	}
	if code, out := p.run("check"); code != 0 {
		t.Errorf("check in the unit's environment ended with %d:\n%s", code, out)
	}
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("there is no systemd-analyze to read the unit")
	}
	unit := filepath.Join(t.TempDir(), "leadgate.service")
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(unit, []byte(strings.ReplaceAll(text, "/usr/local/bin/leadgate", binary)), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), analyze, "verify", unit).CombinedOutput()
	if err != nil || strings.Contains(string(out), "leadgate.service") {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
}
