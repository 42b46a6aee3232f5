package app

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// Nobody waits for the answer of a Redis that has gone.
func TestLines_Cut(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	asked := make(chan net.Conn)
	go func() {
		for c, err := ln.Accept(); err == nil; c, err = ln.Accept() {
			if _, err := c.Read(make([]byte, 1)); err == nil {
				asked <- c // and never answers
			}
		}
	}()
	clients, err := openRedis(t.Context(), "redis://"+ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer clients.close()
	for range 2 { // what is dialed afterwards is cut as well
		failed := make(chan error, 1)
		begin := time.Now()
		go func() { failed <- clients.readers.ZCard(t.Context(), "list").Err() }()
		defer (<-asked).Close()
		clients.cut()
		if err := <-failed; err == nil || time.Since(begin) > soon/2 {
			t.Errorf("a call that was cut ended with %v after %s", err, time.Since(begin))
		}
	}
}

func TestLines_TLS(t *testing.T) {
	secure, plain := httptest.NewTLSServer(http.NotFoundHandler()), httptest.NewServer(http.NotFoundHandler())
	defer secure.Close()
	defer plain.Close()
	trusted := secure.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	trusted.ServerName = "example.com"
	for name, tc := range map[string]struct {
		server *httptest.Server
		tls    *tls.Config
		ok     bool
	}{
		"Plain":     {plain, nil, true},
		"Secure":    {secure, trusted, true},
		"Untrusted": {secure, &tls.Config{ServerName: "example.com"}, false},
		"NotSecure": {plain, trusted, false},
	} {
		t.Run(name, func(t *testing.T) {
			l := &lines{tls: tc.tls, timeout: 5 * time.Second, open: map[*line]bool{}}
			c, err := l.dial(t.Context(), "tcp", tc.server.Listener.Addr().String())
			if (err == nil) != tc.ok {
				t.Fatalf("dial = %v, want success %t", err, tc.ok)
			}
			if c != nil {
				c.Close()
			}
			if len(l.open) != 0 {
				t.Errorf("%d lines are remembered that nobody has", len(l.open))
			}
		})
	}
	l := &lines{timeout: time.Second, open: map[*line]bool{}}
	if c, err := l.dial(t.Context(), "tcp", "127.0.0.1:1"); err == nil {
		c.Close()
		t.Error("a port that nobody listens on was dialed")
	}
}
