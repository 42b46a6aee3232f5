package config

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// network is a range of addresses, or one address.
var network = grammar[netip.Prefix]{func(s string) (netip.Prefix, *wrong) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked(), nil
	}
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, &wrong{"is not a range of addresses", "write 10.0.0.0/8, or one address"}
	}
	return netip.PrefixFrom(a, a.BitLen()), nil
}, nil, nil, form{sample: "10.0.0.0/8"}}

// hostPort is where to listen.
var hostPort = grammar[string]{func(s string) (string, *wrong) {
	host, port, err := net.SplitHostPort(s)
	n, bad := strconv.ParseUint(port, 10, 16)
	if err != nil || bad != nil || strings.ContainsAny(host, "/ @") {
		return s, &wrong{"is not host:port", "write 127.0.0.1:8080, or :8080 for every address; port 0 is any free one"}
	}
	return net.JoinHostPort(host, strconv.FormatUint(n, 10)), nil
}, nil, nil, form{sample: "127.0.0.1:8080", pattern: `^.*:[0-9]{1,5}$`}}

// webURL is an http or https address. Whether http is enough is checked later.
func webURL(sample string) grammar[string] {
	return grammar[string]{func(s string) (string, *wrong) {
		u, err := url.Parse(s)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
			return s, &wrong{"is not a web address", "write " + sample}
		}
		return s, nil
	}, nil, maskURL, form{sample: sample, pattern: "^https?://"}}
}

// targetURL is where a target is: a web address, of which the path may be a
// template, or a mail server's.
var targetURL = grammar[string]{func(s string) (string, *wrong) {
	if strings.HasPrefix(s, "smtp://") || strings.HasPrefix(s, "smtps://") {
		return s, nil // the kind looks at it
	}
	fixed, _, _ := strings.Cut(s, "{{")
	_, bad := webURL("https://crm.example.com/hook").parse(fixed)
	return s, bad
}, nil, maskURL, form{sample: "https://crm.example.com/hook", pattern: "^(https?|smtps?)://"}}

// site is the scheme, host and port of a web address.
var site = grammar[string]{func(s string) (string, *wrong) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || strings.Trim(u.Path, "/")+u.RawQuery+u.Fragment != "" {
		return s, &wrong{"is not an origin", "write https://www.example.com, without a path"}
	}
	return u.Scheme + "://" + strings.ToLower(u.Host), nil
}, nil, nil, form{sample: "https://www.example.com", pattern: "^https?://[^/]+/?$"}}

// redisURL checks the address of a Redis in its four forms.
var redisURL = grammar[Secret]{func(s string) (Secret, *wrong) {
	scheme, rest, _ := strings.Cut(s, "://")
	hosts, path, _ := strings.Cut(rest[strings.LastIndex(rest, "@")+1:], "/")
	path, _, _ = strings.Cut(path, "?")
	hosts, _, _ = strings.Cut(hosts, "?")
	if !slices.Contains([]string{"redis", "rediss", "redis+sentinel", "redis+cluster"}, scheme) {
		return Secret(s), &wrong{"does not begin with redis://, rediss://, redis+sentinel:// or redis+cluster://", "write redis://127.0.0.1:6379/0"}
	}
	several := strings.HasPrefix(scheme, "redis+")
	for host := range strings.SplitSeq(hosts, ",") {
		if strings.Trim(host, ":0123456789") == "" && !strings.ContainsAny(host, ".[") && host != "0" {
			return Secret(s), &wrong{"names no host", "write " + scheme + "://host:port"}
		}
	}
	_, noNumber := strconv.ParseUint(path, 10, 16)
	switch {
	case !several && strings.Contains(hosts, ","):
		return Secret(s), &wrong{"names several hosts", "write redis+sentinel://host:port,host:port/MASTER or redis+cluster://host:port,host:port"}
	case scheme == "redis+sentinel" && path == "":
		return Secret(s), &wrong{"names no master", "write redis+sentinel://host:port,host:port/MASTER"}
	case !several && path != "" && noNumber != nil:
		return Secret(s), &wrong{"does not end with the number of a database", "write redis://127.0.0.1:6379/0"}
	}
	return Secret(s), nil
}, Secret.Reveal, maskRedis, form{sample: "redis://127.0.0.1:6379/0", pattern: `^(rediss?|redis\+(sentinel|cluster))://`}}
