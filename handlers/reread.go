package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/leadgate/leadgate/handlers/provider"
	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
)

// Reread reads a kept request as its source reads requests now, with the
// provider and the fields of the present configuration. A source that is gone
// from it is read as it was. The touches have the ids that their sender's names
// for them lead to, and none where it gave no name. An error means that the
// request cannot be read.
func (s *Server) Reread(req *lead.Request) ([]*lead.Touch, error) {
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
func (s *Server) gateOf(req *lead.Request) (*source.Endpoint, error) {
	if req.Action != "" { // an import's
		return s.importGate(req.Source, req.Action, req.Fields), nil
	}
	g := s.sources.Find(req.Source)
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
