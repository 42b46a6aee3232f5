package app

import (
	"fmt"
	"net"
	"sync"

	"github.com/alicebob/miniredis/v2"
)

// dialEmbedded connects to the built-in Redis without a port that others could
// reach. The pipe that Dial gives has no buffer, and a pipeline whose replies
// begin before its last command is written would wait for ever: so what is
// written waits here.
func dialEmbedded(mini *miniredis.Miniredis) (net.Conn, error) {
	c, err := mini.Dial()
	if err != nil {
		return nil, fmt.Errorf("connect to the built-in redis: %w", err)
	}
	b := &bufferedConn{Conn: c}
	b.more.L = &b.mu
	go b.pass()
	return b, nil
}

// bufferedConn is a connection whose Write never waits.
type bufferedConn struct {
	net.Conn
	mu      sync.Mutex
	more    sync.Cond
	waiting []byte
	err     error // of a write, or net.ErrClosed
}

// Write keeps p until the other end reads it.
func (b *bufferedConn) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil {
		return 0, b.err
	}
	b.waiting = append(b.waiting, p...)
	b.more.Signal()
	return len(p), nil
}

// Close ends the connection and pass.
func (b *bufferedConn) Close() error {
	b.mu.Lock()
	b.err = net.ErrClosed
	b.more.Signal()
	b.mu.Unlock()
	return b.Conn.Close()
}

// pass writes what waits, until the connection is closed.
func (b *bufferedConn) pass() {
	var out []byte
	for {
		b.mu.Lock()
		for len(b.waiting) == 0 && b.err == nil {
			b.more.Wait()
		}
		if b.err != nil {
			b.mu.Unlock()
			return
		}
		out, b.waiting = b.waiting, out[:0]
		b.mu.Unlock()
		if _, err := b.Conn.Write(out); err != nil {
			b.mu.Lock()
			b.err = err
			b.mu.Unlock()
			return
		}
	}
}
