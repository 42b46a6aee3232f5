package handlers

import (
	"net/netip"
	"testing"
)

func TestClientAddr(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:ffff::/48")}
	for name, tc := range map[string]struct {
		remote    string
		forwarded []string
		trusted   []netip.Prefix
		want      string
	}{
		"Direct":            {"198.51.100.1:5000", nil, nil, "198.51.100.1"},
		"Spoofed":           {"198.51.100.1:5000", []string{"6.6.6.6"}, nil, "198.51.100.1"},
		"SpoofedUntrusted":  {"198.51.100.1:5000", []string{"6.6.6.6"}, trusted, "198.51.100.1"},
		"Proxy":             {"10.0.0.1:5000", []string{"198.51.100.1"}, trusted, "198.51.100.1"},
		"ProxySilent":       {"10.0.0.1:5000", nil, trusted, "10.0.0.1"},
		"SpoofedLeft":       {"10.0.0.1:5000", []string{"6.6.6.6, 198.51.100.1"}, trusted, "198.51.100.1"},
		"SpoofedTrusted":    {"10.0.0.1:5000", []string{"10.9.9.9, 198.51.100.1"}, trusted, "198.51.100.1"},
		"TwoProxies":        {"10.0.0.1:5000", []string{"198.51.100.1, 10.0.0.2"}, trusted, "198.51.100.1"},
		"TwoHeaders":        {"10.0.0.1:5000", []string{"6.6.6.6, 198.51.100.1", "10.0.0.2"}, trusted, "198.51.100.1"},
		"OnlyProxies":       {"10.0.0.1:5000", []string{"10.0.0.3, 10.0.0.2"}, trusted, "10.0.0.3"},
		"Port":              {"10.0.0.1:5000", []string{"198.51.100.1:4711"}, trusted, "198.51.100.1"},
		"IPv6":              {"[2001:db8:ffff::1]:5000", []string{"2001:db8::7"}, trusted, "2001:db8::7"},
		"IPv6Port":          {"10.0.0.1:5000", []string{"[2001:db8::7]:443"}, trusted, "2001:db8::7"},
		"IPv6Brackets":      {"10.0.0.1:5000", []string{"[2001:db8::7]"}, trusted, "2001:db8::7"},
		"IPv6Zone":          {"[fe80::1%eth0]:5000", nil, nil, "fe80::1"},
		"MappedProxy":       {"[::ffff:10.0.0.1]:5000", []string{"198.51.100.1"}, trusted, "198.51.100.1"},
		"Rubbish":           {"10.0.0.1:5000", []string{"1.2.3.4, evil"}, trusted, "10.0.0.1"},
		"RubbishThenProxy":  {"10.0.0.1:5000", []string{"evil, 10.0.0.2"}, trusted, "10.0.0.2"},
		"Empty":             {"10.0.0.1:5000", []string{""}, trusted, "10.0.0.1"},
		"Unix":              {"@", nil, trusted, "invalid IP"},
		"UnixSpoofed":       {"@", []string{"6.6.6.6"}, trusted, "invalid IP"},
		"LoopbackNotBelief": {"127.0.0.1:5000", []string{"6.6.6.6"}, trusted, "127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := clientAddr(tc.remote, tc.forwarded, tc.trusted).String(); got != tc.want {
				t.Errorf("clientAddr(%q, %q) = %s, want %s", tc.remote, tc.forwarded, got, tc.want)
			}
		})
	}
}

func TestHousehold(t *testing.T) {
	for in, want := range map[string]string{
		"198.51.100.1":             "198.51.100.1",
		"2001:db8:1:2:aaaa::1":     "2001:db8:1:2::",
		"2001:db8:1:2:bbbb::2":     "2001:db8:1:2::",
		"2001:db8:1:3:aaaa::1":     "2001:db8:1:3::",
		"fe80::a00:27ff:fe4e:66a1": "fe80::",
	} {
		if got := household(netip.MustParseAddr(in)).String(); got != want {
			t.Errorf("household(%s) = %s, want %s", in, got, want)
		}
	}
}
