package api

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/lead"
)

// reporter knows how leads were taken care of. The program joins it with the
// store. Its errors wrap lead.ErrUnavailable.
type reporter interface {
	// Care is of the leads whose visitors asked at from or later and before to.
	Care(ctx context.Context, from, to time.Time) ([]lead.Care, error)
	// Funnel is of the leads made on those UTC days, by source.
	Funnel(ctx context.Context, from, to time.Time) ([]lead.Funnel, error)
}

const (
	defaultPeriod = 30  // days that a report covers
	mostDays      = 400 // that one can cover
)

// SpeedReport is how soon leads were claimed: all of them, and by row.
type SpeedReport struct {
	From  string       `json:"from"` // first day
	To    string       `json:"to"`   // last day
	Zone  string       `json:"zone"` // of the days and hours
	By    lead.SpeedBy `json:"by"`
	Total lead.Speed   `json:"total"`
	Rows  []lead.Speed `json:"rows"`
}

// FunnelReport is how far leads came: all of them, and by source.
type FunnelReport struct {
	From  string        `json:"from"`
	To    string        `json:"to"`
	Total lead.Funnel   `json:"total"`
	Rows  []lead.Funnel `json:"rows"`
}

// BooksReport is the books of each day.
type BooksReport struct {
	From string    `json:"from"`
	To   string    `json:"to"`
	Rows []DayBook `json:"rows"`
}

// DayBook is one UTC day's books.
type DayBook struct {
	Day string `json:"day"`
	lead.Books
}

// period is what a report covers: whole days.
type period struct {
	from, to time.Time // the first day's beginning, the last day's end
	zone     *time.Location
	csv, bom bool
}

func (p period) first() string { return p.from.Format(time.DateOnly) }
func (p period) last() string  { return p.to.AddDate(0, 0, -1).Format(time.DateOnly) }

// period reads from, to (days, both included) and zone.
func (q *query) period(now time.Time) period {
	p := period{zone: time.UTC}
	if name := q.text("zone"); name != "" {
		zone, err := time.LoadLocation(name)
		if err != nil || name == "Local" {
			q.wrong("zone=%.40q is not a time zone; write Europe/Berlin.", name)
		} else {
			p.zone = zone
		}
	}
	day := func(name string, otherwise time.Time) time.Time {
		value := q.text(name)
		if value == "" {
			return otherwise
		}
		t, err := time.ParseInLocation(time.DateOnly, value, p.zone)
		if err != nil {
			q.wrong("%s=%.40q is not a day; write 2026-11-25.", name, value)
		}
		return t
	}
	y, m, d := now.In(p.zone).Date()
	p.to = day("to", time.Date(y, m, d, 0, 0, 0, 0, p.zone))
	p.from = day("from", p.to.AddDate(0, 0, 1-defaultPeriod))
	p.to = p.to.AddDate(0, 0, 1)
	switch {
	case !p.from.Before(p.to):
		q.wrong("from is after to.")
	case p.from.AddDate(0, 0, mostDays).Before(p.to):
		q.wrong("A report covers %d days at most.", mostDays)
	}
	p.csv = q.oneOf("format", "json", "csv") == "csv"
	p.bom = q.flag("bom")
	return p
}

// Speed is the report on speed that the query of a URL asks for.
func (s *API) Speed(ctx context.Context, values url.Values) (SpeedReport, period, error) {
	q := query{values: values}
	q.only("from", "to", "by", "zone", "format", "bom")
	by := lead.SpeedBy(q.oneOf("by", string(lead.ByDay), string(lead.ByRep), string(lead.BySource), string(lead.ByHour)))
	if by == "" {
		by = lead.ByDay
	}
	p := q.period(s.o.Now())
	if q.err != nil {
		return SpeedReport{}, p, q.err
	}
	all, err := s.o.Reporter.Care(ctx, p.from, p.to)
	if err != nil {
		return SpeedReport{}, p, fmt.Errorf("report on speed: %w", err)
	}
	r := SpeedReport{From: p.first(), To: p.last(), Zone: p.zone.String(), By: by}
	r.Total, r.Rows = lead.SpeedOf(all, by, p.zone)
	return r, p, nil
}

// ShowSpeed answers GET /reports/speed.
func (s *API) ShowSpeed(c echo.Context) error {
	r, p, err := s.Speed(c.Request().Context(), c.QueryParams())
	if err != nil {
		return err
	}
	if !p.csv {
		return show(c, r)
	}
	out, err := newSheet(c, "speed.csv", p.bom, string(r.By), "leads", "claimed", "contacted", "p50_seconds", "p90_seconds", "within_1m", "within_5m", "within_60m")
	if err != nil {
		return err
	}
	digits := func(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
	maybe := func(x *float64) string {
		if x == nil {
			return ""
		}
		return digits(*x)
	}
	for _, row := range r.Rows {
		out.row(row.Key, strconv.Itoa(row.N), strconv.Itoa(row.Claimed), strconv.Itoa(row.Contacted), maybe(row.P50), maybe(row.P90),
			digits(row.Within1), digits(row.Within5), digits(row.Within60))
	}
	return out.flush()
}

// Funnel is the funnel that the query of a URL asks for.
func (s *API) Funnel(ctx context.Context, values url.Values) (FunnelReport, period, error) {
	q := query{values: values}
	q.only("from", "to", "format", "bom")
	p := q.period(s.o.Now())
	if q.err != nil {
		return FunnelReport{}, p, q.err
	}
	rows, err := s.o.Reporter.Funnel(ctx, p.from, p.to)
	if err != nil {
		return FunnelReport{}, p, fmt.Errorf("report on the funnel: %w", err)
	}
	r := FunnelReport{From: p.first(), To: p.last(), Rows: rows}
	for _, row := range rows {
		r.Total.Add(row)
	}
	return r, p, nil
}

// ShowFunnel answers GET /reports/funnel.
func (s *API) ShowFunnel(c echo.Context) error {
	r, p, err := s.Funnel(c.Request().Context(), c.QueryParams())
	if err != nil {
		return err
	}
	if !p.csv {
		return show(c, r)
	}
	out, err := newSheet(c, "funnel.csv", p.bom, "source", "leads", "hot", "claimed", "contacted")
	if err != nil {
		return err
	}
	for _, row := range r.Rows {
		out.row(row.Source, decimal(row.Leads), decimal(row.Hot), decimal(row.Claimed), decimal(row.Contacted))
	}
	return out.flush()
}

// mostBooks is how many days' books one report covers; they are kept so long.
const mostBooks = 35

// Books are the books of each day that the query of a URL asks for.
func (s *API) Books(ctx context.Context, values url.Values) (BooksReport, period, error) {
	q := query{values: values}
	q.only("from", "to", "format", "bom")
	p := q.period(s.o.Now())
	if p.from.AddDate(0, 0, mostBooks).Before(p.to) {
		q.wrong("The books of %d days are kept.", mostBooks)
	}
	if q.err != nil {
		return BooksReport{}, p, q.err
	}
	r := BooksReport{From: p.first(), To: p.last(), Rows: []DayBook{}}
	for day := p.from; day.Before(p.to); day = day.AddDate(0, 0, 1) {
		name := day.Format(time.DateOnly)
		b, err := s.o.Reader.Books(ctx, name)
		if err != nil {
			return r, p, fmt.Errorf("read books of %s: %w", name, err)
		}
		r.Rows = append(r.Rows, DayBook{name, b})
	}
	return r, p, nil
}

// ShowBooksReport answers GET /reports/books.
func (s *API) ShowBooksReport(c echo.Context) error {
	r, p, err := s.Books(c.Request().Context(), c.QueryParams())
	if err != nil {
		return err
	}
	if !p.csv {
		return show(c, r)
	}
	out, err := newSheet(c, "books.csv", p.bom, "day", "accepted", "alerted", "held", "digested", "quarantined", "merged", "unread", "waiting", "failed", "unaccounted")
	if err != nil {
		return err
	}
	for _, b := range r.Rows {
		out.row(b.Day, decimal(b.Accepted), decimal(b.Alerted), decimal(b.Held), decimal(b.Digested), decimal(b.Quarantined),
			decimal(b.Merged), decimal(b.Unread), decimal(b.Waiting), decimal(b.Failed), decimal(b.Unaccounted))
	}
	return out.flush()
}

// decimal writes a whole number.
func decimal(n int64) string { return strconv.FormatInt(n, 10) }
