package handlers

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// What net/http does before any handler, and what remains of a connection.
func TestWire(t *testing.T) {
	s, a := testServer(t, testSources)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := s.HTTPServer()
	done := make(chan error, 1)
	go func() { done <- server.Serve(ln) }()
	t.Cleanup(func() {
		server.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Serve: %v", err)
		}
	})
	const head = "POST /in/json HTTP/1.1\r\nHost: leads.example.com\r\nContent-Type: application/json\r\n"
	for name, tc := range map[string]struct {
		wire  string
		want  int
		close bool
	}{
		"Good":              {head + "Content-Length: 30\r\n\r\n" + `{"email":"ada@brandt.example"}`, 202, false},
		"Header64KiB":       {head + "X-A: " + strings.Repeat("a", 64<<10) + "\r\nContent-Length: 2\r\n\r\n{}", 431, true},
		"Header8KiB":        {head + "X-A: " + strings.Repeat("a", 8<<10) + "\r\nContent-Length: 30\r\n\r\n" + `{"email":"ada@brandt.example"}`, 202, false},
		"ManyHeaders":       {head + strings.Repeat("X-Some-Header: value\r\n", 2000) + "Content-Length: 2\r\n\r\n{}", 431, true},
		"Claims10GB":        {head + "Content-Length: 10000000000\r\n\r\n{", 413, true},
		"ChunkedOver":       {head + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("10000\r\n"+strings.Repeat("a", 64<<10)+"\r\n", 5) + "0\r\n\r\n", 413, true},
		"ChunkedBroken":     {head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400, true},
		"TwoContentLengths": {head + "Content-Length: 2\r\nContent-Length: 5\r\n\r\n{}abc", 400, true},
		"DotDot":            {"POST /in/../../etc/passwd HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}", 404, false},
		"DoubleSlash":       {"POST //in/json HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}", 404, false},
		"Brew":              {"BREW /in/json HTTP/1.1\r\nHost: x\r\n\r\n", 405, false},
		"HeadUnknown":       {"HEAD /in/nope HTTP/1.1\r\nHost: x\r\n\r\n", 404, false},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := net.Dial("tcp", ln.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if err := c.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
				t.Fatal(err)
			}
			go io.WriteString(c, tc.wire) // the server may hang up in the middle of it
			method, _, _ := strings.Cut(tc.wire, " ")
			resp, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
			if err != nil {
				t.Fatalf("no answer: %v", err)
			}
			defer resp.Body.Close()
			if resp.StatusCode != tc.want || resp.Close != tc.close {
				t.Errorf("answer %d, closing %v; want %d, %v", resp.StatusCode, resp.Close, tc.want, tc.close)
			}
		})
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.touches) != 2 {
		t.Errorf("%d touches accepted, want 2", len(a.touches))
	}
}
