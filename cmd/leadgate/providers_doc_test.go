package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/config"
	"github.com/leadgate/leadgate/handlers/provider"
	"github.com/leadgate/leadgate/lead/rules"
)

var update = flag.Bool("update", false, "rewrite docs/providers.md")

const providersIntro = `# Providers

Generated from the table in [handlers/provider/table.go](../handlers/provider/table.go) by
` + "`go test ./cmd/leadgate -run TestProvidersDoc -update`" + `; do not edit.

## What to paste where

1. Copy the provider's three lines from [below](#sources) into ` + "`sources:`" + ` of the configuration. The name is yours to choose.
   ` + "`action`" + ` may be added: what a delivery means, where the provider cannot tell (` + "`demo_request`, `quote_request`" + `).
2. Paste ` + "`https://YOUR-HOST/in/NAME`" + ` into the vendor's screen for webhooks, with the source's name.
3. Where the table says that it signs, put the secret, key or token that the vendor shows (or asks you for) into ` + "`secret`" + `.
   What does not match is refused. ` + "`secret_previous`" + ` keeps the old one good while you change it.
4. Where it does not sign, make up a long random ` + "`token`" + ` of letters and digits and append it to the URL:
   ` + "`https://YOUR-HOST/in/NAME/TOKEN`" + `. A web form's page is public, so that its token would be too; ` + "`origins`, `honeypot`" + `,
   ` + "`min_fill` and `captcha`" + ` are for those.
5. A handshake, where the vendor checks the URL before it delivers, is answered while leadgate runs with the source
   configured. Meta's also needs ` + "`verify_token`" + `: what you typed into its screen.

`

const providersSources = `
## Sources

Every provider's, to copy from. The variables are looked up in the environment.

`

// sourceYAML is a source of a provider, as three lines of configuration.
func sourceYAML(p provider.Provider) string {
	key := "token"
	if p.Verify != nil {
		key = "secret"
	}
	third := fmt.Sprintf("%s: ${%s_%s}", key, strings.ToUpper(p.Name), strings.ToUpper(key))
	if p.Name == "form" { // its page is public, and so would be a token
		third = "action: contact_form"
	}
	return fmt.Sprintf("  - name: %s\n    provider: %s\n    %s\n", p.Name, p.Name, third)
}

// providersDoc is docs/providers.md as the table of providers has it.
func providersDoc() string {
	yes := func(b bool) string {
		if b {
			return "yes"
		}
		return ""
	}
	var b strings.Builder
	b.WriteString(providersIntro)
	b.WriteString("| title | `provider` | signs | handshake | the vendor's page |\n|---|---|---|---|---|\n")
	for _, p := range provider.All() {
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s | <%s> |\n", p.Title, p.Name, yes(p.Verify != nil), yes(p.Reply != nil), p.Doc)
	}
	b.WriteString(providersSources + "```yaml\nsources:\n")
	for _, p := range provider.All() {
		b.WriteString(sourceYAML(p))
	}
	b.WriteString("```\n")
	return b.String()
}

func TestProvidersDoc(t *testing.T) {
	file := filepath.Join("..", "..", "docs", "providers.md")
	want := providersDoc()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, string(got)); d != "" {
		t.Errorf("docs/providers.md is not what the table says; run with -update (-want +got):\n%s", d)
	}
}

// TestProvidersDoc_Sources loads the sources that people paste.
func TestProvidersDoc_Sources(t *testing.T) {
	var env []string
	for _, m := range regexp.MustCompile(`\$\{(\w+)\}`).FindAllStringSubmatch(providersDoc(), -1) {
		env = append(env, m[1]+"=0123456789abcdef0123456789abcdef")
	}
	_, yaml, _ := strings.Cut(providersDoc(), "```yaml\n")
	file := filepath.Join(t.TempDir(), "leadgate.yaml")
	if err := os.WriteFile(file, []byte(strings.TrimSuffix(yaml, "```\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(config.Options{Path: file, Env: env, Signs: signs, Providers: provider.Names(), Field: provider.IsField})
	if err != nil {
		t.Fatal(err)
	}
	if w := cfg.Check(rules.Default().Knows); len(w) != 0 {
		t.Errorf("warnings: %v", w)
	}
	if len(cfg.Sources) != len(provider.All()) {
		t.Errorf("%d sources for %d providers", len(cfg.Sources), len(provider.All()))
	}
}

func TestREADME_LinksProviders(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), "](docs/providers.md)") {
		t.Error("the README does not link docs/providers.md")
	}
}
