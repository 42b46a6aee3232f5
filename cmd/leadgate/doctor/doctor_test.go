package doctor

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/leadgate/leadgate/config"
	"github.com/leadgate/leadgate/lead/ops"
	"github.com/leadgate/leadgate/lead/rules"
)

func configOf(cfg config.Config) func() *config.Config { return func() *config.Config { return &cfg } }

func TestDoctor_Public(t *testing.T) {
	for name, tt := range map[string]struct {
		status int
		want   ops.FindingState
	}{"Alive": {200, ops.Fine}, "ProxyOnly": {404, ops.Warns}} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(tt.status) }))
			defer server.Close()
			d := Doctor{Config: configOf(config.Config{PublicURL: server.URL})}
			if got := d.public(t.Context()); len(got) != 1 || got[0].State != tt.want {
				t.Errorf("public = %+v, want %s", got, tt.want)
			}
		})
	}
	d := Doctor{Config: configOf(config.Config{PublicURL: "http://127.0.0.1:1"})}
	if got := d.public(t.Context()); len(got) != 1 || got[0].State != ops.Warns {
		t.Errorf("public of nobody = %+v", got)
	}
}

// QuickChecks ask no other server, and write nothing to the disk.
func TestDoctor_QuickChecks(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer server.Close()
	set := rules.Default()
	d := Doctor{Config: configOf(config.Config{PublicURL: server.URL, Journal: true, Slack: config.Slack{BotToken: "xoxb-quick", APIURL: server.URL + "/"}}),
		Dir: filepath.Join(t.TempDir(), "none"), Rules: func() *rules.Set { return set }, Embedded: true}
	checks := map[string]bool{}
	for _, f := range d.QuickChecks(t.Context()) {
		checks[f.Check] = true
	}
	_, err := os.Stat(d.Dir)
	if asked.Load() != 0 || err == nil || !checks["settings"] || !checks["redis"] || checks["slack"] || checks["public_url"] {
		t.Errorf("QuickChecks looked at %v asked %d times and made the directory: %v", checks, asked.Load(), err == nil)
	}
	for _, f := range d.Findings(t.Context()) {
		checks[f.Check] = true
	}
	if asked.Load() == 0 || !checks["slack"] || !checks["public_url"] || !checks["data_dir"] {
		t.Errorf("all looks were at %v and asked %d times", checks, asked.Load())
	}
}
