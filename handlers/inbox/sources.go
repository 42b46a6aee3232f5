package inbox

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/handlers/source"
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
	source.State
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
	source.Refusal
	N int
}

// SourcesPage answers GET /sources. While Redis is away it shows what this node
// knows.
func (s *Pages) SourcesPage(c echo.Context) error {
	ctx, me := c.Request().Context(), session.Of(c)
	rates := s.o.Sources.ArrivalRates(ctx)
	var v sourcesView
	for _, g := range s.o.Sources.All() {
		card := s.cardOf(g, s.o.Sources.State(g, me, rates[g.Name]), me)
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
func (s *Pages) lastLead(ctx context.Context, source string) (time.Time, error) {
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
	case source.MaxRefusals: // no more are remembered
		c.Since = strconv.Itoa(since) + " or more"
	default:
		c.Since = strconv.Itoa(since)
	}
	switch {
	case !c.SilentSince.IsZero():
		c.Trouble = "is silent"
	case since > 0:
		c.Trouble = "refuses what comes"
	case slices.ContainsFunc(c.Needs, func(n source.Need) bool { return n.Need == source.NeedFetchToken }):
		c.Trouble = "cannot fetch who its leads are"
	}
}

func (s *Pages) cardOf(g *source.Endpoint, st source.State, me session.Credential) sourceCard {
	p := g.Format
	card := sourceCard{State: st, Title: cmp.Or(p.Title, p.Name), Doc: p.Doc, Vendor: g.Vendor(), Signs: p.Verify != nil, Signed: p.Verify != nil && len(g.View.Secrets) > 0,
		Token: g.Token != "", Verifies: g.VerifyToken != "", Shakes: p.Reply != nil, Thin: p.Fetch != nil, Last: st.LastTouchAt, Now: s.o.Now(), Sample: me.Right >= session.Write}
	for _, n := range st.Needs {
		card.Warnings = append(card.Warnings, n.Says)
	}
	if host := s.o.Public.Hostname(); card.Vendor && (host == "localhost" || host == "127.0.0.1" || host == "::1") {
		card.Warnings = append(card.Warnings, card.Title+" cannot reach this address: set public_url to one of the internet.")
	}
	card.Snippets = snippets(g, st.URL)
	return card
}

// snippets are ready to be pasted. A vendor needs only its URL.
func snippets(g *source.Endpoint, at string) []snippet {
	id := func(kind string) string { return kind + "-" + g.Name }
	if g.Vendor() {
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

// TestSource answers POST /sources/{name}/test: the vendor's sample is accepted
// like a delivery, marked as a test, and leads to its page.
func (s *Pages) TestSource(c echo.Context) error {
	id, err := s.o.Intake.SendSample(c.Request().Context(), c.Param("source"))
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/l/"+id+"?said=tested")
}
