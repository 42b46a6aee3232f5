package api

import (
	"bufio"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// sheet writes a table for spreadsheets (RFC 4180, UTF-8) to a client, row by
// row. What a spreadsheet would take for a formula it gets as text.
type sheet struct {
	out     *bufio.Writer
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
	s := &sheet{bufio.NewWriter(c.Response()), http.NewResponseController(c.Response())}
	if bom {
		s.out.WriteString("\ufeff") // bufio keeps the error for the next flush
	}
	s.row(columns...)
	return s, s.flush()
}

// row adds a row. Every cell is in quotes, whatever is in it.
func (s *sheet) row(cells ...string) {
	for i, cell := range cells {
		if i > 0 {
			s.out.WriteByte(',')
		}
		s.out.WriteByte('"')
		s.out.WriteString(strings.ReplaceAll(inert(cell), `"`, `""`))
		s.out.WriteByte('"')
	}
	s.out.WriteString("\r\n")
}

// flush sends what was added. A client that reads on may take as long as it likes.
func (s *sheet) flush() error {
	_ = s.control.SetWriteDeadline(time.Now().Add(streamPatience)) // not every writer has one, and such a writer has no limit
	return s.out.Flush()
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
