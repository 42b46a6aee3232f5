package inbox

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
)

// inbox is the page of leads.
type inbox struct {
	Tab, Line, Wrong string
	Tabs             []tabLink
	Rows             []row
	Next             string // URL of older ones; empty: there are none
	Live             string // URL of the rows that come; empty on an older page
	Searching        bool
	Forms            []string // sources that a plain form can be sent to, for an empty inbox
	Base             string
}

type tabLink struct {
	Name, Title, URL string
	Here             bool
}

// row is one lead of the list, for its reader.
type row struct {
	*lead.Lead
	Who   string      // the person's name, or what else is known
	Asked lead.Past   // the latest thing that the person did
	Why   string      // the reason that counts most
	Waits bool        // for somebody to take the lead
	Verbs []lead.Verb // what the reader can do about it
	Me    session.Credential
	Back  string // where its forms lead back to
	Now   time.Time
	Fresh bool   // came while the page was open
	Said  string // what went wrong with its button
}

func newRow(l *lead.Lead, me session.Credential, back string, now time.Time) row {
	r := row{Lead: l, Who: whoIs(l.Person), Asked: lead.Past{At: l.CreatedAt}, Waits: l.Status == lead.New && l.MergedInto == "", Verbs: verbs(l, me), Me: me, Back: back, Now: now}
	if n := len(l.History); n > 0 {
		r.Asked = l.History[n-1]
	}
	if len(l.Reasons) > 0 {
		r.Why = l.Reasons[0].Because
	}
	return r
}

// verbs are those that a page offers somebody about a lead.
func verbs(l *lead.Lead, me session.Credential) (offered []lead.Verb) {
	offer := lead.Offer(0)
	mine := l.Claim != nil && l.Claim.By == me.Name
	switch {
	case me.Right < session.Write, l.MergedInto != "":
	case l.Status == lead.HeldInQuarantine:
		offer = lead.Held
	case l.Status == lead.New:
		offer = lead.Free
	case l.Status == lead.Claimed && mine:
		offer = lead.Owned
	case l.Status == lead.Contacted && mine:
		offer = lead.Reached
	}
	for _, v := range lead.Verbs() {
		if v.Page&offer != 0 {
			offered = append(offered, v.Verb)
		}
	}
	return offered
}

func whoIs(p lead.Person) string {
	for _, s := range []string{p.Name, p.Email, p.Phone} {
		if s != "" {
			return s
		}
	}
	return "Somebody"
}

// InboxPage answers GET /.
func (s *Pages) InboxPage(c echo.Context) error {
	tab, line := c.QueryParam("tab"), c.QueryParam("q")
	me := session.Of(c)
	f := readFilter(tab, line, me.Name, s.o.Now()).spelled(s.o.Reps())
	f.Cursor = c.QueryParam("cursor")
	place := s.o.API.Place() // before the list is read, so that nothing falls between
	page, err := s.leads(c, f)
	away := s.standsIn(err)
	if away {
		page, err = s.heldLeads(c.Request().Context(), f)
	}
	if err != nil {
		return err
	}
	at := url.Values{}
	for k, v := range map[string]string{"tab": tab, "q": line} {
		if v != "" {
			at.Set(k, v)
		}
	}
	p := inbox{Tab: tab, Line: line, Wrong: f.Wrong, Searching: line != "" || tab != "" || f.Cursor != "", Base: s.o.Public.String()}
	if f.Cursor == "" {
		p.Live = "/live?" + withPlace(at, place)
	}
	for _, t := range tabs {
		q := url.Values{}
		if t.Name != "" {
			q.Set("tab", t.Name)
		}
		if line != "" {
			q.Set("q", line)
		}
		p.Tabs = append(p.Tabs, tabLink{t.Name, t.Title, "/?" + q.Encode(), t.Name == tab})
	}
	back := c.Request().URL.RequestURI()
	for _, l := range page.Items {
		p.Rows = append(p.Rows, newRow(l, me, back, s.o.Now()))
	}
	if page.Next != "" {
		at.Set("cursor", page.Next)
		p.Next = "/?" + at.Encode()
	}
	if len(p.Rows) == 0 {
		p.Forms = s.o.Sources.PlainForms()
	}
	around := s.frame(c, "inbox", "Inbox", p)
	if away {
		around.held()
	}
	return s.render(c, http.StatusOK, "inbox", around)
}

// withPlace adds the place in the stream at which a page was made.
func withPlace(at url.Values, place string) string {
	q := url.Values{"after": {place}}
	for k, v := range at {
		q[k] = v
	}
	return q.Encode()
}

// A filter that seldom matches asks for more of the list so often and so long,
// before the page is shown as it is.
const (
	mostLooks = 20
	looksFor  = 100 * time.Millisecond // when there is something to show
	looksLong = 2 * time.Second        // when there is nothing
)

// leads returns a page of the leads that a filter shows. The store knows most
// of a filter but not all; so what it returns is looked through, and more is
// asked for until the page is full.
func (s *Pages) leads(c echo.Context, f filter) (lead.LeadPage, error) {
	var full lead.LeadPage
	q := f.Query
	begin := time.Now()
	for range mostLooks {
		got, err := s.o.Reader.Leads(c.Request().Context(), q)
		if err != nil {
			return full, fmt.Errorf("list leads: %w", err)
		}
		for _, l := range got.Items {
			if f.shows(l) {
				full.Items = append(full.Items, l)
			}
		}
		full.Next, q.Cursor = got.Next, got.Next
		patience := looksLong
		if len(full.Items) > 0 {
			patience = looksFor
		}
		if got.Next == "" || len(full.Items) >= f.Limit || time.Since(begin) >= patience {
			break
		}
		q.Limit = max(f.Limit-len(full.Items), 1)
	}
	return full, nil
}
