package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/leadgate/leadgate/lead"
)

// local is how the other commands reach the server that has a data directory
// open: its address and a token of its own, which only the owner of the
// directory can read. It is made anew at every start.
type local struct {
	Address string `json:"address"` // host:port
	Token   string `json:"token"`
}

const localFile = "local.json"

func newLocal(address string) local { return local{Address: address, Token: "local_" + rand.Text()} }

func (l local) write(dir string) error {
	b, err := json.Marshal(l)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, localFile), b, 0o600)
}

// findLocal reads what the running server wrote into its data directory.
func findLocal(dir string) (l local, err error) {
	b, err := os.ReadFile(filepath.Join(dir, localFile))
	if errors.Is(err, os.ErrNotExist) {
		return l, fmt.Errorf("no leadgate runs on %s; start one, or name its directory with LEADGATE_DATA_DIR", dir)
	}
	if err != nil {
		return l, err
	}
	return l, json.Unmarshal(b, &l)
}

// runningServer finds the server that has the configured data directory open.
func runningServer(c *cobra.Command) (local, error) {
	cfg, err := loadConfig(c)
	if err != nil {
		return local{}, err
	}
	return findLocal(cfg.DataDir)
}

// ask sends a request to the running server's API. The caller closes the body
// of the answer. What the server refuses is a *refusal, and errNoSuch when there
// is no such thing.
func (l local) ask(ctx context.Context, method, path string, header map[string]string, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+l.Address+"/api/v1"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+l.Token)
	for name, value := range header {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("the server at %s does not answer; is it running?", l.Address)
	}
	if resp.StatusCode < 300 {
		return resp, nil
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNotFound {
		return nil, errNoSuch
	}
	b, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<16)) // the status says enough without it
	return nil, &refusal{resp.StatusCode, resp.Status, refusalOf(b)}
}

// refusal is an answer that says no, in the server's words.
type refusal struct {
	code         int
	status, says string
}

func (r *refusal) Error() string { return "the server answers " + r.status + ": " + r.says }

// get reads one JSON answer of the running server's API.
func (l local) get(ctx context.Context, path string, v any) error {
	return l.call(ctx, http.MethodGet, path, nil, v)
}

// call asks the running server's API for something, with in as JSON unless it
// is nil, and reads the answer into v unless that is nil.
func (l local) call(ctx context.Context, method, path string, in, v any) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return err
		}
	}
	resp, err := l.ask(ctx, method, path, map[string]string{"Content-Type": "application/json"}, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if v == nil {
		return nil
	}
	if err := json.NewDecoder(resp.Body).Decode(v); err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	return nil
}

// refusalOf is what a problem says, or the answer as it is.
func refusalOf(b []byte) string {
	var p struct{ Detail string }
	if json.Unmarshal(b, &p) == nil && p.Detail != "" {
		return plain(p.Detail)
	}
	return plain(string(bytes.TrimSpace(b)))
}

// await follows a run of the server until it has ended, and tells how far it is.
func (l local) await(ctx context.Context, run *lead.Run, talk io.Writer) error {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for !run.Ended() {
		fmt.Fprintf(talk, "%s %s: %d looked at\n", run.What, run.State, run.Looked)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("run %s goes on in the server: %w", run.ID, ctx.Err())
		}
		now := lead.Run{}
		if err := l.get(ctx, "/runs/"+run.ID, &now); err != nil {
			return fmt.Errorf("run %s: %w", run.ID, err)
		}
		*run = now
	}
	if run.State == "failed" {
		return fmt.Errorf("the run failed after %d: %s", run.Looked, plain(run.Error))
	}
	return nil
}

var errNoSuch = errors.New("no such lead or touch")
