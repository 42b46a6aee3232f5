package provider

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// Fetch is how the person of a thin delivery, which holds ids only, is fetched
// from the vendor.
type Fetch struct {
	// Host is the vendor's API, scheme and host. Nothing that a delivery says
	// can lead anywhere else.
	Host string
	// Grant is how a token is got that lives for a short time only. Nil: a token
	// is made by hand and lasts.
	Grant *Grant
	// Header is what a call needs beside the token, which goes along as
	// Authorization: Bearer. Nil: nothing.
	Header func(now time.Time) map[string]string
	// Read finds out who t is about. What it leaves empty stays as t has it.
	Read func(r *Request, t *lead.Touch, get Get) (lead.Touch, error)
}

// Grant is how a vendor gives a token to an app that has an id and a secret: the
// client credentials of OAuth 2.0.
// https://www.rfc-editor.org/rfc/rfc6749#section-4.4
type Grant struct {
	Host  string                     // scheme and host; nothing can lead anywhere else
	Path  func(tenant string) string // of the app's customer, escaped already
	Scope string
}

// Get fetches a path of the vendor's host. Its errors are passed on as they are.
type Get func(path string) ([]byte, error)

// ErrNobody is what Fetched wraps when the vendor names nobody, or not yet.
var ErrNobody = errors.New("the vendor's answer names nobody")

// Fetched returns t completed with what the vendor says. An answer that cannot
// be read is ErrMalformed, one without a person ErrNobody; t stays as it is.
func (p *Provider) Fetched(t *lead.Touch, src Source, get Get) (*lead.Touch, error) {
	if p.Fetch == nil {
		return nil, fmt.Errorf("%w: %s has nothing to fetch from", ErrMalformed, p.Name)
	}
	r := &Request{Now: t.ReceivedAt, URL: &url.URL{}, Source: src}
	got, err := p.Fetch.Read(r, t, get)
	if err != nil {
		return nil, fmt.Errorf("fetch from %s: %w", p.Name, err)
	}
	if got.Person == (lead.Person{}) {
		return nil, fmt.Errorf("fetch from %s: %w", p.Name, ErrNobody)
	}
	whole := *t
	whole.NeedsFetch = false
	whole.Action, whole.Consent = cmp.Or(got.Action, t.Action), cmp.Or(got.Consent, t.Consent)
	if !got.At.IsZero() {
		whole.At = got.At
	}
	got.Action = whole.Action
	complete(&got, r, p.Name)
	// The digest is of what the vendor says alone: two deliveries about one
	// order have different ids, and are one.
	whole.Content = got.Content
	whole.Person, whole.Message, whole.UTM, whole.ClickIDs, whole.PageURL = got.Person, got.Message, got.UTM, got.ClickIDs, got.PageURL
	whole.Event = lead.Event{ID: cmp.Or(got.Event.ID, t.Event.ID), Title: cmp.Or(got.Event.Title, t.Event.Title), Start: cmp.Or(got.Event.Start, t.Event.Start)}
	whole.Test = t.Test || got.Test
	whole.Marks = slices.Clone(t.Marks)
	for _, mark := range got.Marks {
		if !slices.Contains(whole.Marks, mark) {
			whole.Marks = append(whole.Marks, mark)
		}
	}
	whole.Fields = maps.Clone(t.Fields)
	if whole.Fields == nil {
		whole.Fields = got.Fields
	}
	maps.Copy(whole.Fields, got.Fields)
	return &whole, nil
}

// answered reads what a vendor answered: one object.
func answered(body []byte, err error) (*node, error) {
	if err != nil {
		return nil, err
	}
	n, err := parseJSON(body)
	if err == nil && n.sort != object {
		err = fmt.Errorf("%w: not an object", ErrMalformed)
	}
	return n, err
}
