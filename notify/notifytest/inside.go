package notifytest

import (
	"context"
	"net"
	"net/netip"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// Inside are URLs of private addresses. Names resolve as NameServer answers.
var Inside = []string{
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

// NameServer answers every question for an address with 127.0.0.1 or ::1, as a
// name that was public a moment ago may.
func NameServer(t *testing.T) *net.Resolver {
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
