package inbox

import (
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

//go:generate npm ci --prefix web --ignore-scripts
//go:generate go test -run TestVendored -update

var update = flag.Bool("update", false, "copy the vendored files from web/node_modules and write their sums")

// vendored are the files that come from npm packages: which, and where to.
var vendored = []struct{ name, file, to string }{
	{"htmx.org", "dist/htmx.min.js", "web/static/htmx.min.js"},
	{"htmx.org", "dist/ext/hx-sse.min.js", "web/static/hx-sse.min.js"},
	{"axe-core", "axe.min.js", "../../cmd/leadgate/testdata/axe.min.js"},
}

// What is vendored is what the lock file names, byte for byte: npm ci checks
// the packages against the lock, and this checks the copies.
func TestVendored(t *testing.T) {
	const sums = "web/vendored.txt"
	b, err := os.ReadFile("web/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	var lock struct {
		Packages map[string]struct{ Version, Integrity string }
	}
	if err := json.Unmarshal(b, &lock); err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, v := range vendored {
		if *update {
			b, err := os.ReadFile(filepath.Join("web/node_modules", v.name, v.file))
			if err == nil {
				err = os.WriteFile(v.to, b, 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		b, err := os.ReadFile(v.to)
		if err != nil {
			t.Fatal(err)
		}
		p := lock.Packages["node_modules/"+v.name]
		if !strings.HasPrefix(p.Integrity, "sha512-") {
			t.Errorf("%s is not in the lock file", v.name)
		}
		sum := sha512.Sum512(b)
		fmt.Fprintf(&got, "%s %s %s sha512-%s\n", v.name, p.Version, v.file, base64.StdEncoding.EncodeToString(sum[:]))
	}
	if *update {
		if err := os.WriteFile(sums, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(sums)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("the vendored files are not those of %s:\n%s\nwant\n%s", sums, got.String(), want)
	}
}
