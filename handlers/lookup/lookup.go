// Package lookup asks vendors for what a delivery leaves out: the person of a thin
// payload, and whether a form's visitor is a person. It sends no token and no
// address anywhere but to the vendor's own host.
//
// It must not know when it is asked; jobs retry. A new vendor to fetch from is a
// Fetch in its file in handlers/provider, a new kind of captcha a row of
// captchaKinds and of captchaFields in handlers/source.
package lookup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/leadgate/leadgate/handlers/provider"
	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
)

// Vendors ask vendors what a delivery leaves out: the person of a thin payload,
// and whether a form's visitor is a person. They go to the vendors' own hosts
// and nowhere else, follow no redirects, and no error of theirs holds a token
// or an address. Their methods may be called concurrently.
type Vendors struct {
	sources atomic.Pointer[map[string]*askedSource]
	client  *http.Client
	now     func() time.Time
}

// askedSource is a source whose vendor is asked.
type askedSource struct {
	source.Source
	granted granted
}

// host is a vendor's host, or the one that is set in its place.
func (s *askedSource) host(vendors string) string {
	if s.Fetch.URL != "" {
		return strings.TrimSuffix(s.Fetch.URL, "/")
	}
	return vendors
}

// Bounds of a call.
const (
	vendorTimeout = 8 * time.Second
	vendorAnswer  = 1 << 20 // bytes
	vendorWait    = 24 * time.Hour
)

// New returns vendors for the sources' settings. now may be nil.
func New(sources []source.Source, now func() time.Time) *Vendors {
	if now == nil {
		now = time.Now
	}
	v := &Vendors{now: now, client: &http.Client{
		Timeout:       vendorTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{ // no Proxy: the environment's would see who the leads are
			ForceAttemptHTTP2: true, TLSHandshakeTimeout: 5 * time.Second, MaxIdleConnsPerHost: 4,
			IdleConnTimeout: 90 * time.Second, MaxResponseHeaderBytes: 64 << 10,
		},
	}}
	v.Reload(sources)
	return v
}

// Reload replaces the settings of all sources at once.
func (v *Vendors) Reload(sources []source.Source) {
	byName := make(map[string]*askedSource, len(sources))
	for _, s := range sources {
		byName[s.Name] = &askedSource{Source: s}
	}
	v.sources.Store(&byName)
}

// Ask returns t with what it lacks, which r, the request that carried it, may be
// needed for; again says that the same was asked before. What was said is the
// last step of its trail. Errors are *lead.AskError; t stays as it is.
func (v *Vendors) Ask(ctx context.Context, t *lead.Touch, r *lead.Request, again bool) (*lead.Touch, error) {
	src, ok := (*v.sources.Load())[t.Source]
	if !ok {
		return nil, &lead.AskError{Why: lead.AskNoToken, Note: "the source " + t.Source + " is not in the configuration any more"}
	}
	if t.NeedsFetch {
		return v.fetch(ctx, src, t)
	}
	return v.checkCaptcha(ctx, &src.Source, t, r, again)
}

// fetch asks the source's vendor who t is about.
func (v *Vendors) fetch(ctx context.Context, src *askedSource, t *lead.Touch) (*lead.Touch, error) {
	p, ok := provider.Find(t.Provider)
	if !ok || p.Fetch == nil {
		return nil, &lead.AskError{Why: lead.AskUnreadable, Note: "nothing can be fetched from " + t.Provider}
	}
	view := provider.Source{Name: src.Name, Action: src.Action, Fields: src.Fields, Country: src.Country}
	whole, err := p.Fetched(t, view, func(path string) ([]byte, error) { return v.get(ctx, src, p.Fetch, path) })
	var asked *lead.AskError
	switch {
	case errors.As(err, &asked):
		return nil, asked
	case errors.Is(err, provider.ErrNobody):
		return nil, &lead.AskError{Why: lead.AskNotThere, Note: p.Title + " does not tell who it is"}
	case err != nil:
		return nil, &lead.AskError{Why: lead.AskUnreadable, Note: "the answer of " + p.Title + " could not be read"}
	}
	return v.said(whole, lead.StepFetched, "", p.Title), nil
}

// said adds to the trail of a touch what a vendor said.
func (v *Vendors) said(t *lead.Touch, step lead.StepName, why, note string) *lead.Touch {
	now := v.now().UTC()
	t.Trail = append(slices.Clip(t.Trail), lead.Step{At: now, Step: step, Why: why, Note: note, MS: max(0, float64(now.Sub(t.ReceivedAt).Microseconds())/1000)})
	return t
}

// get fetches a path of a vendor's host. A granted token may end before its time;
// then one more try is made with another.
func (v *Vendors) get(ctx context.Context, src *askedSource, f *provider.Fetch, path string) ([]byte, error) {
	body, err := v.getOnce(ctx, src, f, path)
	var asked *lead.AskError
	if src.Fetch.Token != "" || !errors.As(err, &asked) || asked.Why != lead.AskRefused || !src.granted.forget() {
		return body, err
	}
	return v.getOnce(ctx, src, f, path)
}

func (v *Vendors) getOnce(ctx context.Context, src *askedSource, f *provider.Fetch, path string) ([]byte, error) {
	token, err := v.token(ctx, src, f)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, src.host(f.Host)+path, nil)
	if err != nil {
		return nil, &lead.AskError{Why: lead.AskUnreadable, Note: "the ids of the delivery make no address"}
	}
	if f.Header != nil {
		for name, value := range f.Header(v.now()) {
			req.Header.Set(name, value)
		}
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	setting := "fetch.token of the source "
	if src.Fetch.Token == "" {
		setting = "the token that fetch.client_id got for the source "
	}
	return v.call(req, setting+src.Name)
}

// call makes a call and returns the body of a 2xx; setting is the one that a
// vendor refuses when it refuses.
func (v *Vendors) call(req *http.Request, setting string) ([]byte, error) {
	req.Header.Set("User-Agent", "leadgate")
	resp, err := v.client.Do(req)
	if err != nil {
		return nil, &lead.AskError{Why: lead.AskUnavailable, Note: callFailure(err)}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, vendorAnswer+1))
	status := "status " + strconv.Itoa(resp.StatusCode)
	switch code := resp.StatusCode; {
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return nil, &lead.AskError{Why: lead.AskRefused, Note: setting + " was refused with " + status}
	case code == http.StatusTooManyRequests:
		return nil, &lead.AskError{Why: lead.AskLimited, RetryAfter: retryAfter(resp.Header, v.now()), Note: status}
	case code == http.StatusNotFound, code == http.StatusGone:
		return nil, &lead.AskError{Why: lead.AskNotThere, Note: status}
	case code >= 500, code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusConflict:
		return nil, &lead.AskError{Why: lead.AskUnavailable, RetryAfter: retryAfter(resp.Header, v.now()), Note: status}
	case code/100 != 2: // redirects among them
		return nil, &lead.AskError{Why: lead.AskUnreadable, Note: status}
	case err != nil:
		return nil, &lead.AskError{Why: lead.AskUnavailable, Note: "the answer was cut off"}
	case len(body) > vendorAnswer:
		return nil, &lead.AskError{Why: lead.AskUnreadable, Note: fmt.Sprintf("the answer is longer than %d bytes", vendorAnswer)}
	}
	return body, nil
}

// callFailure says what went wrong on the way without the address that was
// called.
func callFailure(err error) string {
	var u *url.Error
	if errors.As(err, &u) && u.Timeout() || errors.Is(err, context.DeadlineExceeded) {
		return "there was no answer in time"
	}
	return "the call did not get through"
}

// retryAfter reads a vendor's wish, in seconds or as a date; 0: there is none.
func retryAfter(h http.Header, now time.Time) time.Duration {
	wish := h.Get("Retry-After")
	if n, err := strconv.ParseInt(wish, 10, 32); err == nil && n > 0 {
		return min(time.Duration(n)*time.Second, vendorWait)
	}
	if at, err := http.ParseTime(wish); err == nil && at.After(now) {
		return min(at.Sub(now), vendorWait)
	}
	return 0
}
