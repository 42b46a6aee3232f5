package source

import (
	"net/http"
	"net/netip"
	"strings"
)

// Client returns the address that a request came from: the connection's, or
// what trusted proxies say of it. The zero Addr: unknown.
func (s *Set) Client(r *http.Request) netip.Addr {
	return clientAddr(r.RemoteAddr, r.Header.Values("X-Forwarded-For"), s.o.TrustedProxies)
}

// clientAddr walks back from the connection through the proxies that are
// trusted. The first address that is none of them is the client; what it
// claims itself, further left, is not looked at.
func clientAddr(remote string, forwarded []string, trusted []netip.Prefix) netip.Addr {
	addr := parseAddr(remote)
	if len(trusted) == 0 || len(forwarded) == 0 {
		return addr
	}
	hops := strings.Split(strings.Join(forwarded, ","), ",")
	for i := len(hops) - 1; i >= 0 && within(addr, trusted); i-- {
		hop := parseAddr(strings.TrimSpace(hops[i]))
		if !hop.IsValid() {
			break // a proxy that does not know; the last sure address counts
		}
		addr = hop
	}
	return addr
}

// parseAddr reads an address with or without a port, and an IPv4 one that is
// dressed as IPv6 as what it is.
func parseAddr(s string) netip.Addr {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone("")
	}
	a, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap().WithZone("")
}

func within(a netip.Addr, prefixes []netip.Prefix) bool {
	for _, p := range prefixes {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// household is what one client can easily have all of: an IPv4 address, the
// /64 of an IPv6 one.
func household(a netip.Addr) netip.Addr {
	if !a.Is6() {
		return a
	}
	p, err := a.Prefix(64)
	if err != nil {
		return a
	}
	return p.Addr()
}
