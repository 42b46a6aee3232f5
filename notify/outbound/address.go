package outbound

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"syscall"
)

// errPrivate does not contain the address: configured names must not reveal the
// addresses of an internal network.
var errPrivate = errors.New("the host's address is not a public one (LEADGATE_ALLOW_PRIVATE_TARGETS allows it)")

// PublicOnly is the Control of a net.Dialer that connects to public addresses only.
// It runs when the address is known, so a name that resolves differently every
// time does not get around it.
func PublicOnly(_, address string, _ syscall.RawConn) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return errPrivate
	}
	a, err := netip.ParseAddr(host)
	if err != nil || !public(a) {
		return errPrivate
	}
	return nil
}

// public reports whether an address can be reached from anywhere on the internet.
func public(a netip.Addr) bool {
	a = a.WithZone("").Unmap()
	if a.Is6() && !prefix("2000::/3").Contains(a) {
		return false // loopback, link-local, private, multicast, NAT64, unassigned
	}
	return !slices.ContainsFunc(reserved, func(p netip.Prefix) bool { return p.Contains(a) })
}

// reserved are the networks of IPv4 and of 2000::/3 that lead to no host on the
// internet, or back into the own network.
// https://www.iana.org/assignments/iana-ipv4-special-registry
var reserved = []netip.Prefix{
	prefix("0.0.0.0/8"),        // this network
	prefix("10.0.0.0/8"),       // private
	prefix("100.64.0.0/10"),    // carrier NAT; a cloud's metadata at 100.100.100.200
	prefix("127.0.0.0/8"),      // loopback
	prefix("168.63.129.16/32"), // a cloud's metadata
	prefix("169.254.0.0/16"),   // link-local; clouds' metadata
	prefix("172.16.0.0/12"),    // private
	prefix("192.0.0.0/24"),     // protocol assignments; a cloud's metadata
	prefix("192.0.2.0/24"),     // documentation
	prefix("192.88.99.0/24"),   // 6to4 relays
	prefix("192.168.0.0/16"),   // private
	prefix("198.18.0.0/15"),    // benchmarks
	prefix("198.51.100.0/24"),  // documentation
	prefix("203.0.113.0/24"),   // documentation
	prefix("224.0.0.0/4"),      // multicast
	prefix("240.0.0.0/4"),      // reserved, broadcast
	prefix("2001::/23"),        // protocol assignments, Teredo among them
	prefix("2001:db8::/32"),    // documentation
	prefix("2002::/16"),        // 6to4: holds an IPv4 address
	prefix("3fff::/20"),        // documentation
}

func prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }
