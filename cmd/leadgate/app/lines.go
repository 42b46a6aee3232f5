package app

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"time"
)

// lines are the open connections of a client whose calls may take long. Cut, they
// fail at once, and the next call dials anew: nobody waits for a Redis that went
// in the middle of an answer.
type lines struct {
	tls     *tls.Config   // nil: plain
	timeout time.Duration // of a dial

	mu   sync.Mutex
	open map[*line]bool
}

type line struct {
	*net.TCPConn
	of *lines
}

// Close closes the connection, which nobody need cut any more.
func (l *line) Close() error {
	l.of.mu.Lock()
	delete(l.of.open, l)
	l.of.mu.Unlock()
	return l.TCPConn.Close()
}

// dial is a redis.UniversalOptions.Dialer.
func (s *lines) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	c, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	l := &line{c.(*net.TCPConn), s} // redis URLs name hosts
	s.mu.Lock()
	s.open[l] = true
	s.mu.Unlock()
	if s.tls == nil {
		return l, nil
	}
	secure := tls.Client(l, s.tls)
	if err := secure.HandshakeContext(ctx); err != nil {
		secure.Close()
		return nil, err
	}
	return secure, nil
}

// cut ends whatever is on the lines.
func (s *lines) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for l := range s.open {
		l.TCPConn.Close()
		delete(s.open, l)
	}
}
