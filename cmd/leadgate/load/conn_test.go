package load

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestRequest_Fill(t *testing.T) {
	r := newRequest("127.0.0.1:8080", "/in/warm")
	people := map[string]bool{}
	for _, id := range []uint64{1, 0x19a0c0ffee000002} {
		req, err := http.ReadRequest(bufio.NewReader(strings.NewReader(string(r.fill(id)))))
		if err != nil {
			t.Fatalf("fill(%x) is no HTTP request: %v", id, err)
		}
		raw, err := io.ReadAll(req.Body)
		if err != nil {
			t.Fatalf("fill(%x): body: %v", id, err)
		}
		var body map[string]string
		if err := json.Unmarshal(raw, &body); err != nil {
			t.Fatalf("fill(%x): %v in %s", id, err, raw)
		}
		if req.Method != "POST" || req.URL.Path != "/in/warm" || req.Host != "127.0.0.1:8080" || req.Header.Get("Content-Type") != "application/json" {
			t.Errorf("fill(%x) = %s %s to %s with %v", id, req.Method, req.URL, req.Host, req.Header)
		}
		if got := idsIn(raw); len(got) != 1 || !got[id] {
			t.Errorf("idsIn(body of %d) = %v", id, got)
		}
		if !strings.HasPrefix(body["phone"], "+49 30 1") || len(body["phone"]) != len(noPhone) {
			t.Errorf("phone = %q, want one like %q", body["phone"], noPhone)
		}
		people[body["email"]+body["phone"]+body["name"]] = true
	}
	if len(people) != 2 {
		t.Errorf("two ids made %d people: %v", len(people), people)
	}
}

func TestReadReply(t *testing.T) {
	for _, c := range []struct {
		name, raw string
		status    int
		keep, bad bool
		left      string // must not be read
	}{
		{name: "ContentLength", raw: "HTTP/1.1 202 Accepted\r\nX: y\r\ncontent-length: 2\r\n\r\n{}HTTP", status: 202, keep: true, left: "HTTP"},
		{name: "Chunked", raw: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nTrailer: x\r\n\r\nHTTP", status: 200, keep: true, left: "HTTP"},
		{name: "Close", raw: "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", status: 503},
		{name: "NoContent", raw: "HTTP/1.1 204 No Content\r\n\r\nHTTP", status: 204, keep: true, left: "HTTP"},
		{name: "ToTheEnd", raw: "HTTP/1.1 200 OK\r\n\r\nall of it", status: 200},
		{name: "OldVersion", raw: "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", status: 200},
		{name: "Nothing", raw: "", bad: true},
		{name: "NotHTTP", raw: "SSH-2.0-OpenSSH_9.6\r\n", bad: true},
		{name: "NoStatus", raw: "HTTP/1.1 abc OK\r\n\r\n", bad: true},
		{name: "BadLength", raw: "HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\n", status: 200, bad: true},
		{name: "CutInHeader", raw: "HTTP/1.1 200 OK\r\nContent-", status: 200, bad: true},
		{name: "CutInBody", raw: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", status: 200, keep: true, bad: true},
		{name: "CutInChunk", raw: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc", status: 200, keep: true, bad: true},
		{name: "CutInTrailer", raw: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", status: 200, keep: true, bad: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			br := bufio.NewReader(strings.NewReader(c.raw))
			status, keep, err := readReply(br)
			if status != c.status || keep != c.keep || (err != nil) != c.bad {
				t.Errorf("readReply = %d, %t, %v, want %d, %t, an error: %t", status, keep, err, c.status, c.keep, c.bad)
			}
			if left, _ := io.ReadAll(br); !c.bad && string(left) != c.left {
				t.Errorf("left %q, want %q", left, c.left)
			}
		})
	}
}

func TestConn_Shoot(t *testing.T) {
	t.Run("KeepsTheConnection", func(t *testing.T) {
		var opened int
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusAccepted)
		}))
		server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
			if s == http.StateNew {
				opened++ // one goroutine accepts
			}
		}
		server.Start()
		defer server.Close()
		c := newConn(server.Listener.Addr().String(), []string{"/in/a", "/in/b"}, time.Second)
		defer c.close()
		for i := range 4 {
			if code, err := c.shoot(t.Context(), i%2, uint64(i)); code != http.StatusAccepted || err != nil {
				t.Fatalf("shoot = %d, %v, want 202", code, err)
			}
		}
		c.close()
		server.Close()
		if opened != 1 {
			t.Errorf("4 requests opened %d connections, want 1", opened)
		}
	})
	t.Run("Timeout", func(t *testing.T) {
		ln := silent(t)
		c := newConn(ln, []string{"/"}, 20*time.Millisecond)
		_, err := c.shoot(t.Context(), 0, 1)
		if got := errorWord(err); got != "timeout" {
			t.Errorf("a server that never answers: %q (%v), want timeout", got, err)
		}
		if c.c != nil {
			t.Error("the connection was kept after an error")
		}
	})
	t.Run("NobodyListens", func(t *testing.T) {
		addr, err := freeAddr()
		if err != nil {
			t.Fatal(err)
		}
		c := newConn(addr, []string{"/"}, time.Second)
		_, err = c.shoot(t.Context(), 0, 1)
		if got := errorWord(err); got != "connect" || !errors.Is(err, errConnect) {
			t.Errorf("nobody listens: %q (%v), want connect", got, err)
		}
	})
}

// silent is the address of a server that takes connections and says nothing.
func silent(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() }) // the backlog holds the connections
	return ln.Addr().String()
}
