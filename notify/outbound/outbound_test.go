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
	"time"

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

// What each status means for the attempts that follow.
func TestClient_Statuses(t *testing.T) {
	for status, want := range map[int]notify.Error{
		http.StatusTooManyRequests:       {Class: notify.Again, RetryAfter: RateLimitWait},
		http.StatusRequestTimeout:        {Class: notify.Again, Ambiguous: true},
		http.StatusBadGateway:            {Class: notify.Again, Ambiguous: true},
		http.StatusUnauthorized:          {Class: notify.BadToken},
		http.StatusForbidden:             {Class: notify.BadToken},
		http.StatusBadRequest:            {Class: notify.BadContent},
		http.StatusRequestEntityTooLarge: {Class: notify.BadContent},
		http.StatusNotFound:              {Class: notify.BadTarget},
		http.StatusFound:                 {Class: notify.BadTarget}, // a redirect is not followed
	} {
		f := notifytest.NewServer(t, notifytest.Answer(status, "secret", "Location", "/elsewhere"))
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = New(true).Do(req)
		var e *notify.Error
		if !errors.As(err, &e) || e.Class != want.Class || e.RetryAfter != want.RetryAfter || e.Ambiguous != want.Ambiguous || strings.Contains(err.Error(), "secret") {
			t.Errorf("status %d = %#v, want %#v", status, err, want)
		}
		if n := len(f.Got()); n != 1 {
			t.Errorf("status %d: %d calls", status, n)
		}
	}
}

func TestCheckURL(t *testing.T) {
	for _, tt := range []struct {
		url     string
		private bool
		want    string
	}{
		{"https://crm.example/x", false, ""}, {"http://crm.example/x", true, ""}, {"http://crm.example/x", false, "https"}, {"ftp://crm.example", true, "https"},
		{"crm.example", true, "not a URL"}, {"https:///x", true, "not a URL"}, {"https://a:b@crm.example/", true, "header"}, {"https://crm.example/%zz", true, "not a URL"},
	} {
		if err := CheckURL(tt.url, tt.private); (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("CheckURL(%q, %v) = %v, want %q", tt.url, tt.private, err, tt.want)
		}
	}
	if err := RequireURL("", "it needs one"); err == nil || err.Error() != "it needs one" {
		t.Errorf("RequireURL of none = %v", err)
	}
	if err := RequireURL("http://crm.example", ""); err != nil {
		t.Errorf("RequireURL = %v", err)
	}
}

func TestRetryAfter(t *testing.T) {
	const date = "Wed, 25 Nov 2026 12:00:00 GMT"
	for after, want := range map[string]time.Duration{
		"7": 7 * time.Second, "0": time.Minute, "-1": time.Minute, "soon": time.Minute, "": time.Minute, "999999999": retryAfterMost,
		"Wed, 25 Nov 2026 12:01:30 GMT": 90 * time.Second, "Wed, 25 Nov 2026 11:00:00 GMT": time.Minute,
	} {
		resp := &http.Response{Header: http.Header{"Retry-After": {after}, "Date": {date}}}
		if got := retryAfter(resp, time.Minute); got != want {
			t.Errorf("retryAfter(%q) = %v, want %v", after, got, want)
		}
	}
}
