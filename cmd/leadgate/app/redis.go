package app

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

// redisClients are the connections to one Redis. The producer never waits: it
// stands between a form and its answer's consequences. Workers have patience:
// a dequeue whose reply is given up is a task that nobody works on.
type redisClients struct {
	producer  redis.UniversalClient // no more than 200 ms, no second try
	readers   redis.UniversalClient // of lists and reports, which take longer: 3 s
	workers   redis.UniversalClient // of the jobs' store
	hot, bulk redis.UniversalClient // of asynq's servers, one each for the wake gate
	embedded  bool
	cut       func() // ends what waits for the readers' Redis
	close     func()
}

// look is how much of a list the store reads at once: the built-in Redis sorts
// all of it for each look, another one must not be held up.
func (c *redisClients) look() int {
	if c.embedded {
		return 1 << 20
	}
	return 0
}

const (
	promptly  = 200 * time.Millisecond
	soon      = 3 * time.Second
	patiently = 30 * time.Second
)

// openRedis makes the clients for a configured URL, or for a Redis in this
// process when there is none. It does not wait for a connection.
func openRedis(ctx context.Context, rawURL string) (*redisClients, error) {
	o := &redis.UniversalOptions{}
	c := &redisClients{cut: func() {}, close: func() {}}
	if rawURL == "" {
		c.embedded = true
		mini := miniredis.NewMiniRedis()
		o.Addrs = []string{"embedded"}
		if _, err := mini.Dial(); err != nil { // starts it without a port that others could reach
			return nil, fmt.Errorf("start the built-in redis: %w", err)
		}
		o.Dialer = func(context.Context, string, string) (net.Conn, error) { return dialEmbedded(mini) }
		go tick(ctx, mini)
		c.close = mini.Close
	} else if err := parseRedisURL(rawURL, o); err != nil {
		return nil, err
	}
	o.MaxRetries = -1 // dequeue is not idempotent; what failed is tried again by jobs
	o.PoolSize = 64
	o.Protocol = 2 // what RESP3 adds nobody here uses, and looking for its pushes costs on every reply
	o.DisableIdentity = true
	quick := *o
	quick.ContextTimeoutEnabled = true
	quick.DialTimeout, quick.ReadTimeout, quick.WriteTimeout, quick.PoolTimeout = promptly, promptly, promptly, promptly
	quick.DialerRetries = 1
	reading := quick
	reading.ReadTimeout, reading.WriteTimeout, reading.PoolTimeout = soon, soon, soon
	if !c.embedded {
		open := &lines{tls: o.TLSConfig, timeout: promptly, open: map[*line]bool{}}
		reading.Dialer, c.cut = open.dial, open.cut
	}
	slow := *o
	slow.DialTimeout, slow.ReadTimeout, slow.WriteTimeout, slow.PoolTimeout = 2*time.Second, patiently, patiently, patiently
	slow.DialerRetries = 1
	c.producer, c.readers, c.workers = redis.NewUniversalClient(&quick), redis.NewUniversalClient(&reading), redis.NewUniversalClient(&slow)
	c.hot, c.bulk = redis.NewUniversalClient(&slow), redis.NewUniversalClient(&slow)
	stop := c.close
	c.close = func() {
		for _, client := range []redis.UniversalClient{c.producer, c.readers, c.workers, c.hot, c.bulk} {
			client.Close()
		}
		stop()
	}
	return c, nil
}

// tick moves the built-in Redis's clock, which stands still by itself. Moving it
// looks at every key, so it moves less often the more there are.
func tick(ctx context.Context, mini *miniredis.Miniredis) {
	const (
		often = 500 * time.Millisecond
		share = 200 // of the time at most a 200th goes into it
	)
	t := time.NewTimer(often)
	defer t.Stop()
	last := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		begin := time.Now()
		mini.FastForward(begin.Sub(last))
		last = begin
		t.Reset(max(often, share*time.Since(begin)))
	}
}

// parseRedisURL reads redis://, rediss://, redis+sentinel://host,host/MASTER and
// redis+cluster://host,host; user, password and database as usual, and the
// sentinels' own password as ?sentinel_password=.
func parseRedisURL(raw string, o *redis.UniversalOptions) error {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok {
		return fmt.Errorf("redis url has no scheme; write redis://127.0.0.1:6379/0")
	}
	// Several hosts are not a URL's host: keep them apart from the rest.
	userinfo, hosts := "", rest
	if i := strings.LastIndex(rest, "@"); i >= 0 {
		userinfo, hosts = rest[:i+1], rest[i+1:]
	}
	hosts, tail, _ := strings.Cut(hosts, "/")
	if h, q, ok := strings.Cut(hosts, "?"); ok {
		hosts, tail = h, "?"+q
	}
	u, err := url.Parse("redis://" + userinfo + "host/" + tail)
	if err != nil {
		return fmt.Errorf("redis url: its user, path or query is malformed")
	}
	for h := range strings.SplitSeq(hosts, ",") {
		if _, _, err := net.SplitHostPort(h); err != nil {
			h = net.JoinHostPort(strings.Trim(h, "[]"), "6379")
		}
		o.Addrs = append(o.Addrs, h)
	}
	o.Username = u.User.Username()
	o.Password, _ = u.User.Password()
	o.SentinelPassword = u.Query().Get("sentinel_password")
	path := strings.Trim(u.Path, "/")
	switch scheme {
	case "redis", "rediss":
		o.Addrs = o.Addrs[:1]
		if path != "" {
			if o.DB, err = strconv.Atoi(path); err != nil {
				return fmt.Errorf("redis url: the path is the number of the database, like /0")
			}
		}
		if scheme == "rediss" {
			host, _, _ := net.SplitHostPort(o.Addrs[0])
			o.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host}
		}
	case "redis+sentinel":
		if o.MasterName = path; path == "" {
			return fmt.Errorf("redis url: name the master in the path, like redis+sentinel://host:26379/mymaster")
		}
	case "redis+cluster":
		o.IsClusterMode = true
	default:
		return fmt.Errorf("redis url: the scheme %q is none of redis, rediss, redis+sentinel, redis+cluster", scheme)
	}
	return nil
}

// QuietRedis stops go-redis from writing to standard error by itself; what
// matters of it reaches the log through those who called it.
func QuietRedis() { redis.SetLogger(noRedisLog{}) }

type noRedisLog struct{}

func (noRedisLog) Printf(context.Context, string, ...any) {}
