package handlers

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/provider"
	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
)

// sourcesView is the page of sources.
type sourcesView struct {
	Cards   []sourceCard
	Trouble []sourceCard // those that need a look
	Away    bool         // Redis is: what it alone knows is left out
}

// sourceCard is one source on the page of sources.
type sourceCard struct {
	SourceState
	Title, Doc string
	Vendor     bool      // its webhook is set up on a screen of its own
	Signs      bool      // it can sign
	Signed     bool      // deliveries must be signed
	Token      bool      // the address ends in one
	Verifies   bool      // it shows a verify_token when it checks the address
	Shakes     bool      // it checks the address
	Thin       bool      // it may send ids only
	Last       time.Time // when the last lead came
	Now        time.Time
	Refused    []refusedFor
	Since      string // how many refusals came after the last lead; empty: none
	Trouble    string // what is wrong, in a word or two; empty: nothing
	Snippets   []snippet
	Sample     bool // a test lead can be sent
	Warnings   []string
}

// snippet is something to copy, with what it is for.
type snippet struct{ ID, Title, Text string }

// refusedFor are a source's latest refusals for one reason.
type refusedFor struct {
	Refusal
	N int
}

// sourcesPage answers GET /sources. While Redis is away it shows what this node
// knows.
func (s *Server) sourcesPage(c echo.Context) error {
	ctx, me := c.Request().Context(), session.Of(c)
	rhythms := s.rhythms(ctx)
	var v sourcesView
	for _, g := range s.sortedGates() {
		card := s.cardOf(g, s.sourceState(g, me, rhythms[g.Name]), me)
		if !v.Away {
			last, err := s.lastLead(ctx, g.Name)
			switch {
			case isAway(err):
				v.Away = true // the others would wait in vain, too
			case err != nil:
				return fmt.Errorf("last touch of source %s: %w", g.Name, err)
			case last.After(card.Last):
				card.Last = last
			}
		}
		if card.SilentSince.After(card.Last) { // its leads are past their retention
			card.Last = card.SilentSince
		}
		card.judge()
		if v.Cards = append(v.Cards, card); card.Trouble != "" {
			v.Trouble = append(v.Trouble, card)
		}
	}
	return s.render(c, http.StatusOK, "sources", s.frame(c, "sources", "Sources", v))
}

// lastLooks is how many touches are looked at for one that is no test.
const lastLooks = 10

// lastLead is when the source's last lead came, over all nodes; tests are none.
func (s *Server) lastLead(ctx context.Context, source string) (time.Time, error) {
	page, err := s.o.Reader.Touches(ctx, lead.TouchQuery{Source: source, Limit: lastLooks})
	for _, t := range page.Items {
		if !t.Test {
			return t.ReceivedAt, err
		}
	}
	return time.Time{}, err
}

// judge says what is wrong with a source, the worst first.
func (c *sourceCard) judge() {
	since := 0
	for _, r := range c.Refusals {
		if r.At.After(c.Last) {
			since++
		}
		i := slices.IndexFunc(c.Refused, func(f refusedFor) bool { return f.Why == r.Why })
		if i < 0 {
			c.Refused = append(c.Refused, refusedFor{Refusal: r})
			i = len(c.Refused) - 1
		}
		c.Refused[i].N++
	}
	switch since {
	case 0:
	case mostRefusals: // no more are remembered
		c.Since = strconv.Itoa(since) + " or more"
	default:
		c.Since = strconv.Itoa(since)
	}
	switch {
	case !c.SilentSince.IsZero():
		c.Trouble = "is silent"
	case since > 0:
		c.Trouble = "refuses what comes"
	case slices.ContainsFunc(c.Needs, func(n Need) bool { return n.Need == needFetchToken }):
		c.Trouble = "cannot fetch who its leads are"
	}
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
func (s *Server) addressOf(g *gate, me session.Credential) string {
	at := s.public.String() + "/in/" + g.Name
	switch {
	case g.Token == "":
		return at
	case me.Right >= session.Write:
		return at + "/" + url.PathEscape(g.Token)
	}
	return at + "/TOKEN"
}

func (s *Server) cardOf(g *gate, st SourceState, me session.Credential) sourceCard {
	p := g.provider
	card := sourceCard{SourceState: st, Title: cmp.Or(p.Title, p.Name), Doc: p.Doc, Vendor: g.vendor(), Signs: p.Verify != nil, Signed: p.Verify != nil && len(g.view.Secrets) > 0,
		Token: g.Token != "", Verifies: g.VerifyToken != "", Shakes: p.Reply != nil, Thin: p.Fetch != nil, Last: st.LastTouchAt, Now: s.o.Now(), Sample: me.Right >= session.Write}
	for _, n := range st.Needs {
		card.Warnings = append(card.Warnings, n.Says)
	}
	if host := s.public.Hostname(); card.Vendor && (host == "localhost" || host == "127.0.0.1" || host == "::1") {
		card.Warnings = append(card.Warnings, card.Title+" cannot reach this address: set public_url to one of the internet.")
	}
	card.Snippets = snippets(g, st.URL)
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
	if g == nil {
		return problem.Problem{Code: problem.NotFound, Detail: "There is no source of this name."}
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
		return problem.Problem{Code: problem.Malformed, Detail: "The sample of " + g.provider.Name + " holds nobody."}
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
