// Package outbound makes the HTTP calls of senders to addresses that an operator
// configured.
//
// A connection goes to a public address only, unless private ones are allowed,
// and no redirect is followed. Each failure is a *notify.Error; neither a URL
// nor anything that the other side wrote is part of one.
//
// It must not know what is sent. A new status or network failure is a case in
// StatusError or ErrorOf.
package outbound

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/leadgate/leadgate/notify"
)

// Client makes HTTP calls whose failures are *notify.Error.
type Client struct {
	HTTP    *http.Client
	Most    int64                              // bytes of an answer; the rest is not read
	Refused func(*http.Response) *notify.Error // what a status outside 2xx means
}

// Do makes a call. The answer's status is 2xx if there is no error.
func (c Client) Do(req *http.Request) (*http.Response, error) {
	if parent, _ := req.Context().Value(traceKey{}).(string); parent != "" {
		req.Header.Set("Traceparent", parent)
	}
	var wrote atomic.Bool
	trace := &httptrace.ClientTrace{WroteHeaders: func() { wrote.Store(true) }}
	resp, err := c.HTTP.Do(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	if err != nil {
		return nil, ErrorOf(err, wrote.Load())
	}
	if resp.StatusCode/100 != 2 {
		defer resp.Body.Close()
		return nil, c.Refused(resp)
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, c.Most), resp.Body}
	return resp, nil
}

const (
	timeout   = 10 * time.Second
	maxAnswer = 64 << 10 // bytes of an answer that are read
)

// New returns a Client for what an operator configured. It connects to private
// addresses only if that is allowed, and follows no redirect.
func New(allowPrivate bool) Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	if !allowPrivate {
		dialer.Control = PublicOnly
	}
	client := &http.Client{Timeout: timeout, CheckRedirect: NoRedirects, Transport: &http.Transport{
		// No Proxy: that of the environment would see leads, and connect to private addresses.
		DialContext: dialer.DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: 5 * time.Second,
		MaxIdleConnsPerHost: 4, IdleConnTimeout: 90 * time.Second, MaxResponseHeaderBytes: maxAnswer,
	}}
	return Client{HTTP: client, Most: maxAnswer, Refused: StatusError}
}

func NoRedirects(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// ErrorOf is the failure of a call. Its text is our own: that of the net package
// contains URLs, and what the other side wrote.
func ErrorOf(err error, wrote bool) *notify.Error {
	e := &notify.Error{Ambiguous: wrote}
	fail := func(code, sentence string) *notify.Error {
		e.Code, e.Err = code, errors.New(sentence)
		return e
	}
	var timeout net.Error
	var dns *net.DNSError
	var verify *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var host x509.HostnameError
	switch {
	case errors.Is(err, errPrivate):
		e.Class = notify.BadTarget
		return fail("private_address", errPrivate.Error())
	case errors.Is(err, context.Canceled):
		return fail("cancelled", "the attempt was called off")
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return fail("timeout", "there was no answer in time")
	case errors.As(err, &dns):
		return fail("dns", "the host's name could not be resolved")
	case errors.As(err, &verify), errors.As(err, &record), errors.As(err, &host), errors.Is(err, http.ErrSchemeMismatch):
		return fail("tls", "the host does not speak TLS, or its certificate is not valid")
	case errors.Is(err, syscall.ECONNREFUSED):
		return fail("refused", "the host refuses connections")
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return fail("reset", "the connection was reset")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fail("cut_off", "the connection was closed without an answer")
	}
	return fail("network", "the call did not get through")
}

// StatusError is what an HTTP status outside 2xx means.
func StatusError(resp *http.Response) *notify.Error {
	code := resp.StatusCode
	e := &notify.Error{Code: "http_" + strconv.Itoa(code), Err: fmt.Errorf("the answer was status %d", code)}
	switch {
	case code == http.StatusTooManyRequests:
		e.RetryAfter = retryAfter(resp, RateLimitWait)
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code >= 500:
		e.Ambiguous = true
		e.RetryAfter = retryAfter(resp, 0)
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		e.Class = notify.BadToken
	case code == http.StatusBadRequest, code == http.StatusRequestEntityTooLarge, code == http.StatusUnsupportedMediaType,
		code == http.StatusUnprocessableEntity:
		e.Class = notify.BadContent
	default: // redirects among them
		e.Class = notify.BadTarget
	}
	return e
}

// retryAfterMost is the longest Retry-After that is followed; a longer one would
// stop a target for days by one header.
const retryAfterMost = 24 * time.Hour

// retryAfter reads Retry-After, in whole seconds or as a date; otherwise is for a
// header that is missing or makes no sense.
func retryAfter(resp *http.Response, otherwise time.Duration) time.Duration {
	h := resp.Header.Get("Retry-After")
	if n, err := strconv.ParseInt(h, 10, 32); err == nil && n > 0 {
		return min(time.Duration(n)*time.Second, retryAfterMost)
	}
	if at, err := http.ParseTime(h); err == nil {
		if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil && at.After(date) {
			return min(at.Sub(date), retryAfterMost)
		}
	}
	return otherwise
}

// ParseURL reads the URL of a hook without putting it into the error.
func ParseURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return nil, errors.New("url is not a URL")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("url must begin with https://")
	case u.User != nil:
		return nil, errors.New("url must not hold a user and password; use header")
	}
	return u, nil
}

// RequireURL checks the URL of a target that needs one.
func RequireURL(s, missing string) error {
	if s == "" {
		return errors.New(missing)
	}
	_, err := ParseURL(s)
	return err
}

// CheckURL checks a URL that leads are sent to: without private targets allowed it
// must be https.
func CheckURL(s string, allowPrivate bool) error {
	u, err := ParseURL(s)
	if err == nil && u.Scheme != "https" && !allowPrivate {
		err = errors.New("url must begin with https:// (LEADGATE_ALLOW_PRIVATE_TARGETS allows http)")
	}
	return err
}

// RateLimitWait is how long to wait when a target limits the rate without saying how long.
const RateLimitWait = 30 * time.Second

type traceKey struct{}

// Traced makes the calls of a Send part of the trace of the request that brought
// the first of its leads.
// https://www.w3.org/TR/trace-context/
func Traced(ctx context.Context, alerts []notify.Alert) context.Context {
	if t := alerts[0].Touch; t != nil && t.Trace != "" {
		return context.WithValue(ctx, traceKey{}, t.Trace)
	}
	return ctx
}
