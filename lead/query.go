package lead

import (
	"slices"
	"strings"
	"time"
)

// Query chooses leads; all that is set has to hold. The zero query is all but
// those in quarantine, which only their status finds, and those that were merged.
type Query struct {
	Temperature *Temperature // as of now
	Status      Status
	Source      string    // of any touch
	Email       string    // in any spelling
	Text        string    // part of the name, e-mail, phone, company or title
	ClaimedBy   string    // who has the lead
	Unclaimed   bool      // not claimed, and not done with: its status is new
	Consent     Consent   // the last answer about being contacted
	Since       time.Time // created then or later
	Limit       int       // default 50, at most 1000
	Cursor      string    // LeadPage.Next of the page before
}

// LeadPage is a page of leads, newest first.
type LeadPage struct {
	Items []*Lead `json:"items"`
	Next  string  `json:"next,omitempty"` // cursor of the next page; empty: this was the last
}

// TouchQuery chooses touches; all that is set has to hold. The zero query is all
// but the merged ones, which only their state finds.
type TouchQuery struct {
	Source string
	State  State
	Since  time.Time // received then or later
	Limit  int       // default 50, at most 1000
	Cursor string    // TouchPage.Next of the page before
}

// TouchPage is a page of touches, newest first.
type TouchPage struct {
	Items []*Touch `json:"items"`
	Next  string   `json:"next,omitempty"` // cursor of the next page; empty: this was the last
}

// Matches reports whether a lead, with its verdict as it stands, is what the query
// asks for. Limit and Cursor play no part.
func (q Query) Matches(l *Lead) bool {
	switch {
	case l.MergedInto != "",
		q.Temperature != nil && l.Temperature != *q.Temperature,
		q.Status != "" && l.Status != q.Status,
		q.Status == "" && l.Status == HeldInQuarantine,
		q.Source != "" && !slices.ContainsFunc(l.History, func(p Past) bool { return p.Source == q.Source }),
		q.Email != "" && NormalEmail(l.Person.Email) != NormalEmail(q.Email),
		q.ClaimedBy != "" && (l.Claim == nil || l.Claim.By != q.ClaimedBy),
		q.Unclaimed && (l.Claim != nil || l.Status != New && l.Status != ""),
		q.Consent != "" && l.Consent() != q.Consent,
		l.CreatedAt.Before(q.Since):
		return false
	}
	text := strings.ToLower(strings.TrimSpace(q.Text))
	p := l.Person
	return text == "" || slices.ContainsFunc([]string{p.Name, p.FirstName, p.LastName, p.Email, p.Phone, p.Company, p.Title}, func(v string) bool {
		return strings.Contains(strings.ToLower(v), text)
	})
}

// Matches reports whether a touch is what the query asks for. Limit and Cursor
// play no part.
func (q TouchQuery) Matches(t *Touch) bool {
	return (q.Source == "" || t.Source == q.Source) &&
		(q.State == t.State || q.State == "" && t.State != Merged) &&
		!t.ReceivedAt.Before(q.Since)
}
