package handlers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/provider"
	"github.com/leadgate/leadgate/lead"
)

// acceptLimit is how long a delivery waits for the disk before its sender is
// told to come again. It is shorter than the server's time for an answer.
const acceptLimit = 10 * time.Second

// deliver answers POST /in/{source} and /in/{source}/{token}: one delivery of
// one or several touches. A 2xx means that all of them are durable.
func (s *Server) deliver(c echo.Context) error {
	g := s.gate(c.Param("source"))
	if g == nil {
		return errNoSource
	}
	g.allowOrigin(c) // first, so that pages can read refusals too
	if err := cmp.Or(g.admitsToken(c.Param("token")), g.admitsHeader(c.Request().Header)); err != nil {
		return err
	}
	now := s.o.Now().UTC()
	client := s.client(c.Request())
	if err := g.bound(client, now, 1); err != nil {
		return err
	}

	body, err := s.readBody(c)
	if err != nil {
		return err
	}
	r := &provider.Request{Method: http.MethodPost, URL: s.publicURL(c.Request()), Header: c.Request().Header,
		Body: body, Now: now, Source: g.view}
	if err := g.verify(r); err != nil {
		return err
	}
	if reply, err := g.handshake(r); reply != nil || err != nil {
		s.shook(g, reply)
		return answerReply(c, reply, err)
	}

	if g.provider.Erase != nil {
		if who := g.provider.Erase(r); who != nil {
			return s.forget(c, g, who)
		}
	}

	touches, err := s.touches(g, r)
	if err != nil {
		return err
	}
	if len(touches) == 0 {
		g.ignored.Inc()
		s.note(s.logs.ignored(g.Name, now))
		return answer(c, http.StatusOK, []byte(`{"status":"ignored"}`))
	}
	if err := g.boundPeople(client, now, len(touches)); err != nil {
		return err
	}
	req := &lead.Request{ID: lead.NewID(now), Source: g.Name, Provider: g.provider.Name, ReceivedAt: now,
		Query: keptQuery(r.URL.Query()), Header: keptHeaders(r.Header, g.Header), Body: body}
	complete(g, req, touches, r.Header)
	g.guard(r, touches)
	if err := g.reach(touches); err != nil {
		return err
	}

	status, err := s.accept(c.Request().Context(), req, touches)
	if err != nil {
		return err
	}
	if status == "accepted" {
		g.accepted.Add(float64(len(touches)))
		s.note(s.logs.accepted(g.Name, now, touches))
	}
	return s.answerAccepted(c, g, r, touches, status)
}

// accept waits until the touches are durable. What has arrived is kept even
// when its sender does not wait: a page that is being left does not.
func (s *Server) accept(ctx context.Context, req *lead.Request, touches []*lead.Touch) (status string, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), acceptLimit)
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

// probe answers GET and HEAD on a source: a vendor's handshake, else a line
// for whoever looks whether somebody is there.
func (s *Server) probe(c echo.Context) error {
	g := s.gate(c.Param("source"))
	if g == nil {
		return errNoSource
	}
	g.allowOrigin(c)
	if err := g.admitsToken(c.Param("token")); err != nil { // static headers come with deliveries only
		return err
	}
	r := &provider.Request{Method: c.Request().Method, URL: s.publicURL(c.Request()), Header: c.Request().Header,
		Now: s.o.Now().UTC(), Source: g.view}
	if reply, err := g.handshake(r); reply != nil || err != nil {
		s.shook(g, reply)
		return answerReply(c, reply, err)
	}
	return c.String(http.StatusOK, "This address takes leads by POST.\n")
}

// handshake asks the source's own provider, and no other, whether a request is
// one.
func (g *gate) handshake(r *provider.Request) (*provider.Reply, error) {
	if g.provider.Reply == nil {
		return nil, nil
	}
	return g.provider.Reply(r)
}

// shook remembers how a vendor's handshake went.
func (s *Server) shook(g *gate, reply *provider.Reply) {
	now := s.o.Now().UTC()
	if reply == nil || reply.Status >= 300 {
		s.logs.refused(g.Name, Refusal{At: now, Why: handshakeRefused, Says: "The vendor's handshake does not fit the settings"})
		return
	}
	s.note(s.logs.handshake(g.Name, now))
}

// handshakeRefused is the reason of a handshake that was turned away.
const handshakeRefused = "handshake_refused"

// note logs that something about a source could not be written down.
func (s *Server) note(err error) {
	if err != nil {
		s.breakages.Do(func() { s.o.Logger.Warn("what is known of a source is only in memory", "error", err) })
	}
}

// touches reads a delivery. One that cannot be read is kept as an unread touch:
// a vendor would not send it better, and a person would not send it again.
// What cannot hold a wish of anybody is refused where the sender is no vendor.
func (s *Server) touches(g *gate, r *provider.Request) ([]*lead.Touch, error) {
	read, err := readTouches(g.provider, r)
	if err != nil && !g.vendor() && !provider.Meant(r, err) {
		return nil, err
	}
	if err != nil {
		if problem.IsPanic(err) {
			s.breakages.Do(func() {
				s.o.Logger.Error("provider broke on a delivery", "source", g.Name, "provider", g.provider.Name, "error", err)
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
func (g *gate) reach(touches []*lead.Touch) error {
	if g.vendor() {
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
func (s *Server) publicURL(r *http.Request) *url.URL {
	u := *r.URL
	u.Scheme, u.Host = s.public.Scheme, s.public.Host
	if base := s.public.Path; base != "" {
		if u.RawPath != "" {
			u.RawPath = s.public.EscapedPath() + u.RawPath
		}
		u.Path = base + u.Path
	}
	return &u
}
