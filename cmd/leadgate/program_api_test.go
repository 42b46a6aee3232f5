package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// api asks the program's API with the configured token. Status 0: it does not answer.
func (p *program) api(method, path, body string) (status int, answer []byte) {
	p.t.Helper()
	req, err := http.NewRequest(method, "http://"+p.addr+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+apiToken)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil
	}
	defer resp.Body.Close()
	if answer, err = io.ReadAll(resp.Body); err != nil {
		return 0, nil
	}
	return resp.StatusCode, answer
}

// get reads the API into v, if the answer is 200, and returns the status.
func (p *program) get(path string, v any) int {
	p.t.Helper()
	status, b := p.api(http.MethodGet, path, "")
	if status == http.StatusOK {
		if err := json.Unmarshal(b, v); err != nil {
			p.t.Fatalf("GET %s: %v in %.200s", path, err, b)
		}
	}
	return status
}

// call sends a body to the API and reads the answer into v unless that is nil.
func (p *program) call(path, body string, v any) int {
	p.t.Helper()
	status, b := p.api(http.MethodPost, path, body)
	if v != nil && status != 0 {
		if err := json.Unmarshal(b, v); err != nil {
			p.t.Fatalf("POST %s: %d %.300s", path, status, b)
		}
	}
	return status
}

func (p *program) touch(id string) (t lead.Touch, ok bool) {
	return t, p.get("/touches/"+id, &t) == http.StatusOK
}

func (p *program) leadOf(id string) (l lead.Lead) {
	p.t.Helper()
	if code := p.get("/leads/"+id, &l); code != http.StatusOK {
		p.t.Fatalf("GET lead %s: %d", id, code)
	}
	return l
}

// tries does something about a lead and returns the status.
func (p *program) tries(id, verb, by string) int {
	p.t.Helper()
	return p.call("/leads/"+id+"/"+verb, fmt.Sprintf(`{"by":%q}`, by), nil)
}

// act does something about a lead and requires success.
func (p *program) act(id, verb, by string) {
	p.t.Helper()
	if code := p.tries(id, verb, by); code != http.StatusOK {
		p.t.Fatalf("%s lead %s = %d, want 200", verb, id, code)
	}
}

func (p *program) books() (b lead.Books) {
	p.t.Helper()
	p.get("/books", &b)
	return b
}

// balanced waits until nothing waits.
func (p *program) balanced() (b lead.Books) {
	p.t.Helper()
	p.t.Cleanup(func() {
		if p.t.Failed() {
			p.t.Logf("books: %+v", b)
		}
	})
	p.await("the books to balance", 90*time.Second, func() bool { b = p.books(); return b.Accepted > 0 && b.Waiting+b.Unaccounted == 0 })
	return b
}

// metrics is what /metrics says.
func (p *program) metrics() string {
	resp, err := http.Get("http://" + p.addr + "/metrics")
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return ""
	}
	return string(b)
}

// metric is one value of /metrics; "" when it is not there.
func (p *program) metric(name string) string {
	for line := range strings.Lines(p.metrics()) {
		if v, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(v)
		}
	}
	return ""
}
