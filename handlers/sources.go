package handlers

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/provider"
	"github.com/leadgate/leadgate/lead"
)

// sourceCard is one source on the page of sources.
type sourceCard struct {
	Name, Provider, Title, Doc string
	Action                     lead.Action
	URL                        string // with the token, if the reader may see it
	Signs                      bool   // deliveries must be signed
	Last                       time.Time
	Now                        time.Time
	Snippets                   []snippet
	Sample                     bool // a test lead can be sent
	Warnings                   []string
}

// snippet is something to copy, with what it is for.
type snippet struct{ ID, Title, Text string }

// sourcesPage answers GET /sources.
func (s *Server) sourcesPage(c echo.Context) error {
	me := callerOf(c)
	var cards []sourceCard
	for _, g := range s.sortedGates() {
		card := s.cardOf(g, me)
		last, err := s.o.Reader.Touches(c.Request().Context(), TouchQuery{Source: g.Name, Limit: 1})
		if err != nil {
			return fmt.Errorf("last touch of source %s: %w", g.Name, err)
		}
		if len(last.Items) > 0 {
			card.Last = last.Items[0].ReceivedAt
		}
		cards = append(cards, card)
	}
	return s.render(c, http.StatusOK, "sources", s.frame(c, "sources", "Sources", cards))
}

// sortedGates are the sources by name.
func (s *Server) sortedGates() []*gate {
	var all []*gate
	for _, g := range *s.gates.Load() {
		all = append(all, g)
	}
	slices.SortFunc(all, func(a, b *gate) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// addressOf is the URL of a source, with its token if the reader may send leads.
func (s *Server) addressOf(g *gate, me Pass) string {
	at := s.public.String() + "/in/" + g.Name
	switch {
	case g.Token == "":
		return at
	case me.Right >= Write:
		return at + "/" + url.PathEscape(g.Token)
	}
	return at + "/TOKEN"
}

func (s *Server) cardOf(g *gate, me Pass) sourceCard {
	p := g.provider
	card := sourceCard{Name: g.Name, Provider: p.Name, Title: cmp.Or(p.Title, p.Name), Doc: p.Doc, Action: g.Action, URL: s.addressOf(g, me),
		Signs: p.Verify != nil && len(g.view.Secrets) > 0, Now: s.o.Now(), Sample: p.Sample != nil && me.Right >= Write}
	if p.Verify != nil && len(g.view.Secrets) == 0 {
		card.Warnings = append(card.Warnings, "Whoever knows the address can send: "+card.Title+" signs, and no secret is set.")
	}
	if host := s.public.Hostname(); g.vendor() && (host == "localhost" || host == "127.0.0.1" || host == "::1") {
		card.Warnings = append(card.Warnings, card.Title+" cannot reach this address: set public_url to one of the internet.")
	}
	card.Snippets = snippets(g, card.URL)
	return card
}

// snippets are ready to be pasted. A vendor needs only its URL.
func snippets(g *gate, at string) []snippet {
	id := func(kind string) string { return kind + "-" + g.Name }
	if g.vendor() {
		return nil
	}
	curl := "curl " + shellQuote(at)
	for _, name := range slices.Sorted(maps.Keys(g.Header)) {
		curl += " -H " + shellQuote(name+": VALUE")
	}
	all := []snippet{{id("curl"), "curl", curl + " -d name='Grace Hopper' -d email=grace@acme.example -d message='Call me today?'"}}
	if len(g.Header) > 0 {
		return all // a page would give the secret away
	}
	form := `<form method="post" action="` + at + `">
  <label>Name <input name="name" autocomplete="name"></label>
  <label>E-mail <input name="email" type="email" autocomplete="email" required></label>
  <label>Company <input name="company" autocomplete="organization"></label>
  <label>Message <textarea name="message"></textarea></label>
  <input name="_gotcha" tabindex="-1" autocomplete="off" aria-hidden="true" style="position:absolute;left:-9999px">
  <button>Send</button>
</form>`
	fetch := `const answer = await fetch('` + at + `', {
  method: 'POST',
  headers: {'Content-Type': 'application/json'},
  body: JSON.stringify({name, email, company, message, page_url: location.href}),
});
if (!answer.ok) throw new Error((await answer.json()).detail);`
	return append([]snippet{{id("form"), "HTML form", form}, {id("fetch"), "fetch", fetch}}, all...)
}

// testSource answers POST /sources/{name}/test: the vendor's sample goes the
// way of a delivery, marked as a test, and leads to its page.
func (s *Server) testSource(c echo.Context) error {
	g := s.gate(c.Param("source"))
	if g == nil || g.provider.Sample == nil {
		return problem{code: notFound, detail: "No source of this name has a sample to send."}
	}
	now := s.o.Now().UTC()
	sample := g.provider.Sample(now)
	r := &provider.Request{Method: http.MethodPost, URL: s.publicURL(c.Request()), Header: http.Header{"Content-Type": {sample.ContentType}},
		Body: sample.Body, Now: now, Source: g.view}
	for k, v := range sample.Header {
		r.Header.Set(k, v)
	}
	touches, err := s.touches(g, r)
	if err != nil {
		return err
	}
	if len(touches) == 0 {
		return problem{code: malformed, detail: "The sample of " + g.provider.Name + " holds nobody."}
	}
	req := &lead.Request{ID: lead.NewID(now), Source: g.Name, Provider: g.provider.Name, ReceivedAt: now, Header: keptHeaders(r.Header, g.Header), Body: sample.Body}
	for _, t := range touches {
		t.Test, t.DeliveryID = true, "test "+req.ID // each one is new, however often it is sent
		t.Content = t.DeliveryID
	}
	complete(g, req, touches, r.Header)
	if _, err := s.accept(c.Request().Context(), req, touches); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/l/"+touches[0].ID+"?said=tested")
}
