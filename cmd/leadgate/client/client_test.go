package client

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/leadgate/leadgate/lead"
)

// answering is a client of a server that answers every request the same way.
func answering(t *testing.T, status int, body ...string) (Client, *[]string) {
	t.Helper()
	var asked []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent, _ := io.ReadAll(r.Body)
		asked = append(asked, fmt.Sprintf("%s %s %s %s", r.Method, r.URL, r.Header.Get("Authorization"), sent))
		w.WriteHeader(status)
		io.WriteString(w, body[min(len(asked), len(body))-1])
	}))
	t.Cleanup(s.Close)
	return Client{Address: s.Listener.Addr().String(), Token: "t"}, &asked
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	if _, err := Find(dir); err == nil || !strings.Contains(err.Error(), "no leadgate runs on "+dir) {
		t.Errorf("Find in an empty directory = %v", err)
	}
	c := New("127.0.0.1:1")
	if err := c.Write(dir); err != nil {
		t.Fatal(err)
	}
	if got, err := Find(dir); err != nil || got != c {
		t.Errorf("Find = %+v, %v, want %+v", got, err, c)
	}
	if info, err := os.Stat(filepath.Join(dir, File)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the token is in a file with mode %v, %v", info.Mode(), err)
	}
	if c.Write(filepath.Join(dir, "none")) == nil {
		t.Error("Write into no directory succeeds")
	}
	if err := os.WriteFile(filepath.Join(dir, File), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Find(dir); err == nil {
		t.Error("Find reads half a file")
	}
}

func TestClient_Call(t *testing.T) {
	c, asked := answering(t, 200, `{"id":"L1"}`)
	var l lead.Lead
	if err := c.Call(t.Context(), http.MethodPost, "/leads/L1/claim", map[string]string{"by": "Dana"}, &l); err != nil || l.ID != "L1" {
		t.Errorf("Call = %v, %+v", err, l)
	}
	if want := []string{`POST /api/v1/leads/L1/claim Bearer t {"by":"Dana"}`}; !slices.Equal(*asked, want) {
		t.Errorf("asked %q, want %q", *asked, want)
	}
	if err := c.Call(t.Context(), http.MethodPost, "/", func() {}, nil); err == nil {
		t.Error("what is no JSON was sent")
	}
}

func TestClient_Errors(t *testing.T) {
	for name, tt := range map[string]struct {
		status int
		body   string
		want   string
	}{
		"NotFound":  {404, "", ErrNotFound.Error()},
		"Problem":   {409, `{"detail":"Eli has it\u001b[2J"}`, "the server answers 409 Conflict: Eli has it [2J"},
		"NoProblem": {502, "bad gateway\n", "the server answers 502 Bad Gateway: bad gateway"},
		"NoJSON":    {200, "<html>", "read the server's answer"},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := answering(t, tt.status, tt.body)
			if err := c.Get(t.Context(), "/leads/L1", &lead.Lead{}); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("Get = %v, want %s", err, tt.want)
			}
		})
	}
	var no *Refusal
	c, _ := answering(t, 503, "later")
	if err := c.Get(t.Context(), "/", nil); !errors.As(err, &no) || no.Code != 503 || no.Text != "later" {
		t.Errorf("Get = %v, want a refusal with its status", err)
	}
	if err := (Client{Address: "127.0.0.1:1"}).Get(t.Context(), "/", nil); err == nil || !strings.Contains(err.Error(), "is it running?") {
		t.Errorf("Get of no server = %v", err)
	}
}

func TestClient_Walk(t *testing.T) {
	c, _ := answering(t, 200, `{"progress":{"done":1,"all":2}}
{"turn":{"lead_id":"L1"}}
{"result":{"leads":2}}
`)
	var seen []string
	progress := lead.Walk{Turn: func(x lead.Turn) error { seen = append(seen, x.LeadID); return nil },
		Progress: func(p lead.Progress) error { seen = append(seen, fmt.Sprint(p.Done)); return nil }}
	var r lead.Rehearsal
	if err := c.Walk(t.Context(), "/rules/try", nil, progress, &r); err != nil || r.Leads != 2 || !slices.Equal(seen, []string{"1", "L1"}) {
		t.Errorf("Walk = %v, %+v, seen %q", err, r, seen)
	}
	for body, want := range map[string]string{`{"error":"redis is away"}` + "\n": "redis is away", "": "went away before the end", "x\n": "read the server's answer"} {
		c, _ := answering(t, 200, body)
		if err := c.Walk(t.Context(), "/rules/try", nil, progress, &r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Walk over %q = %v, want %s", body, err, want)
		}
	}
}

func TestClient_Await(t *testing.T) {
	c, asked := answering(t, 200, `{"id":"R1","state":"running"}`, `{"id":"R1","state":"done","looked":7}`)
	run := lead.Run{ID: "R1", State: "running"}
	if err := c.Await(t.Context(), &run, io.Discard); err != nil || run.Looked != 7 || len(*asked) != 2 {
		t.Errorf("Await = %v, %+v after %q", err, run, *asked)
	}
	failed := lead.Run{State: "failed", Error: "redis went away"}
	if err := c.Await(t.Context(), &failed, io.Discard); err == nil || !strings.Contains(err.Error(), "redis went away") {
		t.Errorf("Await of a failed run = %v", err)
	}
}
