package app

import (
	"errors"
	"net"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

func TestEmbedded_LongPipelines(t *testing.T) {
	c, err := openRedis(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	pipe := c.workers.Pipeline()
	var sets []*redis.BoolCmd
	for range 5_000 {
		sets = append(sets, pipe.SetNX(t.Context(), "key", "value", 0))
	}
	begin := time.Now()
	if _, err := pipe.Exec(t.Context()); err != nil {
		t.Fatalf("a pipeline of %d commands after %s: %v", len(sets), time.Since(begin), err)
	}
	if !sets[0].Val() || sets[1].Val() {
		t.Error("the first SETNX did not set the key, or the second did")
	}
}

func TestBufferedConn_Closed(t *testing.T) {
	near, far := net.Pipe()
	b := &bufferedConn{Conn: near}
	b.more.L = &b.mu
	go b.pass()
	if _, err := b.Write([]byte("ab")); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 2)
	if n, err := far.Read(got); err != nil || n == 0 {
		t.Fatalf("the other end read %d bytes, %v", n, err)
	}
	b.Close()
	if _, err := b.Write([]byte("c")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Write after Close = %v, want net.ErrClosed", err)
	}
}
