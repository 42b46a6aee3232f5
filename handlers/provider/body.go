package provider

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"path"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
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
	latin := false
	switch strings.ToLower(params["charset"]) {
	case "", "utf-8", "utf8", "us-ascii", "ascii":
	case "iso-8859-1", "latin1", "windows-1252":
		latin = true
	default:
		return nil, fmt.Errorf("%w: charset %.40q", ErrType, params["charset"])
	}
	switch {
	case ctype == "multipart/form-data":
		return parseMultipart(r.Body, params["boundary"])
	case ctype == "application/json" || ctype == "text/json" || strings.HasSuffix(ctype, "+json"):
		return parseJSON(r.Body)
	case ctype == "application/x-www-form-urlencoded":
		if !looksJSON(r.Body) {
			return parseForm(string(r.Body), latin)
		}
		if n, err := parseJSON(r.Body); err == nil {
			return n, nil
		}
		return parseForm(string(r.Body), latin)
	case ctype == "" || ctype == "text/plain" || ctype == "application/octet-stream":
		return sniff(r.Body, latin)
	}
	return nil, fmt.Errorf("%w: %.80q", ErrType, ctype)
}

func looksJSON(b []byte) bool {
	b = bytes.TrimLeft(bytes.TrimPrefix(b, []byte("\ufeff")), " \t\r\n")
	return len(b) > 0 && (b[0] == '{' || b[0] == '[')
}

// sniff reads a body whose type says nothing: JSON, else a form, else what a
// person wrote.
func sniff(b []byte, latin bool) (*node, error) {
	if looksJSON(b) {
		return parseJSON(b)
	}
	if key, _, ok := bytes.Cut(b, []byte("=")); ok && len(key) > 0 && len(key) <= 200 && !bytes.ContainsAny(key, " \t\r\n<>") {
		return parseForm(string(b), latin)
	}
	if len(b) > maxText {
		return nil, fmt.Errorf("%w: a text longer than %d bytes", ErrTooLarge, maxText)
	}
	return &node{sort: object, kids: []node{{key: "message", sort: text, text: decodeText(string(b), latin)}}}, nil
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
// written: a browser in the wild is not corrected by refusing its lead.
func parseForm(s string, latin bool) (*node, error) {
	f := formReader{root: node{sort: object, kids: make([]node, 0, min(maxNodes, strings.Count(s, "&")+1))}}
	for s != "" {
		var field string
		field, s, _ = strings.Cut(s, "&")
		if field == "" {
			continue
		}
		key, value, _ := strings.Cut(field, "=")
		if err := f.add(unescape(key, latin), unescape(value, latin)); err != nil {
			return nil, err
		}
	}
	return f.done()
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
	if !looksJSON([]byte(s)) {
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
func unescape(s string, latin bool) string {
	if !strings.ContainsAny(s, "%+") {
		return decodeText(s, latin)
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
	return decodeText(string(b), latin)
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

func decodeText(s string, latin bool) string {
	if latin && !utf8.ValidString(s) {
		if t, err := charmap.Windows1252.NewDecoder().String(s); err == nil {
			return t
		}
	}
	return strings.ToValidUTF8(s, "\ufffd")
}

func parseMultipart(body []byte, boundary string) (*node, error) {
	if boundary == "" {
		return nil, fmt.Errorf("%w: multipart without a boundary", ErrMalformed)
	}
	f := formReader{root: node{sort: object}}
	reader := multipart.NewReader(bytes.NewReader(body), boundary)
	for parts := 1; ; parts++ {
		part, err := reader.NextPart()
		if err == io.EOF {
			return f.done()
		}
		if err != nil {
			return nil, fmt.Errorf("%w: multipart: %v", ErrMalformed, err)
		}
		if parts > maxParts {
			return nil, fmt.Errorf("%w: more than %d parts", ErrTooLarge, maxParts)
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return nil, fmt.Errorf("%w: multipart: %v", ErrMalformed, err)
		}
		value := decodeText(string(content), false)
		if part.FileName() != "" {
			value = fileNote(part, len(content))
		}
		if err := f.add(decodeText(part.FormName(), false), value); err != nil {
			return nil, err
		}
	}
}

// fileNote stands for a file whose content is not kept.
func fileNote(part *multipart.Part, size int) string {
	name := path.Base(strings.ReplaceAll(part.FileName(), `\`, "/"))
	return fmt.Sprintf("%s (%s, %d bytes)", decodeText(name, false), part.Header.Get("Content-Type"), size)
}
