package intake

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/provider"
	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
)

// Reread reads a kept request as its source reads requests now, with the
// provider and the fields of the present configuration. A source that is gone
// from it is read as it was. The touches have the ids that their sender's names
// for them lead to, and none where it gave no name. An error means that the
// request cannot be read.
func (s *Intake) Reread(req *lead.Request) ([]*lead.Touch, error) {
	g, err := s.gateOf(req)
	if err != nil {
		return nil, err
	}
	h := http.Header{}
	for key, value := range req.Header {
		h.Set(key, value)
	}
	r := &provider.Request{Method: http.MethodPost, URL: s.publicURL(&http.Request{URL: &url.URL{Path: "/in/" + g.Name, RawQuery: req.Query}}), Header: h,
		Body: req.Body, Now: req.ReceivedAt, Source: g.View}
	read, err := readTouches(g.Format, r)
	if err != nil {
		return nil, err
	}
	touches := make([]*lead.Touch, len(read))
	for i := range read {
		touches[i] = &read[i]
	}
	complete(g, req, touches, h)
	prove(g.Proven(), req, touches)
	g.Guard(r, touches)
	if err := reach(g, touches); err != nil {
		return nil, errors.New(noContactError)
	}
	for _, t := range touches {
		if t.DeliveryID == "" {
			t.ID = ""
		}
	}
	return touches, nil
}

// gateOf is the source of a kept request, made up again if it is gone.
func (s *Intake) gateOf(req *lead.Request) (*source.Endpoint, error) {
	if req.Action != "" { // an import's
		return s.importGate(req.Source, req.Action, req.Fields), nil
	}
	g := s.o.Sources.Find(req.Source)
	if g != nil && !req.Cut {
		return g, nil
	}
	name := req.Provider
	if req.Cut { // it is no longer in its vendor's shape
		name = "json"
	}
	p, ok := provider.Find(name)
	if !ok {
		return nil, fmt.Errorf("there is neither a source %q any more nor a provider %q", req.Source, req.Provider)
	}
	if g != nil {
		return &source.Endpoint{Source: g.Source, Format: p, View: g.View}, nil
	}
	return &source.Endpoint{Source: source.Source{Name: req.Source, Provider: p.Name}, Format: p, View: provider.Source{Name: req.Source}}, nil
}

// Try reads a body as a source would, and gives the touches what every touch has,
// as if they came at now. Nothing is kept.
func (s *Intake) Try(g *source.Endpoint, body []byte, now time.Time) ([]*lead.Touch, error) {
	kind := "application/x-www-form-urlencoded"
	if body[0] == '{' || body[0] == '[' {
		kind = "application/json"
	}
	r := &provider.Request{Method: http.MethodPost, URL: s.publicURL(&http.Request{URL: &url.URL{Path: "/in/" + g.Name}}), Header: http.Header{"Content-Type": {kind}},
		Body: body, Now: now, Source: g.View}
	read, err := readTouches(g.Format, r)
	if err != nil {
		return nil, err
	}
	touches := make([]*lead.Touch, len(read))
	for i := range read {
		touches[i] = &read[i]
		complete(g, &lead.Request{ID: lead.NewID(now), ReceivedAt: now}, touches[i:i+1], r.Header)
	}
	return touches, nil
}

// SendSample accepts the sample of a source's vendor, marked as a test, and
// returns the id of its touch.
func (s *Intake) SendSample(ctx context.Context, name string) (touchID string, err error) {
	g := s.o.Sources.Find(name)
	if g == nil {
		return "", problem.Problem{Code: problem.NotFound, Detail: "There is no source of this name."}
	}
	now := s.o.Now().UTC()
	sample := g.Format.Sample(now)
	r := &provider.Request{Method: http.MethodPost, URL: s.publicURL(&http.Request{URL: &url.URL{Path: "/in/" + g.Name}}), Header: http.Header{"Content-Type": {sample.ContentType}},
		Body: sample.Body, Now: now, Source: g.View}
	for k, v := range sample.Header {
		r.Header.Set(k, v)
	}
	touches, err := s.touches(g, r)
	if err != nil {
		return "", err
	}
	if len(touches) == 0 {
		return "", problem.Problem{Code: problem.Malformed, Detail: "The sample of " + g.Format.Name + " holds nobody."}
	}
	req := &lead.Request{ID: lead.NewID(now), Source: g.Name, Provider: g.Format.Name, ReceivedAt: now, Header: keptHeaders(r.Header, g.Header), Body: sample.Body}
	for _, t := range touches {
		t.Test, t.DeliveryID = true, "test "+req.ID // each one is new, however often it is sent
		t.Content = t.DeliveryID
	}
	complete(g, req, touches, r.Header)
	if _, err := s.accept(ctx, req, touches); err != nil {
		return "", err
	}
	return touches[0].ID, nil
}
