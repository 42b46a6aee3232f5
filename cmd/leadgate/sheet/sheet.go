// Package sheet reads a list of people from a CSV file, whatever program wrote
// it: the charset, the separator, the line ends and the line that names the
// columns are found out, and what was found is said. It must not know what
// becomes of the rows. A program that writes its reports differently is one more
// case of the tests, and of findHeader where it needs one.
package sheet

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/transform"

	"github.com/leadgate/leadgate/handlers/provider"
)

// Sheet is an open file.
type Sheet struct {
	Header []string // the columns, no two of one name
	Labels []string // what they are sent as: those of a second person name it

	file     *os.File
	size     int64
	csv      *csv.Reader
	before   int        // lines that the CSV reader has not seen
	seed     []byte     // of the rows' names: the header
	found    string     // what was found out, for people
	pending  [][]string // rows that were read to find the header
	lines    []int      // and where they are
	sections bool       // the header stands below a preamble: other tables may follow
	skipping bool       // in a table of our own people
	mapped   bool       // the caller names columns: they stay as they are
}

// Row is one row, ready to be sent.
type Row struct {
	Line   int
	ID     string          // the same whenever the row is read
	Values json.RawMessage // an object of the columns
	Cells  []string
}

const (
	sniffed  = 64 << 10 // bytes from which separator and line ends are guessed
	preamble = 40       // rows within which the header is looked for
)

// Open opens a file. charset overrides what is found out; empty: it is guessed.
// columns are labels that the caller knows to be columns.
func Open(name, charset string, columns []string) (*Sheet, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	s := &Sheet{file: file, mapped: len(columns) > 0}
	if err := s.open(charset, columns); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return s, nil
}

func (s *Sheet) open(charset string, columns []string) error {
	info, err := s.file.Stat()
	if err != nil {
		return err
	}
	s.size = info.Size()
	enc, name, sure, err := charsetOf(s.file)
	if err != nil {
		return err
	}
	if charset != "" {
		sure = true
		if enc, name, err = named(charset); err != nil {
			return err
		}
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	in := io.Reader(s.file)
	if strings.HasPrefix(name, "utf-16") {
		in, enc = transform.NewReader(in, enc.NewDecoder()), nil
	}
	raw := bufio.NewReaderSize(in, sniffed)
	head, err := raw.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return err
	}
	in = raw
	if endsWithCR(head) {
		in = &carriageReturns{in}
	}
	text := bufio.NewReaderSize(&lineDecoder{in: bufio.NewReaderSize(in, sniffed), enc: enc}, sniffed)
	start, err := text.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return err
	}
	comma := separatorOf(string(start))
	if rest, ok := bytes.CutPrefix(start, []byte("sep=")); ok && len(rest) > 0 { // Excel says it in a line of its own
		comma, _ = utf8.DecodeRune(rest)
		if _, err := text.ReadString('\n'); err != nil {
			return errors.New("the file is empty")
		}
		s.before = 1
	}
	s.csv = csv.NewReader(text)
	s.csv.Comma, s.csv.LazyQuotes, s.csv.FieldsPerRecord = comma, true, -1
	line, err := s.findHeader(columns)
	if err != nil {
		return err
	}
	s.found = fmt.Sprintf("%s, separated by %s, %s", name, cmp.Or(separators[comma], string(comma)), line)
	if !sure {
		s.found += "; the charset is a guess: if names look wrong, say --charset"
	}
	return nil
}

// Close closes the file.
func (s *Sheet) Close() error { return s.file.Close() }

// Found says in a few words how the file is written.
func (s *Sheet) Found() string { return s.found }

// Percent is how much of the file was read.
func (s *Sheet) Percent() int64 {
	at, err := s.file.Seek(0, io.SeekCurrent)
	if err != nil || s.size == 0 {
		return 100
	}
	return 100 * at / s.size
}

// read returns the next record of the file and its line.
func (s *Sheet) read() ([]string, int, error) {
	if len(s.pending) > 0 {
		cells, line := s.pending[0], s.lines[0]
		s.pending, s.lines = s.pending[1:], s.lines[1:]
		return cells, line, nil
	}
	cells, err := s.csv.Read()
	if err != nil {
		return cells, 0, err
	}
	line, _ := s.csv.FieldPos(0)
	return cells, line + s.before, nil
}

// findHeader looks for the row that names the columns: the first with two
// details of a person or more, else the first with one. It returns what it
// found, for people. Reports begin with lines about the report.
func (s *Sheet) findHeader(columns []string) (string, error) {
	var rows [][]string
	var lines []int
	at, some := -1, -1
	for len(rows) < preamble && at < 0 {
		cells, line, err := s.read()
		if errors.Is(err, io.EOF) {
			break
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			continue
		}
		if err != nil {
			return "", err
		}
		s.enterSection(cells)
		known := s.columns(cells, columns)
		switch {
		case s.skipping:
		case known >= 2:
			at = len(rows)
		case known == 1 && some < 0 && filled(cells) == len(cells):
			some = len(rows)
		}
		rows, lines = append(rows, cells), append(lines, line)
	}
	if len(rows) == 0 {
		return "", errors.New("the file has no header: it is empty")
	}
	if at < 0 {
		at = max(some, 0)
	}
	if some < 0 && s.columns(rows[at], columns) == 0 && slices.ContainsFunc(rows[0], isAddress) {
		s.pending, s.lines = rows, lines
		names := make([]string, len(rows[0]))
		for i := range names {
			names[i] = fmt.Sprintf("field_%d", i+1)
		}
		s.setHeader(names)
		return "without column names", nil
	}
	s.sections = at > 0
	s.pending, s.lines = rows[at+1:], lines[at+1:]
	s.setHeader(rows[at])
	return fmt.Sprintf("column names in line %d", lines[at]), nil
}

// columns counts the details of a person that a row names, 0 for a row that
// holds details.
func (s *Sheet) columns(cells, known []string) int {
	if slices.ContainsFunc(cells, isAddress) {
		return 0
	}
	n := provider.Columns(cells)
	for _, label := range known {
		if slices.ContainsFunc(cells, func(cell string) bool { return strings.EqualFold(strings.TrimSpace(cell), label) }) {
			n++
		}
	}
	return n
}

func isAddress(cell string) bool { return strings.Contains(cell, "@") }

func filled(cells []string) (n int) {
	for _, cell := range cells {
		if strings.TrimSpace(cell) != "" {
			n++
		}
	}
	return n
}

// ours are the headings of tables that list our own people.
var ours = regexp.MustCompile(`(?i)\b(hosts?|panelists?|presenters?|organi[sz]ers?|speakers?|staff)\b`)

// enterSection notices the heading of a table within a report and says whether
// the row is one.
func (s *Sheet) enterSection(cells []string) bool {
	if filled(cells) != 1 || strings.TrimSpace(cells[0]) == "" || isAddress(cells[0]) {
		return false
	}
	s.skipping = ours.MatchString(cells[0])
	return true
}

// Next returns the next row, io.EOF behind the last. A *csv.ParseError is about
// one row only.
func (s *Sheet) Next() (Row, error) {
	for {
		cells, line, err := s.read()
		if err != nil {
			return Row{Cells: cells}, err
		}
		if s.sections {
			if s.enterSection(cells) || s.skipping {
				continue
			}
			if s.columns(cells, nil) >= 2 {
				s.setHeader(cells)
				continue
			}
		}
		return s.row(cells, line)
	}
}

func (s *Sheet) row(cells []string, line int) (Row, error) {
	h := sha256.New()
	h.Write(s.seed)
	var b bytes.Buffer
	b.WriteByte('{')
	for i, cell := range cells {
		h.Write([]byte(cell + "\x00"))
		name := fmt.Sprintf("column %d", i+1)
		if i < len(s.Labels) {
			name = s.Labels[i]
		}
		for _, part := range []string{name, cell} {
			text, err := json.Marshal(part)
			if err != nil {
				return Row{Line: line, Cells: cells}, err
			}
			b.Write(text)
			b.WriteByte(':')
		}
		b.Bytes()[b.Len()-1] = ','
	}
	b.Truncate(max(1, b.Len()-1))
	b.WriteByte('}')
	return Row{Line: line, ID: "csv-" + hex.EncodeToString(h.Sum(nil)[:16]), Values: b.Bytes(), Cells: cells}, nil
}

// setHeader gives each column a name, and no two the same.
func (s *Sheet) setHeader(cells []string) {
	s.Header = make([]string, len(cells))
	seen := map[string]int{}
	for i, name := range cells {
		if name = strings.TrimSpace(name); name == "" {
			name = fmt.Sprintf("column %d", i+1)
		}
		if seen[name]++; seen[name] > 1 {
			name = fmt.Sprintf("%s %d", name, seen[name])
		}
		s.Header[i] = name
	}
	sum := sha256.Sum256([]byte(strings.Join(s.Header, "\x00")))
	s.seed = sum[:]
	s.Labels = s.Header
	if !s.mapped {
		s.Labels = perPerson(s.Header)
	}
}

// counted is a column of one of several people: Name 1, E-Mail_2, Phone (2).
var counted = regexp.MustCompile(`^(.*\pL)[ _#(.-]*([1-9])\)?$`)

// perPerson renames the columns of several people in a row, Name 1 and E-Mail 1
// beside Name 2 and E-Mail 2, so that the reader tells them apart. A second
// address or number of one person stays what it is.
func perPerson(header []string) []string {
	groups := map[string][]string{} // number -> labels without it
	for _, label := range header {
		if m := counted.FindStringSubmatch(label); m != nil {
			groups[m[2]] = append(groups[m[2]], m[1])
		}
	}
	if !provider.PersonColumns(groups["2"]) {
		return header
	}
	labels := slices.Clone(header)
	for i, label := range header {
		m := counted.FindStringSubmatch(label)
		switch {
		case m != nil && provider.PersonColumns(groups[m[2]]):
			labels[i] = "Guest " + m[2] + " " + m[1]
		case slices.Contains(groups["2"], label): // the first of two names of a column
			labels[i] = "Guest 1 " + label
		}
	}
	return labels
}

var separators = map[rune]string{',': "commas", ';': "semicolons", '\t': "tabs", '|': "bars"}

// separatorOf guesses what stands between cells: that by which some line names
// most columns, else what the lines have most of, outside of quotes.
func separatorOf(head string) rune {
	count := map[rune]int{}
	quoted := false
	for _, c := range head {
		switch {
		case c == '"':
			quoted = !quoted
		case !quoted:
			count[c]++
		}
	}
	best, most, names := ',', -1, 0
	for _, c := range []rune{',', ';', '\t', '|'} {
		known, lines := 0, 0
		for line := range strings.Lines(head) {
			known = max(known, provider.Columns(strings.Split(strings.ReplaceAll(line, `"`, ""), string(c))))
			if lines++; lines == preamble {
				break
			}
		}
		if known < 2 {
			known = 0
		}
		if known > names || known == names && count[c] > most {
			best, most, names = c, count[c], known
		}
	}
	return best
}

// endsWithCR says whether lines end with a carriage return alone, as those of
// old Macs do.
func endsWithCR(head []byte) bool {
	cr, lf, quoted := 0, 0, false
	for i, c := range head {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '\n':
			lf++
		case c == '\r' && (i+1 == len(head) || head[i+1] != '\n'):
			cr++
		}
	}
	return cr > lf
}

// carriageReturns makes line feeds of carriage returns.
type carriageReturns struct{ in io.Reader }

func (r *carriageReturns) Read(p []byte) (int, error) {
	n, err := r.in.Read(p)
	for i := range p[:n] {
		if p[i] == '\r' {
			p[i] = '\n'
		}
	}
	return n, err
}

// lineDecoder makes UTF-8 of each line that is not, so that a list that was put
// together from two files is read as well.
type lineDecoder struct {
	in   *bufio.Reader
	enc  encoding.Encoding
	rest []byte
	some bool
}

func (d *lineDecoder) Read(p []byte) (int, error) {
	if len(d.rest) == 0 {
		line, err := d.in.ReadBytes('\n')
		if len(line) == 0 {
			return 0, err
		}
		if !d.some {
			line, d.some = bytes.TrimPrefix(line, []byte("\ufeff")), true
		}
		if d.enc != nil && !utf8.Valid(line) {
			if text, err := d.enc.NewDecoder().Bytes(line); err == nil {
				line = text
			}
		}
		d.rest = line
	}
	n := copy(p, d.rest)
	d.rest = d.rest[n:]
	return n, nil
}
