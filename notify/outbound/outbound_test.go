package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/notifytest"
)

func TestFailure(t *testing.T) {
	for want, err := range map[string]error{
		"dns":     &net.DNSError{Err: "no such host", Name: "crm.example", IsNotFound: true},
		"timeout": &net.DNSError{Err: "no answer", Name: "crm.example", IsTimeout: true},
		"reset":   &net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)},
		"tls":     &tls.CertificateVerificationError{Err: errors.New("expired")},
	} {
		if e := ErrorOf(&url.Error{Op: "Post", URL: "https://secret", Err: err}, false); e.Code != want || strings.Contains(e.Error(), "crm.example") {
			t.Errorf("failure(%v) = %v, want %s", err, e, want)
		}
	}
	f := notifytest.NewServer(t)
	_, err := (&http.Client{}).Get(strings.Replace(f.URL, "http:", "https:", 1))
	if e := ErrorOf(err, false); e.Code != "tls" {
		t.Errorf("failure of https to a plain server = %s (%v), want tls", e.Code, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if e := ErrorOf(&url.Error{Op: "Post", URL: "https://secret", Err: ctx.Err()}, false); e.Code != "cancelled" {
		t.Errorf("failure of a cancelled call = %s, want cancelled", e.Code)
	}
	if e := ErrorOf(errors.New("https://secret"), true); e.Code != "network" || !e.Ambiguous || strings.Contains(e.Error(), "secret") {
		t.Errorf("failure of anything else = %v", e)
	}
}

// The calls of a Send carry the trace of the request that brought its lead.
func TestTraced(t *testing.T) {
	f := notifytest.NewServer(t, notifytest.Answer(200, ""))
	const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	for _, touch := range []*lead.Touch{{Trace: parent}, {}, nil} {
		req, err := http.NewRequestWithContext(Traced(t.Context(), []notify.Alert{{Touch: touch}}), http.MethodPost, f.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := New(true).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	var got []string
	for _, c := range f.Got() {
		got = append(got, c.Header.Get("Traceparent"))
	}
	if want := []string{parent, "", ""}; !slices.Equal(got, want) {
		t.Errorf("traceparents = %q, want %q", got, want)
	}
}
