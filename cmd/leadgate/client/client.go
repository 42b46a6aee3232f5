// Package client talks to the server that has a data directory open. It knows
// where that server is, how it refuses, and how long work there is followed;
// what is asked for and how it is shown belongs to the commands.
package client

import (
	"bufio"
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

	"github.com/leadgate/leadgate/cmd/leadgate/console"
	"github.com/leadgate/leadgate/lead"
)

// Client reaches the server that has a data directory open: its address and a
// token of its own, which only the owner of the directory can read. The server
// makes a new one at every start.
type Client struct {
	Address string `json:"address"` // host:port
	Token   string `json:"token"`
}

// File is the name of the file that the server keeps its Client in while it runs.
const File = "local.json"

// ErrNotFound means that the server knows no lead or touch of that id.
var ErrNotFound = errors.New("no such lead or touch")

// New returns a client with a new token for the server at an address.
func New(address string) Client { return Client{Address: address, Token: "local_" + rand.Text()} }

// Write keeps the client in the server's data directory.
func (l Client) Write(dir string) error {
	b, err := json.Marshal(l)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, File), b, 0o600)
}

// Find reads what the running server wrote into its data directory.
func Find(dir string) (l Client, err error) {
	b, err := os.ReadFile(filepath.Join(dir, File))
	if errors.Is(err, os.ErrNotExist) {
		return l, fmt.Errorf("no leadgate runs on %s; start one, or name its directory with LEADGATE_DATA_DIR", dir)
	}
	if err != nil {
		return l, err
	}
	return l, json.Unmarshal(b, &l)
}

// Ask sends a request to the running server's API. The caller closes the body
// of the answer. What the server refuses is a *Refusal, and ErrNotFound when there
// is no such thing.
func (l Client) Ask(ctx context.Context, method, path string, header map[string]string, body []byte) (*http.Response, error) {
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
		return nil, ErrNotFound
	}
	b, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<16)) // the status says enough without it
	return nil, &Refusal{resp.StatusCode, resp.Status, refusalOf(b)}
}

// Refusal is an answer that is no success, with the server's explanation.
type Refusal struct {
	Code   int
	Status string
	Text   string
}

func (r *Refusal) Error() string { return "the server answers " + r.Status + ": " + r.Text }

// Get reads one JSON answer of the running server's API.
func (l Client) Get(ctx context.Context, path string, v any) error {
	return l.Call(ctx, http.MethodGet, path, nil, v)
}

// Call asks the running server's API for something, with in as JSON unless it
// is nil, and reads the answer into v unless that is nil.
func (l Client) Call(ctx context.Context, method, path string, in, v any) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return err
		}
	}
	resp, err := l.Ask(ctx, method, path, map[string]string{"Content-Type": "application/json"}, body)
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

// Walk has the server go over all leads, passes on its progress, and reads the
// result into result.
func (l Client) Walk(ctx context.Context, path string, body []byte, progress lead.Walk, result any) error {
	resp, err := l.Ask(ctx, http.MethodPost, path, map[string]string{"Accept": "application/x-ndjson"}, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	in := bufio.NewReader(resp.Body)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return fmt.Errorf("the server went away before the end: %w", err)
		}
		var got struct {
			Progress *lead.Progress
			Turn     *lead.Turn
			Result   json.RawMessage
			Error    string
		}
		if err := json.Unmarshal(line, &got); err != nil {
			return fmt.Errorf("read the server's answer: %w", err)
		}
		switch {
		case got.Error != "":
			return errors.New(got.Error)
		case got.Result != nil:
			return json.Unmarshal(got.Result, result)
		case got.Turn != nil:
			err = progress.Tell(*got.Turn)
		case got.Progress != nil:
			err = progress.Reached(*got.Progress)
		}
		if err != nil {
			return err
		}
	}
}

// refusalOf is what a problem says, or the answer as it is.
func refusalOf(b []byte) string {
	var p struct{ Detail string }
	if json.Unmarshal(b, &p) == nil && p.Detail != "" {
		return console.Plain(p.Detail)
	}
	return console.Plain(string(bytes.TrimSpace(b)))
}

// Await follows a run of the server until it has ended, and writes its progress
// to out.
func (l Client) Await(ctx context.Context, run *lead.Run, out io.Writer) error {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for !run.Ended() {
		fmt.Fprintf(out, "%s %s: %d looked at\n", run.What, run.State, run.Looked)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("run %s goes on in the server: %w", run.ID, ctx.Err())
		}
		now := lead.Run{}
		if err := l.Get(ctx, "/runs/"+run.ID, &now); err != nil {
			return fmt.Errorf("run %s: %w", run.ID, err)
		}
		*run = now
	}
	if run.State == "failed" {
		return fmt.Errorf("the run failed after %d: %s", run.Looked, console.Plain(run.Error))
	}
	return nil
}
