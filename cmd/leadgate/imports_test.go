package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/leadgate/leadgate/"

// mayImport is the law: data flows handlers -> jobs -> notify, and only the
// command knows everybody.
var mayImport = map[string][]string{
	"lead":     {},
	"lead/ops": {},

	"lead/strictyaml": {},

	"lead/rules": {
		"lead",
		"lead/strictyaml",
	},

	"journal": {},

	"journal/shelf": {
		"journal",
	},

	"store": {
		"lead",
		"lead/ops",
	},

	"notify": {
		"lead",
		"notify/pace",
	},

	"notify/routing": {
		"lead",
	},

	"notify/pace": {},

	"notify/message": {
		"lead",
		"notify",
	},

	"notify/outbound": {
		"notify",
	},

	"notify/slack": {
		"lead",
		"notify",
		"notify/message",
		"notify/outbound",
	},

	"notify/kind": {
		"lead",
		"notify",
		"notify/pace",
		"notify/message",
		"notify/outbound",
		"notify/slack",
	},

	"notify/notifytest": { // for tests only
		"lead",
		"notify",
	},

	"handlers/handlertest": { // for tests only
		"lead",
		"handlers/problem",
	},

	"handlers/provider": {
		"lead",
	},

	"jobs/availability": {
		"lead",
	},

	"jobs/notes": {
		"journal",
	},

	"jobs/views": {
		"lead",
		"lead/ops",
		"journal",
		"jobs/availability",
		"jobs/books",
		"jobs/policy",
		"jobs/repo",
	},

	"jobs/delivery": {
		"journal/shelf",
		"lead",
		"lead/ops",
		"journal",
		"notify",
		"notify/pace",
		"jobs/availability",
	},

	"jobs": {
		"lead/rules",
		"journal/shelf",
		"lead",
		"lead/ops",
		"journal",
		"notify",
		"notify/routing",
		"jobs/availability",
		"jobs/audit",
		"jobs/delivery",
		"jobs/books",
		"jobs/enrich",
		"jobs/privacy",
		"jobs/commands",
		"jobs/runs",
		"jobs/events",
		"jobs/policy",
		"jobs/messages",
		"jobs/intake",
		"jobs/schedule",
		"jobs/pipeline",
		"jobs/queue",
		"jobs/replication",
		"jobs/repo",
		"jobs/notes",
		"jobs/views",
	},

	"jobs/schedule": {
		"lead",
		"lead/rules",
		"journal",
		"journal/shelf",
		"notify",
		"notify/routing",
		"jobs/availability",
		"jobs/delivery",
		"jobs/messages",
		"jobs/policy",
		"jobs/repo",
	},

	"jobs/intake": {
		"lead",
		"journal",
		"jobs/books",
		"jobs/repo",
	},

	"jobs/pipeline": {
		"journal/shelf",
		"lead",
		"journal",
		"notify",
		"jobs/availability",
		"jobs/delivery",
		"jobs/events",
		"jobs/messages",
		"jobs/policy",
		"jobs/queue",
		"jobs/repo",
	},

	"jobs/repo": {
		"journal/shelf",
		"lead",
		"journal",
		"jobs/availability",
		"jobs/events",
	},

	"jobs/queue": {
		"lead",
		"lead/ops",
		"journal",
		"jobs/availability",
	},

	"jobs/policy": {
		"lead/rules",
		"lead",
		"notify",
		"notify/routing",
	},

	"jobs/messages": {
		"journal/shelf",
		"jobs/repo",
		"lead",
		"journal",
		"notify",
		"notify/pace",
		"jobs/delivery",
	},

	"jobs/books": {
		"lead",
		"journal",
		"jobs/availability",
		"jobs/repo",
	},

	"jobs/runs": {
		"lead",
		"lead/rules",
		"journal",
		"jobs/audit",
		"jobs/availability",
		"jobs/books",
		"jobs/enrich",
		"jobs/messages",
		"jobs/pipeline",
		"jobs/policy",
		"jobs/repo",
	},

	"jobs/replication": {
		"lead",
		"journal",
		"jobs/availability",
		"jobs/repo",
	},

	"jobs/commands": {
		"lead",
		"journal",
		"journal/shelf",
		"jobs/audit",
		"jobs/availability",
		"jobs/messages",
		"jobs/policy",
		"jobs/repo",
	},

	"jobs/privacy": {
		"lead",
		"journal",
		"journal/shelf",
		"jobs/audit",
		"jobs/availability",
		"jobs/books",
		"jobs/enrich",
		"jobs/messages",
		"jobs/queue",
		"jobs/repo",
		"jobs/runs",
	},

	"jobs/enrich": {
		"lead",
		"journal",
		"journal/shelf",
		"notify",
		"jobs/queue",
		"jobs/repo",
	},

	"jobs/audit": {
		"journal/shelf",
		"lead",
		"journal",
		"jobs/availability",
	},

	"jobs/events": {
		"lead",
		"jobs/availability",
	},

	"handlers/problem": {
		"lead",
		"handlers/provider",
	},

	"handlers/session": {
		"lead",
		"handlers/problem",
	},

	"handlers/source": {
		"lead",
		"lead/ops",
		"handlers/problem",
		"handlers/provider",
		"handlers/session",
	},

	"handlers/intake": {
		"lead",
		"handlers/problem",
		"handlers/provider",
		"handlers/session",
		"handlers/source",
	},

	"handlers/lookup": {
		"lead",
		"handlers/provider",
		"handlers/source",
	},

	"handlers/api": {
		"lead",
		"lead/ops",
		"lead/rules",
		"lead/strictyaml",
		"handlers/problem",
		"handlers/session",
		"handlers/source",
	},

	"handlers/inbox": {
		"lead",
		"lead/ops",
		"lead/rules",
		"lead/strictyaml",
		"handlers/api",
		"handlers/intake",
		"handlers/problem",
		"handlers/session",
		"handlers/source",
	},

	"handlers/slack": {
		"lead",
		"handlers/api",
		"handlers/inbox",
		"handlers/problem",
	},

	"handlers": {
		"lead",
		"lead/rules",
		"handlers/api",
		"handlers/inbox",
		"handlers/intake",
		"handlers/problem",
		"handlers/session",
		"handlers/slack",
		"handlers/source",
	},

	"config": {
		"lead/strictyaml",
		"handlers/source",
		"notify",
		"notify/pace",
		"notify/routing",
		"lead",
	},

	"cmd/leadgate/console": {
		"lead",
	},

	"cmd/leadgate/client": {
		"lead",
		"cmd/leadgate/console",
	},

	"cmd/leadgate/sheet": {
		"handlers/provider",
	},

	"cmd/leadgate/load": {
		"journal",
		"cmd/leadgate/console",
	},

	"cmd/leadgate/doctor": {
		"config",
		"handlers",
		"journal",
		"lead/ops",
		"lead/rules",
		"notify/slack",
		"store",
	},

	"cmd/leadgate/app": {
		"lead/ops",
		"journal/shelf",
		"cmd/leadgate/client",
		"cmd/leadgate/console",
		"cmd/leadgate/doctor",
		"config",
		"cmd/leadgate/load",
		"lead",
		"journal",
		"store",
		"notify",
		"notify/pace",
		"notify/routing",
		"notify/kind",
		"notify/message",
		"notify/slack",
		"handlers",
		"handlers/api",
		"handlers/inbox",
		"handlers/intake",
		"handlers/slack",
		"handlers/lookup",
		"handlers/provider",
		"handlers/session",
		"handlers/source",
		"jobs",
		"jobs/commands",
		"jobs/notes",
		"jobs/queue",
		"jobs/runs",
		"jobs/views",
		"journal",
		"lead",
		"lead/rules",
		"notify",
		"notify/kind",
		"notify/message",
		"store",
	},

	"cmd/leadgate": {
		"lead/ops",
		"cmd/leadgate/app",
		"cmd/leadgate/client",
		"cmd/leadgate/console",
		"cmd/leadgate/load",
		"cmd/leadgate/sheet",
		"config",
		"handlers",
		"handlers/provider",
		"handlers/session",
		"handlers/source",
		"lead",
		"lead/rules",
		"notify",
		"notify/kind",
		"notify/message",
		"notify/slack",
		"notify/routing",
	},
}

// onlyIn are libraries that stay where they are used; a/... is a and all below it.
var onlyIn = map[string][]string{
	"github.com/slack-go/slack":     {"notify/slack", "handlers/..."},
	"go.etcd.io/bbolt":              {"journal"},
	"github.com/labstack/echo":      {"handlers/...", "cmd/leadgate/load"}, // load: what leadgate is compared with
	"github.com/hibiken/asynq":      {"jobs/queue", "cmd/leadgate/load"},
	"github.com/alicebob/miniredis": {"cmd/leadgate/app"},
	"github.com/goccy/go-yaml":      {"config", "lead/rules", "lead/strictyaml"},
	"text/template":                 {"notify/kind"},
	"html/template":                 {"notify/kind", "handlers/..."},
}

// topLevel is what may stand at the root of the repository.
var topLevel = []string{"cmd", "config", "handlers", "jobs", "notify", "lead", "journal", "store", "docs", "deploy", "Dockerfile", "go.mod", "go.sum",
	"README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "BENCHMARKS.md", "compose.yaml", ".ci", ".github", ".gitignore", ".dockerignore", ".git"}

func TestImports(t *testing.T) {
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		if d.IsDir() {
			if strings.HasPrefix(d.Name(), ".") && rel != "." || d.Name() == "testdata" {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		pkg := filepath.ToSlash(filepath.Dir(rel))
		allowed, ok := mayImport[pkg]
		if !ok {
			t.Errorf("%s: package %s is not in the drawing", rel, pkg)
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, imp := range f.Imports {
			name, _ := strconv.Unquote(imp.Path.Value)
			if ours, is := strings.CutPrefix(name, module); is && !slices.Contains(allowed, ours) {
				t.Errorf("%s imports %s, which %s may not", rel, ours, pkg)
			}
			for lib, where := range onlyIn {
				_, own := onlyIn[name] // what has a line of its own is not judged by its parent's
				if (name == lib || !own && strings.HasPrefix(name, lib)) && !slices.ContainsFunc(where, func(w string) bool { return covers(w, pkg) }) {
					t.Errorf("%s imports %s, which stays in %s", rel, name, strings.Join(where, ", "))
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func covers(where, pkg string) bool {
	tree, ok := strings.CutSuffix(where, "/...")
	return pkg == where || ok && (pkg == tree || strings.HasPrefix(pkg, tree+"/"))
}

// ownCalls are methods that are called in one package only: they are its way to do
// something, and everybody else's way is that package.
var ownCalls = map[string]string{
	".UpdateLead(": "jobs/repo", // repo.Update is the only way to change a lead; jobs/events publishes what goes through it
}

func TestOwnCalls(t *testing.T) {
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(filepath.Join(root, "jobs"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		pkg := filepath.ToSlash(filepath.Dir(rel))
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for call, owner := range ownCalls {
			if strings.Contains(string(b), call) && pkg != owner && pkg != "jobs/events" {
				t.Errorf("%s calls %s...), which is %s's", rel, strings.TrimSuffix(call, "("), owner)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTopLevel(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(topLevel, e.Name()) && e.Name() != "leadgate-data" && e.Name() != "leadgate" {
			t.Errorf("%s stands at the top level; which question does it answer?", e.Name())
		}
	}
}
