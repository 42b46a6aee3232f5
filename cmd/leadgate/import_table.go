package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// table reads a CSV file row by row, whatever program wrote it.
type table struct {
	file   *os.File
	size   int64
	csv    *csv.Reader
	header []string
	seed   []byte // of the rows' names: the header
}

// sniffed is how much of a file its delimiter is guessed from.
const sniffed = 64 << 10

// openTable opens a file and reads its header.
func openTable(name string) (*table, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	t, err := newTable(file)
	if err != nil {
		file.Close()
	}
	return t, err
}

func newTable(file *os.File) (*table, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	enc, err := encodingOf(file)
	if err != nil {
		return nil, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	text := bufio.NewReaderSize(transform.NewReader(file, enc.NewDecoder()), sniffed)
	head, err := text.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, err
	}
	comma, skip := delimiterOf(string(head))
	if skip {
		if _, err := text.ReadString('\n'); err != nil {
			return nil, errors.New("the file is empty")
		}
	}
	t := &table{file: file, size: info.Size(), csv: csv.NewReader(text)}
	t.csv.Comma, t.csv.LazyQuotes, t.csv.FieldsPerRecord = comma, true, -1
	header, err := t.csv.Read()
	if err != nil {
		return nil, fmt.Errorf("the file has no header: %w", err)
	}
	t.header = named(header)
	sum := sha256.Sum256([]byte(strings.Join(t.header, "\x00")))
	t.seed = sum[:]
	return t, nil
}

func (t *table) close() { t.file.Close() }

// percent is how much of the file was read.
func (t *table) percent() int64 {
	at, err := t.file.Seek(0, io.SeekCurrent)
	if err != nil || t.size == 0 {
		return 100
	}
	return 100 * at / t.size
}

// next returns the next row, io.EOF behind the last. A *csv.ParseError is about
// one row only.
func (t *table) next() (importRow, error) {
	cells, err := t.csv.Read()
	if err != nil {
		return importRow{cells: cells}, err
	}
	line, _ := t.csv.FieldPos(0)
	row := importRow{Row: line, cells: cells}
	h := sha256.New()
	h.Write(t.seed)
	var b bytes.Buffer
	b.WriteByte('{')
	for i, cell := range cells {
		h.Write([]byte(cell + "\x00"))
		name := fmt.Sprintf("column %d", i+1)
		if i < len(t.header) {
			name = t.header[i]
		}
		for _, s := range []string{name, cell} {
			text, err := json.Marshal(s)
			if err != nil {
				return row, err
			}
			b.Write(text)
			b.WriteByte(':')
		}
		b.Bytes()[b.Len()-1] = ','
	}
	b.Truncate(max(1, b.Len()-1))
	b.WriteByte('}')
	row.ID, row.Values = "csv-"+hex.EncodeToString(h.Sum(nil)[:16]), b.Bytes()
	return row, nil
}

// named gives each column a name, and no two the same.
func named(header []string) []string {
	out := make([]string, len(header))
	seen := map[string]int{}
	for i, name := range header {
		if name = strings.TrimSpace(name); name == "" {
			name = fmt.Sprintf("column %d", i+1)
		}
		if seen[name]++; seen[name] > 1 {
			name = fmt.Sprintf("%s %d", name, seen[name])
		}
		out[i] = name
	}
	return out
}

// encodingOf finds out how a file is written, and reads all of it for that: the
// first letter that is not ASCII may be anywhere.
func encodingOf(r io.Reader) (encoding.Encoding, error) {
	in := bufio.NewReaderSize(r, sniffed)
	head, err := in.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case len(head) == 0:
		return nil, errors.New("the file is empty")
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), len(head) == 4 && head[1] == 0 && head[3] == 0:
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), nil
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}), len(head) == 4 && head[0] == 0 && head[2] == 0:
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM), nil
	}
	for {
		c, n, err := in.ReadRune()
		if errors.Is(err, io.EOF) {
			return unicode.UTF8BOM, nil
		}
		if err != nil {
			return nil, err
		}
		if c == utf8.RuneError && n == 1 {
			return charmap.Windows1252, nil
		}
	}
}

// delimiterOf guesses what stands between cells: what the first lines have most
// of, outside of quotes. Excel may say so itself in a line of its own, which is
// to be skipped.
func delimiterOf(head string) (comma rune, skip bool) {
	if rest, ok := strings.CutPrefix(head, "sep="); ok && rest != "" {
		c, _ := utf8.DecodeRuneInString(rest)
		return c, true
	}
	count := map[rune]int{}
	quoted, lines := false, 0
	for _, c := range head {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '\n':
			lines++
		default:
			count[c]++
		}
		if lines == 5 {
			break
		}
	}
	comma = ','
	for _, c := range []rune{';', '\t', '|'} {
		if count[c] > count[comma] {
			comma = c
		}
	}
	return comma, false
}
