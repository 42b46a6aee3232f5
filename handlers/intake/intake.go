// Package intake takes leads in: it reads a delivery, gives each touch its id,
// makes all of them durable and only then answers 2xx. deliver reads as the
// contract of one delivery. Imports, tests and the reading of kept requests go the
// same way.
//
// It must not know what becomes of a touch, nor one vendor from another: a new
// vendor is one file in handlers/provider.
package intake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/provider"
	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
)

// acceptLimit is how long a delivery waits for the disk before its sender is
// told to come again. It is shorter than the server's time for an answer.
const AcceptLimit = 10 * time.Second

// Deliver answers POST /in/{source} and /in/{source}/{token}: one delivery of
// one or several touches. A 2xx means that all of them are durable.
func (s *Intake) Deliver(c echo.Context) error {
	g := s.o.Sources.Find(c.Param("source"))
	if g == nil {
		return errNoSource
	}
	g.AllowOrigin(c) // first, so that pages can read refusals too
	if err := cmp.Or(g.AdmitsToken(c.Param("token")), g.AdmitsHeader(c.Request().Header)); err != nil {
		return err
	}
	now := s.o.Now().UTC()
	client := s.o.Sources.Client(c.Request())
	if err := g.Bound(client, now, 1); err != nil {
		return err
	}

	boundary := ""
	if g.Format.Verify == nil { // else the signature is over all of it
		boundary = boundaryOf(c.Request().Header)
	}
	body, files, err := s.readBody(c, boundary)
	if err != nil {
		return err
	}
	r := &provider.Request{Method: http.MethodPost, URL: s.publicURL(c.Request()), Header: c.Request().Header,
		Body: body, Now: now, Source: g.View}
	if err := g.Verify(r); err != nil {
		return err
	}
	if reply, err := handshake(g, r); reply != nil || err != nil {
		s.noteHandshake(g, reply)
		return answerReply(c, reply, err)
	}

	if g.Format.Erase != nil {
		if who := g.Format.Erase(r); who != nil {
			return s.forget(c, g, who)
		}
	}

	touches, err := s.touches(g, r)
	if err != nil {
		return err
	}
	if len(touches) == 0 {
		s.o.Sources.Ignored(g, now)
		return answer(c, http.StatusOK, []byte(`{"status":"ignored"}`))
	}
	if err := g.BoundPeople(client, now, len(touches)); err != nil {
		return err
	}
	req := &lead.Request{ID: lead.NewID(now), Source: g.Name, Provider: g.Format.Name, ReceivedAt: now,
		Query: keptQuery(r.URL.Query()), Header: keptHeaders(r.Header, g.Header), Body: body}
	complete(g, req, touches, r.Header)
	prove(g.Proven() || s.o.Sessions.Writes(c.Request()), req, touches)
	g.Guard(r, touches)
	if err := reach(g, touches); err != nil {
		return err
	}

	status, err := s.accept(c.Request().Context(), req, touches)
	if err != nil {
		return err
	}
	if status == "accepted" {
		s.o.Sources.Accepted(g, now, touches)
	}
	return s.answerAccepted(c, g, r, touches, files, status)
}

// accept waits until the touches are durable. What has arrived is kept even
// when its sender does not wait: a page that is being left does not.
func (s *Intake) accept(ctx context.Context, req *lead.Request, touches []*lead.Touch) (status string, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), AcceptLimit)
	defer cancel()
	isNew, err := s.o.Accepter.Accept(ctx, req, touches)
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("%w: %w", lead.ErrNotDurable, err)
	}
	if err != nil {
		err = fmt.Errorf("accept request %s: %w", req.ID, err)
	}
	if err != nil && !errors.Is(err, lead.ErrNotDurable) {
		err = problem.Problem{Code: problem.Internal, Detail: problem.InTheLog, Because: err}
	}
	if err != nil {
		return "", err
	}
	if !isNew {
		return "duplicate", nil
	}
	return "accepted", nil
}

var errNoSource = problem.Problem{Code: problem.NotFound, Detail: "There is no source of this name. The sources and their URLs are in the configuration."}

// Probe answers GET and HEAD on a source: a vendor's handshake, else a line
// for whoever looks whether somebody is there.
func (s *Intake) Probe(c echo.Context) error {
	g := s.o.Sources.Find(c.Param("source"))
	if g == nil {
		return errNoSource
	}
	g.AllowOrigin(c)
	if err := g.AdmitsToken(c.Param("token")); err != nil { // static headers come with deliveries only
		return err
	}
	r := &provider.Request{Method: c.Request().Method, URL: s.publicURL(c.Request()), Header: c.Request().Header,
		Now: s.o.Now().UTC(), Source: g.View}
	if reply, err := handshake(g, r); reply != nil || err != nil {
		s.noteHandshake(g, reply)
		return answerReply(c, reply, err)
	}
	return c.String(http.StatusOK, "This address takes leads by POST.\n")
}

// Preflight answers OPTIONS on a source.
func (s *Intake) Preflight(c echo.Context) error {
	g := s.o.Sources.Find(c.Param("source"))
	if g == nil {
		return errNoSource
	}
	h := c.Response().Header()
	h.Set("Allow", "GET, HEAD, OPTIONS, POST")
	if !g.AllowOrigin(c) && c.Request().Header.Get("Origin") != "" {
		return problem.Problem{Code: problem.Forbidden, Detail: "This source does not list the page's origin. Add it to origins: in its settings."}
	}
	h.Set("Access-Control-Allow-Methods", "POST, OPTIONS")
	h.Set("Access-Control-Allow-Headers", source.AllowedHeaders(c.Request()))
	h.Set("Access-Control-Max-Age", "600")
	return c.NoContent(http.StatusNoContent)
}

// handshake asks the source's own provider, and no other, whether a request is
// one.
func handshake(g *source.Endpoint, r *provider.Request) (*provider.Reply, error) {
	if g.Format.Reply == nil {
		return nil, nil
	}
	return g.Format.Reply(r)
}

// noteHandshake records how a vendor's handshake went.
func (s *Intake) noteHandshake(g *source.Endpoint, reply *provider.Reply) {
	now := s.o.Now().UTC()
	if reply == nil || reply.Status >= 300 {
		s.o.Sources.HandshakeRefused(g, now)
		return
	}
	s.o.Sources.HandshakeAnswered(g, now)
}

// touches reads a delivery. One that cannot be read is kept as an unread touch:
// a vendor would not send it better, and a person would not send it again.
// What cannot hold a wish of anybody is refused where the sender is no vendor.
func (s *Intake) touches(g *source.Endpoint, r *provider.Request) ([]*lead.Touch, error) {
	read, err := readTouches(g.Format, r)
	if err != nil && !g.Vendor() && !provider.Meant(r, err) {
		return nil, err
	}
	if err != nil {
		if problem.IsPanic(err) {
			s.breakages.Do(func() {
				s.o.Logger.Error("provider broke on a delivery", "source", g.Name, "provider", g.Format.Name, "error", err)
			})
		}
		return []*lead.Touch{{State: lead.Unread, Error: err.Error()}}, nil
	}
	touches := make([]*lead.Touch, len(read))
	for i := range read {
		touches[i] = &read[i]
	}
	return touches, nil
}

// readTouches makes a panic of a provider an error, so that the delivery that
// caused it is kept and not refused for ever.
func readTouches(p *provider.Provider, r *provider.Request) (touches []lead.Touch, err error) {
	defer func() {
		if v := recover(); v != nil {
			touches, err = nil, problem.Panicked(v)
		}
	}()
	return p.Touches(r)
}

// noContactError is the reason of an unread touch that names no way to reach
// the person.
const noContactError = "no field holds an e-mail address or a phone number"

// reach marks as unread what browsers and programs sent without any way to
// reach the person. What the guard quarantined stays as it is: it must look like
// success. A request in which nothing was said at all is refused.
func reach(g *source.Endpoint, touches []*lead.Touch) error {
	if g.Vendor() {
		return nil
	}
	empty := true
	for _, t := range touches {
		if t.State == lead.Accepted && !t.Person.Reachable() {
			t.State, t.Error = lead.Unread, noContactError
			empty = empty && t.Person == (lead.Person{}) && t.Message == "" && len(t.Fields) == 0
			continue
		}
		empty = false
	}
	if empty {
		return problem.Problem{Code: problem.NoContact, Detail: "Every field is empty. Send an e-mail address or a phone number."}
	}
	return nil
}

// publicURL is the URL of r as its sender knows it.
func (s *Intake) publicURL(r *http.Request) *url.URL {
	u := *r.URL
	u.Scheme, u.Host = s.o.Public.Scheme, s.o.Public.Host
	if base := s.o.Public.Path; base != "" {
		if u.RawPath != "" {
			u.RawPath = s.o.Public.EscapedPath() + u.RawPath
		}
		u.Path = base + u.Path
	}
	return &u
}

// forget takes a vendor's request that people be forgotten. The vendor is told
// so once the wish is durable.
func (s *Intake) forget(c echo.Context, g *source.Endpoint, who *provider.Erasure) error {
	w := lead.EraseRequest{By: g.Name, Email: who.Email, Phone: who.Phone}
	if who.Delivery != "" {
		w.TouchID = lead.DerivedID(g.Name, who.Delivery+"\x00"+strings.ToLower(who.Email))
	}
	if who.Field != "" {
		w.Source, w.Field, w.Value = g.Name, who.Field, who.Value
	}
	if w.TouchID != "" || w.Source != "" || len(lead.Keys(lead.Person{Email: w.Email, Phone: w.Phone})) > 0 {
		if _, err := s.o.Eraser.Erase(context.WithoutCancel(c.Request().Context()), w, 0); err != nil {
			return fmt.Errorf("keep the wish of source %s to erase: %w", g.Name, err)
		}
	}
	return answer(c, http.StatusOK, []byte(`{"status":"erasing"}`))
}
