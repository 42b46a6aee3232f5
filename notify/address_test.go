package notify

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/leadgate/leadgate/lead"
)

// inside are URLs that lead, or are said to lead, to a machine's own side. Names
// resolve to what the test's name server says.
var inside = []string{
	"https://127.0.0.1/", "https://127.1/", "https://127.0.1/", "https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/", "https://0177.0.0.1/",
	"https://017700000001/", "https://127.0.0.1./", "https://127.127.127.127/", "https://0/", "https://0.0.0.0/", "https://0.1.2.3/", "https://localhost/",
	"https://LOCALHOST/", "https://localhost./", "https://sub.localhost/", "https://localhost.localdomain/", "https://127.0.0.1.nip.example/", "https://rebind.example/",
	"https://[::1]/", "https://[::]/", "https://[0:0:0:0:0:0:0:1]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[::127.0.0.1]/",
	"https://[64:ff9b::127.0.0.1]/", "https://[64:ff9b::a9fe:a9fe]/", "https://[64:ff9b:1::1]/", "https://[2002:7f00:1::]/", "https://[2002:a9fe:a9fe::]/", "https://[2001:0:7f00:1::]/",
	"https://[fe80::1]/", "https://[fe80::1%25lo]/", "https://[fc00::1]/", "https://[fd12:3456:789a::1]/", "https://[fd00:ec2::254]/", "https://[fec0::1]/", "https://[ff02::1]/",
	"https://[100::1]/", "https://[2001:db8::1]/", "https://[3fff::1]/", "https://[::ffff:169.254.169.254]/",
	"https://10.0.0.1/", "https://10.255.255.255/", "https://172.16.0.1/", "https://172.31.255.255/", "https://192.168.0.1/", "https://192.168.255.255/",
	"https://169.254.169.254/latest/meta-data/", "https://169.254.170.2/v2/credentials", "https://100.64.0.1/", "https://100.100.100.200/latest/meta-data/", "https://100.127.255.255/",
	"https://192.0.0.192/opc/v2/", "https://168.63.129.16/machine", "https://198.18.0.1/", "https://224.0.0.1/", "https://239.255.255.255/", "https://240.0.0.1/", "https://255.255.255.255/",
	"https://metadata.google.internal/computeMetadata/v1/", "https://instance-data/", "https://kubernetes.default.svc/", "https://192.0.2.1/", "https://203.0.113.7/", "https://192.88.99.1/",
	"https://１２７.０.０.１/", "https://①②⑦.⓪.⓪.①/",
}

// nameServer answers every question for an address with 127.0.0.1 or ::1, as a
// name that was public a moment ago may.
func nameServer(t *testing.T) *net.Resolver {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			q := m.Questions[0]
			m.Response, m.Authoritative, m.Additionals = true, true, nil
			h := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}
			switch q.Type {
			case dnsmessage.TypeA:
				m.Answers = []dnsmessage.Resource{{Header: h, Body: &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}}}}
			case dnsmessage.TypeAAAA:
				m.Answers = []dnsmessage.Resource{{Header: h, Body: &dnsmessage.AAAAResource{AAAA: netip.IPv6Loopback().As16()}}}
			}
			if out, err := m.Pack(); err == nil {
				conn.WriteTo(out, from)
			}
		}
	}()
	var d net.Dialer
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// guarded opens a webhook that may go to public addresses only, with names
// resolved by the test.
func guarded(t *testing.T, url string, names *net.Resolver) (Sender, error) {
	s, err := Open(Target{Name: "crm", Kind: "webhook", URL: url}, Env{})
	if err != nil {
		return nil, err
	}
	tr := s.(*webhook).caller.client.Transport.(*http.Transport)
	tr.DialContext = (&net.Dialer{Control: publicOnly, Resolver: names}).DialContext
	return s, nil
}

func TestWebhook_GoesNowhereInside(t *testing.T) {
	if len(inside) < 60 {
		t.Errorf("the corpus has %d URLs", len(inside))
	}
	var reached atomic.Int32
	canary, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer canary.Close()
	go func() {
		for {
			c, err := canary.Accept()
			if err != nil {
				return
			}
			reached.Add(1)
			c.Close()
		}
	}()
	_, port, _ := net.SplitHostPort(canary.Addr().String())
	names := nameServer(t)
	for _, where := range inside {
		u, err := url.Parse(where)
		if err != nil {
			continue // refused when the configuration is read
		}
		u.Host = net.JoinHostPort(u.Hostname(), port)
		s, err := guarded(t, u.String(), names)
		if err != nil {
			continue
		}
		_, err = s.Send(t.Context(), []Alert{grace(lead.Copy)})
		var e *Error
		if !errors.As(err, &e) || e.Code != "private_address" && e.Code != "network" && e.Code != "dns" {
			t.Errorf("Send to %s = %v, want it refused", where, err)
			continue
		}
		if e.Code == "private_address" && e.Class != BadTarget {
			t.Errorf("Send to %s is of class %v, want BadTarget", where, e.Class)
		}
	}
	if n := reached.Load(); n > 0 {
		t.Errorf("%d connections reached this machine", n)
	}
	// The guard is what keeps them out: without it the canary hears.
	if _, err := open(t, "webhook", newFake(t), func(target *Target, _ *Env) { target.URL = "http://127.0.0.1:" + port }).Send(t.Context(), []Alert{grace(lead.Copy)}); err == nil || reached.Load() == 0 {
		t.Errorf("with private targets allowed: %v, %d connections", err, reached.Load())
	}
}

func TestPublic(t *testing.T) {
	for _, a := range []string{"8.8.8.8", "1.1.1.1", "172.15.0.1", "172.32.0.1", "100.63.255.255", "100.128.0.1", "192.167.1.1", "169.253.1.1", "198.17.0.1", "198.20.0.1", "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8"} {
		if !public(netip.MustParseAddr(a)) {
			t.Errorf("public(%s) = false", a)
		}
	}
	for _, where := range inside {
		u, err := url.Parse(where)
		if err != nil {
			continue
		}
		if a, err := netip.ParseAddr(u.Hostname()); err == nil && public(a) {
			t.Errorf("public(%s) = true", a)
		}
	}
	for _, address := range []string{"127.0.0.1", "nonsense:80", ":80", "[::1]:80", "10.1.1.1:443"} {
		if err := publicOnly("tcp", address, nil); !errors.Is(err, errPrivate) {
			t.Errorf("publicOnly(%q) = %v", address, err)
		}
	}
	if strings.Contains(fmt.Sprint(failure(fmt.Errorf("dial 10.1.2.3: %w", errPrivate), false)), "10.1") {
		t.Error("the error tells an inner address")
	}
}
