package handlers

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/leadgate/leadgate/handlers/handlertest"
	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
)

// gone is a shelf of a store that does not answer, and a node that holds its own.
type gone struct {
	shelf
	since time.Time // zero: nobody has noticed yet
	held  []*lead.Lead
	err   error
}

func (g *gone) Lead(context.Context, string) (*lead.Lead, error) { return nil, lead.ErrUnavailable }
func (g *gone) Leads(context.Context, lead.Query) (lead.LeadPage, error) {
	return lead.LeadPage{}, lead.ErrUnavailable
}
func (g *gone) Touch(_ context.Context, id string) (*lead.Touch, error) {
	for _, l := range g.held {
		if id == "T"+l.ID[1:] {
			return &lead.Touch{ID: id, LeadID: l.ID, State: lead.Settled, Source: "contact", ReceivedAt: noon}, nil
		}
	}
	return nil, lead.ErrUnavailable
}
func (g *gone) AwaySince() time.Time                            { return g.since }
func (g *gone) Held(context.Context, int) ([]*lead.Lead, error) { return g.held, g.err }
func (g *gone) HeldLead(id string) (*lead.Lead, error) {
	for _, l := range g.held {
		if l.ID == id {
			return l, g.err
		}
	}
	return nil, lead.ErrNotFound
}

// bannerOf is what a page says of an outage.
func bannerOf(t *testing.T, page string) string {
	t.Helper()
	for _, p := range handlertest.Elements(t, page, "p") {
		if handlertest.Attr(p, "class") == "outage" {
			var words []string
			for n := range p.Descendants() {
				if n.Type == html.TextNode {
					words = append(words, n.Data)
				}
			}
			return strings.Join(words, "")
		}
	}
	return ""
}

func TestAway(t *testing.T) {
	hot, junk := leadOf(1, "Ada Brandt"), leadOf(2, "Bo Lind", func(l *lead.Lead) { l.Status = lead.Junk })
	warm := leadOf(3, "Cy Doe", func(l *lead.Lead) { l.Temperature = lead.Warm })
	elsewhere := leadOf(4, "Di Eck", func(l *lead.Lead) { l.Touches = append(l.Touches, "TOFANOTHERNODE") })
	const holds = " Leads are still taken, and hot ones told at once. What is below is what this node holds."
	earlier := noon.Add(-90 * time.Minute)
	for name, tc := range map[string]struct {
		path   string
		since  time.Time
		status int
		banner string
		rows   []string
	}{
		"Inbox":        {"/", earlier, 200, "Redis is away since 25 Nov 2026, 10:30:00 UTC." + holds, []string{hot.ID, warm.ID, elsewhere.ID}},
		"JustNow":      {"/", time.Time{}, 200, "Redis is away since 25 Nov 2026, 12:00:00 UTC." + holds, []string{hot.ID, warm.ID, elsewhere.ID}},
		"Tab":          {"/?tab=warm", earlier, 200, "Redis is away since 25 Nov 2026, 10:30:00 UTC." + holds, []string{warm.ID}},
		"Line":         {"/?q=brandt", earlier, 200, "Redis is away since 25 Nov 2026, 10:30:00 UTC." + holds, []string{hot.ID}},
		"None":         {"/?q=nobody", earlier, 200, "Redis is away since 25 Nov 2026, 10:30:00 UTC." + holds, nil},
		"OlderPage":    {"/?cursor=x", earlier, 200, "Redis is away since 25 Nov 2026, 10:30:00 UTC." + holds, []string{hot.ID, warm.ID, elsewhere.ID}},
		"Lead":         {"/l/" + hot.ID, earlier, 200, "Redis is away since 25 Nov 2026, 10:30:00 UTC." + holds, nil},
		"LeadJustNow":  {"/l/" + hot.ID, time.Time{}, 200, "Redis is away since 25 Nov 2026, 12:00:00 UTC." + holds, nil},
		"TouchAway":    {"/l/" + elsewhere.ID, earlier, 200, "Redis is away since 25 Nov 2026, 10:30:00 UTC." + holds, nil},
		"LeadNotHere":  {"/l/01M88F76F4PNJ54C4FYRH1BGZZ", earlier, 503, "Redis is away since 25 Nov 2026, 10:30:00 UTC. Leads are still taken, and hot ones told at once.", nil},
		"AnotherPage":  {"/rules", earlier, 200, "Redis is away since 25 Nov 2026, 10:30:00 UTC. Leads are still taken, and hot ones told at once.", nil},
		"NothingWrong": {"/rules", time.Time{}, 200, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			g := &gone{since: tc.since, held: []*lead.Lead{hot, junk, warm, elsewhere}}
			s, cookies := insiders(t, func(o *Options) { o.API.Reader, o.API.Actor, o.Pages.Standby = g, g, g })
			w := ask(s, "GET", tc.path, "", "Cookie", cookies[session.Write], "Accept", "text/html", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Site", "same-origin")
			page := w.Body.String()
			if got := bannerOf(t, page); w.Code != tc.status || got != tc.banner {
				t.Errorf("GET %s = %d, says %q; want %d, %q", tc.path, w.Code, got, tc.status, tc.banner)
			}
			var rows []string
			for _, li := range handlertest.Elements(t, page, "li") {
				if strings.HasPrefix(handlertest.Attr(li, "id"), "lead-") {
					rows = append(rows, strings.TrimPrefix(handlertest.Attr(li, "id"), "lead-"))
				}
			}
			if d := cmp.Diff(tc.rows, rows); d != "" {
				t.Errorf("rows of %s (-want +got):\n%s", tc.path, d)
			}
		})
	}
}

// Programs are not given a part for the whole, and strangers learn nothing.
func TestAway_NobodyElse(t *testing.T) {
	g := &gone{since: noon, held: []*lead.Lead{leadOf(1, "Ada Brandt")}}
	s, cookies := insiders(t, func(o *Options) { o.API.Reader, o.API.Actor, o.Pages.Standby = g, g, g })
	for _, path := range []string{"/api/v1/leads", "/api/v1/leads/" + g.held[0].ID} {
		w := ask(s, "GET", path, "", "Authorization", "Bearer api-token")
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), `"unavailable"`) {
			t.Errorf("GET %s = %d %v %s, want 503 with Retry-After", path, w.Code, w.Header(), w.Body)
		}
	}
	if w := ask(s, "GET", "/signin", ""); w.Code != 200 || strings.Contains(w.Body.String(), "Redis") {
		t.Errorf("a stranger reads of Redis: %d %s", w.Code, w.Body)
	}
	g.err = errors.New("journal is closed")
	if w := ask(s, "GET", "/", "", "Cookie", cookies[session.Read]); w.Code != 503 {
		t.Errorf("GET / without the store and the journal = %d, want 503", w.Code)
	}
}
