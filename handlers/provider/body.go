package provider

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"path"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
)

// parse reads the body of r into a tree, by its Content-Type where that can be
// believed and by its first byte where it cannot: browsers' beacons come as
// text/plain, curl sends JSON as a form, and some vendors send no type at all.
// Its errors are ErrEmpty, ErrMalformed, ErrTooLarge and ErrType, wrapped.
func parse(r *Request) (*node, error) {
	if len(bytes.TrimLeft(r.Body, " \t\r\n")) == 0 {
		return nil, ErrEmpty
	}
	ctype, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
		ctype = "" // rubbish says nothing
	}
	if ctype == "multipart/form-data" {
		return parseMultipart(r.Body, params["boundary"], params["charset"])
	}
	body := string(r.Body)
	if ctype != "application/x-www-form-urlencoded" { // which is ASCII, and decoded field by field
		if enc := charsetOf(body, params["charset"]); enc != nil {
			body = decodeText(body, enc)
		}
	}
	switch {
	case ctype == "application/json" || ctype == "text/json" || strings.HasSuffix(ctype, "+json") || ctype == "application/x-ndjson" || ctype == "application/jsonl":
		return jsonBody(body)
	case ctype == "application/x-www-form-urlencoded":
		if n := jsonInForm(body); n != nil {
			return n, nil
		}
		return parseForm(body, params["charset"])
	case ctype == "text/csv" || ctype == "application/csv":
		return parseCSV(body)
	case ctype == "" || ctype == "text/plain" || ctype == "application/octet-stream":
		return sniff(body, params["charset"])
	}
	return nil, fmt.Errorf("%w: %.80q", ErrType, ctype)
}

// parseAny is parse for senders that may call a body what they like: JSON and
// forms are read whatever type they come under.
func parseAny(r *Request) (*node, error) {
	n, err := parse(r)
	if err == nil || errors.Is(err, ErrTooLarge) || errors.Is(err, ErrEmpty) || errors.Is(err, errDeep) {
		return n, err
	}
	body := decodeText(string(r.Body), charsetOf(string(r.Body)))
	if !looksJSON(body) && !looksForm(body) {
		return nil, err
	}
	if n, again := sniff(body, ""); again == nil {
		return n, nil
	}
	if n, again := parseCut(body); again == nil {
		return n, nil
	}
	return nil, err
}

func looksJSON(s string) bool {
	s = strings.TrimLeft(strings.TrimPrefix(s, "\ufeff"), " \t\r\n")
	return s != "" && (s[0] == '{' || s[0] == '[')
}

// looksForm says whether a body begins with the name of a field.
func looksForm(s string) bool {
	key, _, ok := strings.Cut(s, "=")
	return ok && key != "" && len(key) <= 200 && !strings.ContainsAny(key, " \t\r\n<>")
}

// sniff reads a body whose type says nothing: JSON, else a form, else what a
// person wrote.
func sniff(s, charset string) (*node, error) {
	if looksJSON(s) {
		return jsonBody(s)
	}
	if n, err := parsePlain(s); n != nil || err != nil {
		return n, err
	}
	if looksForm(s) {
		return parseForm(s, charset)
	}
	if len(s) > maxText {
		return nil, fmt.Errorf("%w: a text longer than %d bytes", ErrTooLarge, maxText)
	}
	return &node{sort: object, kids: []node{{key: "message", sort: text, text: strings.ToValidUTF8(s, "\ufffd")}}}, nil
}

// jsonInForm reads JSON that came under the type of a form: as it is, or
// escaped, as the name of a field without a value. Nil: it is none.
func jsonInForm(s string) *node {
	if looksJSON(s) {
		if n, err := jsonBody(decodeText(s, charsetOf(s))); err == nil {
			return n
		}
	} else if len(s) < 3 || !strings.EqualFold(s[:3], "%7B") && !strings.EqualFold(s[:3], "%5B") {
		return nil
	}
	s = unescape(strings.TrimRight(s, "= \t\r\n"), nil)
	if !looksJSON(s) {
		return nil
	}
	n, err := jsonBody(s)
	if err != nil || n.scalar() {
		return nil // {x=1 is a field of a strange name
	}
	return n
}

// parsePlain reads a form of enctype="text/plain": name=value, a field a line. A
// line without a name goes on with the value before it. Nil: it is none.
func parsePlain(s string) (*node, error) {
	lines := strings.Split(strings.TrimRight(s, "\r\n"), "\n")
	if !strings.Contains(s, "\r\n") && len(lines) < 2 || !namesField(lines[0]) {
		return nil, nil
	}
	f := formReader{root: node{sort: object}}
	var key, value string
	for i, line := range lines {
		line = strings.TrimSuffix(line, "\r")
		if !namesField(line) {
			value += "\n" + line
			continue
		}
		if i > 0 {
			if err := f.add(key, value); err != nil {
				return nil, err
			}
		}
		key, value, _ = strings.Cut(line, "=")
	}
	if err := f.add(key, value); err != nil {
		return nil, err
	}
	return f.done()
}

// namesField says whether a line of a plain form begins with a field's name:
// letters, digits and the signs that names are made of.
func namesField(line string) bool {
	key, _, ok := strings.Cut(line, "=")
	return ok && key != "" && len(key) <= 80 && !strings.Contains(line, "&") && !strings.ContainsFunc(key, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && !strings.ContainsRune(" _-.[]*?", r)
	})
}

// parseCSV reads a table: each row is an object of its columns. One row alone
// has no names for them.
func parseCSV(s string) (*node, error) {
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(s, "\ufeff")))
	r.FieldsPerRecord, r.LazyQuotes, r.TrimLeadingSpace = -1, true, true
	first, _, _ := strings.Cut(s, "\n")
	for _, comma := range ";\t" {
		if strings.Count(first, string(comma)) > strings.Count(first, string(r.Comma)) {
			r.Comma = comma
		}
	}
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%w: csv: %v", ErrMalformed, err)
	}
	var header []string
	if len(rows) > 1 {
		header, rows = rows[0], rows[1:]
	}
	list := node{sort: array}
	left := maxNodes
	for _, row := range rows {
		lead := node{sort: object}
		for i, cell := range row {
			key := strconv.Itoa(i + 1)
			if i < len(header) && header[i] != "" {
				key = header[i]
			}
			if left--; left < 0 || len(cell) > maxText || len(key) > maxText {
				return nil, fmt.Errorf("%w: more than %d cells, or one longer than %d bytes", ErrTooLarge, maxNodes, maxText)
			}
			lead.kids = append(lead.kids, node{key: key, sort: text, text: cell})
		}
		list.kids = append(list.kids, lead)
	}
	if len(list.kids) == 0 {
		return nil, ErrEmpty
	}
	return &list, nil
}

// maxGroup bounds the members of a[b]: they are looked through one by one.
const maxGroup = 500

// formReader collects the fields of a form into an object.
type formReader struct {
	root  node
	at    map[string]int // plain keys of a form with many fields
	count int
}

// parseForm reads k=v&k=v. What is not quite right in it is kept as it was
// written: a browser in the wild is not corrected by refusing its lead. charset
// is the declared one; the field _charset_ says more surely what a browser used.
func parseForm(s, charset string) (*node, error) {
	enc := formCharset(s, charset)
	f := formReader{root: node{sort: object, kids: make([]node, 0, min(maxNodes, strings.Count(s, "&")+1))}}
	for s != "" {
		var field string
		field, s, _ = strings.Cut(s, "&")
		if field == "" {
			continue
		}
		key, value, _ := strings.Cut(field, "=")
		if err := f.add(unescape(key, enc), unescape(value, enc)); err != nil {
			return nil, err
		}
	}
	return f.done()
}

// formCharset chooses the charset of a form from all of its text.
func formCharset(s, declared string) encoding.Encoding {
	for i := range len(s) {
		if s[i] < utf8.RuneSelf && (s[i] != '%' || i+1 == len(s) || s[i+1] < '8' && !strings.HasPrefix(s[i:], "%1B") && !strings.HasPrefix(s[i:], "%1b")) {
			continue
		}
		_, told, _ := strings.Cut("&"+s, "&_charset_=")
		told, _, _ = strings.Cut(told, "&")
		return charsetOf(unescapeBytes(s), unescapeBytes(told), declared)
	}
	return nil // it is ASCII
}

func (f *formReader) done() (*node, error) {
	if f.count == 0 {
		return nil, fmt.Errorf("%w, no field", ErrEmpty)
	}
	return &f.root, nil
}

func (f *formReader) add(key, value string) error {
	if f.count++; f.count > maxNodes {
		return fmt.Errorf("%w: more than %d fields", ErrTooLarge, maxNodes)
	}
	if len(value) > maxText {
		value = withoutFiles(value)
	}
	if len(key) > maxText || len(value) > maxText {
		return fmt.Errorf("%w: a field longer than %d bytes", ErrTooLarge, maxText)
	}
	head, rest, nested := strings.Cut(key, "[")
	if !nested || head == "" || !strings.HasSuffix(rest, "]") {
		head, rest = key, ""
	}
	n := f.field(head)
	for depth := 0; rest != ""; depth++ {
		var step string
		step, rest, nested = strings.Cut(rest, "]")
		if !nested || depth == 8 || n.sort != object && !n.fresh() {
			break // deeper than any form, or a text and an object at once
		}
		rest = strings.TrimPrefix(rest, "[")
		if step == "" {
			break // a[]: several values
		}
		if len(n.kids) >= maxGroup {
			return fmt.Errorf("%w: more than %d members of one field", ErrTooLarge, maxGroup)
		}
		n.sort = object
		n = n.put(step)
	}
	n.also(value)
	return nil
}

// withoutFiles puts a note in the place of each file that stands in a JSON text
// as a data: address. A drawn signature must not cost the lead around it.
func withoutFiles(s string) string {
	if !looksJSON(s) {
		return s
	}
	var b strings.Builder
	for {
		before, file, found := strings.Cut(s, `"data:`)
		size := strings.IndexByte(file, '"')
		if !found || size < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(before)
		b.WriteString(`"` + dataNote(file[:size]) + `"`)
		s = file[size+1:]
	}
}

// dataNote stands for the rest of a data: address.
func dataNote(rest string) string {
	kind, _, ok := strings.Cut(rest, ";")
	kind = strings.ReplaceAll(kind, `\/`, "/")
	if !ok || len(kind) > 80 || strings.ContainsAny(kind, "\\,") {
		kind = "file"
	}
	return fmt.Sprintf("(%s, %d bytes of text)", kind, len(rest))
}

// field finds a field by its name. Few are looked through, many are indexed:
// thousands of names must not cost a square of their number.
func (f *formReader) field(key string) *node {
	if len(f.root.kids) < 32 {
		return f.root.put(key)
	}
	if f.at == nil {
		f.at = make(map[string]int, 2*len(f.root.kids))
		for i, kid := range f.root.kids {
			f.at[kid.key] = i
		}
	}
	i, ok := f.at[key]
	if !ok {
		i = len(f.root.kids)
		f.at[key] = i
		f.root.kids = append(f.root.kids, node{key: key})
	}
	return &f.root.kids[i]
}

func (n *node) fresh() bool { return n.sort == null && n.kids == nil }

// also adds a value to a field: a name that comes twice has two values.
func (n *node) also(value string) {
	switch {
	case n.fresh():
		n.sort, n.text = text, value
	case n.sort == array:
		n.kids = append(n.kids, node{sort: text, text: value})
	case n.sort == text:
		n.kids = []node{{sort: text, text: n.text}, {sort: text, text: value}}
		n.sort, n.text = array, ""
	case n.sort == object:
		n.kids = append(n.kids, node{sort: text, text: value})
	}
}

// unescape decodes percent and plus signs and leaves what is broken as it is.
func unescape(s string, enc encoding.Encoding) string {
	return decodeText(unescapeBytes(s), enc)
}

func unescapeBytes(s string) string {
	if strings.IndexByte(s, '%') < 0 && strings.IndexByte(s, '+') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+':
			b = append(b, ' ')
		case s[i] == '%' && i+2 < len(s) && unhex(s[i+1]) < 16 && unhex(s[i+2]) < 16:
			b = append(b, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		default:
			b = append(b, s[i])
		}
	}
	return string(b)
}

func unhex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 16
}

// parseMultipart reads a form in parts. Browsers do not declare its charset; a
// field _charset_ may.
func parseMultipart(body []byte, boundary, declared string) (*node, error) {
	if boundary == "" {
		first, _, _ := bytes.Cut(bytes.TrimLeft(body, "\r\n"), []byte("\n"))
		boundary = strings.TrimPrefix(strings.TrimSpace(string(first)), "--")
		if boundary == "" || len(boundary) > 70 || len(first) < 3 {
			return nil, fmt.Errorf("%w: multipart without a boundary", ErrMalformed)
		}
	}
	type field struct{ name, value string }
	var fields []field
	var sample strings.Builder // all text, to choose its charset
	told := ""
	reader := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		part, err := reader.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%w: multipart: %v", ErrMalformed, err)
		}
		if len(fields) == maxParts {
			return nil, fmt.Errorf("%w: more than %d parts", ErrTooLarge, maxParts)
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return nil, fmt.Errorf("%w: multipart: %v", ErrMalformed, err)
		}
		x := field{part.FormName(), string(content)}
		if part.FileName() != "" {
			x.value = fileNote(part, len(content))
		}
		if x.name == "_charset_" {
			told = x.value
		}
		sample.WriteString(x.name + x.value)
		fields = append(fields, x)
	}
	enc := charsetOf(sample.String(), told, declared)
	f := formReader{root: node{sort: object}}
	for _, x := range fields {
		if err := f.add(decodeText(x.name, enc), decodeText(x.value, enc)); err != nil {
			return nil, err
		}
	}
	return f.done()
}

// fileNote stands for a file whose content is not kept.
func fileNote(part *multipart.Part, size int) string {
	name := path.Base(strings.ReplaceAll(part.FileName(), `\`, "/"))
	return fmt.Sprintf("%s (%s, %d bytes)", name, part.Header.Get("Content-Type"), size)
}
