package api

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/lead"
)

// sheet writes a table for spreadsheets (RFC 4180, UTF-8) to a client, row by
// row. What a spreadsheet would take for a formula it gets as text.
type sheet struct {
	out     *csv.Writer
	control *http.ResponseController
}

// newSheet begins a download of that name. With bom it begins with a byte order
// mark, which Excel needs to take it for UTF-8.
func newSheet(c echo.Context, name string, bom bool, columns ...string) (*sheet, error) {
	h := c.Response().Header()
	h.Set("Content-Type", "text/csv; charset=utf-8; header=present")
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	c.Response().WriteHeader(http.StatusOK)
	s := &sheet{csv.NewWriter(c.Response()), http.NewResponseController(c.Response())}
	s.out.UseCRLF = true
	if bom {
		if _, err := c.Response().Write([]byte("\ufeff")); err != nil {
			return nil, err
		}
	}
	s.row(columns...)
	return s, s.flush()
}

// row adds a row.
func (s *sheet) row(cells ...string) {
	for i, cell := range cells {
		cells[i] = inert(cell)
	}
	_ = s.out.Write(cells) // keeps the error for the next flush
}

// flush sends what was added. A client that reads on may take as long as it likes.
func (s *sheet) flush() error {
	_ = s.control.SetWriteDeadline(time.Now().Add(streamPatience)) // not every writer has one, and such a writer has no limit
	s.out.Flush()
	return s.out.Error()
}

// formula is where a spreadsheet may see the beginning of a formula: at the
// start of a cell, and behind what it may take for a separator of cells.
var formula = regexp.MustCompile(`(^|[;,|])([\s\p{Zs}"'\x{200b}\x{feff}]*)([=+\-@＝＋－＠])`)

// inert makes a cell text. A spreadsheet takes what begins with = + - or @ for a
// formula, which can run programs and send away what is in other cells; with an
// apostrophe in front it is text (https://owasp.org/www-community/attacks/CSV_Injection).
// A plain number and a phone number like +49 30 1234567 stay as they are: digits
// alone do nothing, and other programs have to read them. Line breaks, tabs and
// other control characters become blanks.
func inert(cell string) string {
	cell = strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(cell, "\ufffd"))
	if number.MatchString(cell) || !strings.ContainsAny(cell, "=+-@＝＋－＠") {
		return cell
	}
	return formula.ReplaceAllString(cell, "$1$2'$3")
}

// number is a sign and digits in groups: +49 30 1234567, -12.5.
var number = regexp.MustCompile(`^[+-]?\d+([ .]\d+)*$`)

// leadColumns are the columns of leads.csv. New ones are added at the end:
// people's spreadsheets count on the order.
var leadColumns = []struct {
	name string
	of   func(*lead.Lead) string
}{
	{"id", func(l *lead.Lead) string { return l.ID }},
	{"created_at", func(l *lead.Lead) string { return l.CreatedAt.UTC().Format(time.RFC3339) }},
	{"updated_at", func(l *lead.Lead) string { return l.UpdatedAt.UTC().Format(time.RFC3339) }},
	{"temperature", func(l *lead.Lead) string { return l.Temperature.String() }},
	{"stage", func(l *lead.Lead) string {
		if l.Stage == lead.NoStage {
			return ""
		}
		return l.Stage.String()
	}},
	{"score", func(l *lead.Lead) string { return strconv.Itoa(l.Score) }},
	{"status", func(l *lead.Lead) string { return string(l.Status) }},
	{"claimed_by", func(l *lead.Lead) string {
		if l.Claim == nil {
			return ""
		}
		return l.Claim.By
	}},
	{"claimed_at", func(l *lead.Lead) string {
		if l.Claim == nil {
			return ""
		}
		return l.Claim.At.UTC().Format(time.RFC3339)
	}},
	{"name", func(l *lead.Lead) string { return l.Person.Name }},
	{"first_name", func(l *lead.Lead) string { return l.Person.FirstName }},
	{"last_name", func(l *lead.Lead) string { return l.Person.LastName }},
	{"email", func(l *lead.Lead) string { return l.Person.Email }},
	{"phone", func(l *lead.Lead) string { return l.Person.Phone }},
	{"company", func(l *lead.Lead) string { return l.Person.Company }},
	{"title", func(l *lead.Lead) string { return l.Person.Title }},
	{"sources", func(l *lead.Lead) string { return distinct(l, func(p lead.Past) string { return p.Source }) }},
	{"actions", func(l *lead.Lead) string { return distinct(l, func(p lead.Past) string { return string(p.Action) }) }},
	{"touches", func(l *lead.Lead) string { return strconv.Itoa(len(l.Touches)) }},
	{"message", func(l *lead.Lead) string { return latest(l, func(p lead.Past) string { return p.Message }) }},
	{"page_url", func(l *lead.Lead) string { return latest(l, func(p lead.Past) string { return p.PageURL }) }},
	{"utm_source", func(l *lead.Lead) string { return latest(l, func(p lead.Past) string { return p.UTM.Source }) }},
	{"utm_medium", func(l *lead.Lead) string { return latest(l, func(p lead.Past) string { return p.UTM.Medium }) }},
	{"utm_campaign", func(l *lead.Lead) string { return latest(l, func(p lead.Past) string { return p.UTM.Campaign }) }},
	{"reasons", func(l *lead.Lead) string {
		var all []string
		for _, r := range l.Reasons {
			all = append(all, r.Because)
		}
		return strings.Join(all, "; ")
	}},
	{"test", func(l *lead.Lead) string { return strconv.FormatBool(l.Test) }},
	{"consent", func(l *lead.Lead) string { return string(l.Consent()) }},
}

// distinct is what a lead's touches say, each once, in order.
func distinct(l *lead.Lead, of func(lead.Past) string) string {
	var all []string
	for _, p := range l.History {
		if v := of(p); v != "" && !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	return strings.Join(all, " ")
}

// latest is what the latest of a lead's touches that says it says.
func latest(l *lead.Lead, of func(lead.Past) string) string {
	for _, p := range slices.Backward(l.History) {
		if v := of(p); v != "" {
			return v
		}
	}
	return ""
}

// csvPage is how many leads are read at a time.
const csvPage = 500

// LeadsCSV answers GET /api/v1/leads.csv with all leads that the filters of
// /leads choose, page by page as they are read.
func (s *API) LeadsCSV(c echo.Context) error {
	values := c.QueryParams()
	extra := query{values: values}
	bom := extra.flag("bom")
	if extra.err != nil {
		return extra.err
	}
	values.Del("bom")
	q, err := leadQuery(values, s.o.Now())
	if err != nil {
		return err
	}
	most := 0 // all
	if values.Has("limit") {
		most = q.Limit
	}
	q.Limit = csvPage
	// The first page is read before anything is sent, so that an error is one.
	page, err := s.o.Reader.Leads(c.Request().Context(), q)
	if err != nil {
		return fmt.Errorf("list leads: %w", err)
	}
	names := make([]string, len(leadColumns))
	for i, column := range leadColumns {
		names[i] = column.name
	}
	out, err := newSheet(c, "leads.csv", bom, names...)
	if err != nil {
		return err
	}
	s.o.Sessions.Did(c, lead.ActExport, "leads.csv")
	for sent := 0; ; {
		for _, l := range page.Items {
			if sent++; most > 0 && sent > most {
				return out.flush()
			}
			cells := make([]string, len(leadColumns))
			for i, column := range leadColumns {
				cells[i] = column.of(l)
			}
			out.row(cells...)
		}
		if err := out.flush(); err != nil || page.Next == "" {
			return err
		}
		q.Cursor = page.Next
		if page, err = s.o.Reader.Leads(c.Request().Context(), q); err != nil {
			// Half a file must not pass for a whole one: the connection breaks.
			s.o.Logger.Error("leads.csv was cut short", "error", err)
			panic(http.ErrAbortHandler)
		}
	}
}
