package load

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestBaseline_Answers(t *testing.T) {
	var got []byte
	full := errors.New("redis is full")
	e := baselineRoutes(func(_ context.Context, body []byte) error {
		if bytes.Contains(body, []byte("refuse")) {
			return full
		}
		got = body
		return nil
	})
	for _, c := range []struct {
		name, method, path, body string
		want                     int
	}{
		{"Ready", "GET", "/readyz", "", 200},
		{"Lead", "POST", "/in/warm", `{"name":"Ada"}`, 202},
		{"Malformed", "POST", "/in/warm", `{"name":`, 400},
		{"NoObject", "POST", "/in/warm", `[1]`, 400},
		{"TooLarge", "POST", "/in/warm", `{"name":"` + strings.Repeat("x", mostBody) + `"}`, 413},
		{"QueueRefuses", "POST", "/in/warm", `{"name":"refuse"}`, 503},
		{"NoSuchPath", "POST", "/out", `{}`, 404},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			e.ServeHTTP(w, httptest.NewRequest(c.method, c.path, strings.NewReader(c.body)))
			if w.Code != c.want {
				t.Errorf("%s %s = %d %s, want %d", c.method, c.path, w.Code, w.Body, c.want)
			}
		})
	}
	if string(got) != `{"name":"Ada"}` {
		t.Errorf("accepted %s, want the body as it came", got)
	}
}

func TestBaseline_Errors(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler()) // has the port
	defer server.Close()
	nobody, err := freeAddr()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, kind, listen, redis, want string }{
		{"PortTaken", Echo, server.Listener.Addr().String(), "", "address already in use"},
		{"BadRedisURL", Naive, "127.0.0.1:0", "http://x", "redis url of naive"},
		{"NoRedis", Naive, "127.0.0.1:0", "redis://" + nobody + "/1", "reach the redis of naive"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			if err := Baseline(ctx, c.kind, c.listen, c.redis); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("err = %v, want %q", err, c.want)
			}
		})
	}
}
