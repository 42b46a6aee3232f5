package provider

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// charsetOf chooses how the text of a body is to be decoded; nil means UTF-8.
// labels are the charsets that the sender names, the surest first; what no
// browser knows is passed over. Bytes that are UTF-8 are read as that whatever
// is declared, for senders convert their text and forget the header; bytes that
// are not, and declare nothing, are Windows-1252, as in browsers.
func charsetOf(sample string, labels ...string) encoding.Encoding {
	switch {
	case strings.HasPrefix(sample, "\xff\xfe"), len(sample) > 3 && sample[1] == 0 && sample[3] == 0:
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case strings.HasPrefix(sample, "\xfe\xff"), len(sample) > 3 && sample[0] == 0 && sample[2] == 0:
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	}
	var declared encoding.Encoding
	for _, label := range labels {
		enc, name := charset.Lookup(label)
		switch {
		case enc == nil || name == "replacement" || strings.HasPrefix(name, "utf-16"): // UTF-16 would have been recognised
			continue
		case name == "iso-2022-jp" && strings.Contains(sample, "\x1b"):
			return enc // it looks like ASCII
		case name != "utf-8":
			declared = enc
		}
		break
	}
	if mostlyUTF8(sample) {
		return nil
	}
	if declared == nil {
		declared = charmap.Windows1252
	}
	return declared
}

// mostlyUTF8 says whether a text is UTF-8 with slips rather than another charset.
// Hardly any text of another charset holds letters that are valid UTF-8.
func mostlyUTF8(s string) bool {
	if utf8.ValidString(s) {
		return true
	}
	letters, broken := 0, 0
	for _, r := range strings.ToValidUTF8(s, "\ufffd") {
		switch {
		case r == utf8.RuneError:
			broken++
		case r >= utf8.RuneSelf:
			letters++
		}
	}
	return letters > broken
}

// decodeText makes UTF-8 of s; what cannot be decoded is marked as such.
func decodeText(s string, enc encoding.Encoding) string {
	if enc != nil {
		if t, err := enc.NewDecoder().String(s); err == nil {
			return t
		}
	}
	return strings.ToValidUTF8(s, "\ufffd")
}
