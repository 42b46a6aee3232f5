package source

import (
	"context"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/lead"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// fakeNotebook keeps notes in memory.
type fakeNotebook struct {
	notes map[string][]byte
	err   error
}

func (f *fakeNotebook) KeepNote(source string, note []byte) error {
	if f.err == nil {
		f.notes[source] = note
	}
	return f.err
}

func (f *fakeNotebook) Notes() (map[string][]byte, error) { return f.notes, f.err }

// testSet returns sources whose clock stands at noon.
func testSet(t *testing.T, sources ...Source) *Set {
	t.Helper()
	s, err := New(Options{Notebook: &fakeNotebook{notes: map[string][]byte{}}, ArrivalRates: func(context.Context) (map[string]lead.ArrivalRate, error) { return nil, nil },
		Public: &url.URL{Scheme: "https", Host: "leads.example.com"}, Registry: prometheus.NewRegistry(), Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Reload(sources); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestLimiter_IsBounded(t *testing.T) {
	l := NewLimiter(Rate{N: 1, Per: time.Minute})
	l.most = 3
	addr := func(n byte) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, 2, n}) }
	for n := byte(1); n <= 3; n++ {
		if l.Take(addr(n), noon, 1) != 0 {
			t.Fatalf("address %d must wait at its first request", n)
		}
	}
	if l.Take(addr(1), noon, 1) == 0 { // and is now the latest
		t.Error("address 1 passes twice")
	}
	l.Take(addr(4), noon, 1) // 2 is forgotten
	if len(l.known) != 3 || l.used.Len() != 3 {
		t.Errorf("%d addresses and %d uses are known, want 3", len(l.known), l.used.Len())
	}
	if l.Take(addr(1), noon, 1) == 0 {
		t.Error("the latest address was forgotten")
	}
	if l.Take(addr(2), noon, 1) != 0 {
		t.Error("the oldest address was not forgotten")
	}
}
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

// Whatever a delivery can be refused for, there is something to do about it.
func TestEndpoint_Advice(t *testing.T) {
	s := testSet(t, []Source{
		{Name: "plain", Provider: "json"}, {Name: "zoom", Provider: "zoom", Secret: "zoom-secret"}, {Name: "both", Provider: "json", Token: "t", Header: map[string]string{"x-key": "secret-key", "x-also": "y"}},
	}...)
	for name, tc := range map[string]struct{ source, why, want string }{
		"Signature":      {"zoom", "bad_signature", "the one at Zoom"},
		"Stale":          {"zoom", "stale", "NTP"},
		"TokenAndHeader": {"both", "bad_token", "Copy the address of this source to the sender again. Have the sender send the header X-Also, X-Key"},
		"TokenOfBefore":  {"plain", "bad_token", "does not ask for"},
		"NoContact":      {"plain", "no_contact", "map it with fields"},
		"Malformed":      {"plain", "malformed", "The page Rules"},
		"TooLarge":       {"plain", "too_large", "raise max_body"},
		"Type":           {"plain", "unsupported_type", "application/json"},
		"Rate":           {"plain", "rate_limited", "trusted_proxies"},
		"Method":         {"zoom", "method_not_allowed", "Have Zoom use POST"},
		"NotFound":       {"zoom", "not_found", "to Zoom again"},
		"NotDurable":     {"plain", "not_durable", "leadgate doctor"},
		"Internal":       {"plain", "internal", "its log"},
		"Handshake":      {"zoom", "handshake_refused", "save the address there again"},
		"Unheard":        {"plain", "whatever", ""},
	} {
		got := s.Find(tc.source).advice(tc.why)
		if !strings.Contains(got, tc.want) || (got == "") != (tc.want == "") {
			t.Errorf("%s: %q, want %q in it", name, got, tc.want)
		}
		if strings.Contains(got, "secret-key") {
			t.Errorf("%s tells a secret: %s", name, got)
		}
	}
	var silent []problem.Code
	for _, c := range problem.Codes() {
		if s.Find("plain").advice(string(c)) == "" {
			silent = append(silent, c)
		}
	}
	if d := cmp.Diff(map[problem.Code]bool{problem.Unavailable: true, problem.Unauthorized: true, problem.Forbidden: true, problem.Conflict: true, problem.BadQuery: true, problem.BadRules: true}, setOf(silent)); d != "" {
		t.Errorf("codes without advice; these are no delivery's (-want +got):\n%s", d)
	}
}

func setOf(all []problem.Code) map[problem.Code]bool {
	set := map[problem.Code]bool{}
	for _, c := range all {
		set[c] = true
	}
	return set
}

func TestFormValue_CutShort(t *testing.T) {
	if got := formValue("multipart/form-data; boundary=B", []byte("--B\r\nContent-Disposition: form-data; name=\"_next\""), "_next"); got != "" {
		t.Errorf("formValue of a broken part = %q, want nothing", got)
	}
	if got := formValue("application/x-www-form-urlencoded", []byte("a=b&_next=%zz"), "_next"); got != "" {
		t.Errorf("formValue of broken escapes = %q, want nothing", got)
	}
}
