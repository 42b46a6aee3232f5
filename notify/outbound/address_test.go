package outbound

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/leadgate/leadgate/notify/notifytest"
)

func TestPublic(t *testing.T) {
	for _, a := range []string{"8.8.8.8", "1.1.1.1", "172.15.0.1", "172.32.0.1", "100.63.255.255", "100.128.0.1", "192.167.1.1", "169.253.1.1", "198.17.0.1", "198.20.0.1", "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8"} {
		if !public(netip.MustParseAddr(a)) {
			t.Errorf("public(%s) = false", a)
		}
	}
	for _, where := range notifytest.Inside {
		u, err := url.Parse(where)
		if err != nil {
			continue
		}
		if a, err := netip.ParseAddr(u.Hostname()); err == nil && public(a) {
			t.Errorf("public(%s) = true", a)
		}
	}
	for _, address := range []string{"127.0.0.1", "nonsense:80", ":80", "[::1]:80", "10.1.1.1:443"} {
		if err := PublicOnly("tcp", address, nil); !errors.Is(err, errPrivate) {
			t.Errorf("publicOnly(%q) = %v", address, err)
		}
	}
	if strings.Contains(fmt.Sprint(ErrorOf(fmt.Errorf("dial 10.1.2.3: %w", errPrivate), false)), "10.1") {
		t.Error("the error contains an inner address")
	}
}
