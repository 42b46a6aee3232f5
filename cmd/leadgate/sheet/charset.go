package sheet

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	utf16 "golang.org/x/text/encoding/unicode"
)

// candidate is a charset that spreadsheets write, with the letters beyond ASCII
// of the languages written in it. A word is explained when one of them has all
// of its letters.
type candidate struct {
	name      string
	enc       encoding.Encoding
	languages []string
}

const (
	western  = "äöüß àâæçéèêëîïôœùûüÿ áéíñóúü ãáâàçéêíóôõú àèéìòù æøåéö åäöé ëéèïöüóá æðéíóúýþöá"
	central  = "áčďéěíňóřšťúůýž ąćęłńóśźż áéíóöőúüű ăâîşţ čćđšž áäčďéíĺľňóôŕšťúýž äöüß"
	baltic   = "āčēģīķļņšūž ąčęėįšųūž äõöüšž"
	turkish  = "çğıiöşüâ"
	cyrillic = "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґўјљњћџђѓќѕ№"
	greek    = "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ"
	hebrew   = "אבגדהוזחטיכךלמםנןסעפףצץקרשת"
	arabic   = "ابتثجحخدذرزسشصضطظعغفقكلمنهويءآأؤإئىةپچژگکیـ"
)

// candidates in the order in which they win when they explain equally much.
var candidates = []candidate{
	{"windows-1252", charmap.Windows1252, strings.Fields(western)},
	{"windows-1250", charmap.Windows1250, strings.Fields(central)},
	{"windows-1251", charmap.Windows1251, []string{cyrillic}},
	{"macintosh", charmap.Macintosh, strings.Fields(western)},
	{"ibm850", charmap.CodePage850, strings.Fields(western)},
	{"ibm852", charmap.CodePage852, strings.Fields(central)},
	{"ibm866", charmap.CodePage866, []string{cyrillic}},
	{"koi8-r", charmap.KOI8R, []string{cyrillic}},
	{"iso-8859-2", charmap.ISO8859_2, strings.Fields(central)},
	{"windows-1253", charmap.Windows1253, []string{greek}},
	{"windows-1254", charmap.Windows1254, []string{turkish}},
	{"windows-1255", charmap.Windows1255, []string{hebrew}},
	{"windows-1256", charmap.Windows1256, []string{arabic}},
	{"windows-1257", charmap.Windows1257, strings.Fields(baltic)},
	{"shift_jis", japanese.ShiftJIS, nil},
	{"gb18030", simplifiedchinese.GB18030, nil},
	{"big5", traditionalchinese.Big5, nil},
	{"euc-jp", japanese.EUCJP, nil},
	{"euc-kr", korean.EUCKR, nil},
}

// common are characters that lists of people in East Asia are full of.
var common = map[string]string{
	"shift_jis": "様会社名電話番号氏山田中村木本藤佐高橋伊渡辺小林加東京都",
	"euc-jp":    "様会社名電話番号氏山田中村木本藤佐高橋伊渡辺小林加東京都",
	"gb18030":   "公司姓名电话邮箱手机王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗有限市",
	"euc-kr":    "김이박최정강조윤장임한오서신권황안송류전홍회사름화",
	"big5":      "公司姓名電話郵件手機陳林黃張李王吳劉蔡楊許鄭謝洪郭邱有限市",
}

// charsetOf finds out how a file is written, and reads all of it for that: the
// first letter that is not ASCII may be anywhere. sure is false where several
// charsets explain the text, or none does.
func charsetOf(r io.Reader) (enc encoding.Encoding, name string, sure bool, err error) {
	in := bufio.NewReaderSize(r, sniffed)
	head, err := in.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, "", false, err
	}
	switch {
	case len(head) == 0:
		return nil, "", false, errors.New("the file is empty")
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), len(head) == 4 && head[1] == 0 && head[3] == 0:
		return utf16.UTF16(utf16.LittleEndian, utf16.UseBOM), "utf-16le", true, nil
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}), len(head) == 4 && head[0] == 0 && head[2] == 0:
		return utf16.UTF16(utf16.BigEndian, utf16.UseBOM), "utf-16be", true, nil
	}
	var sample []byte // words that are not UTF-8, apart from each other
	var word []byte
	right := 0 // words beyond ASCII that are UTF-8
	take := func() {
		switch {
		case utf8.Valid(word):
			if bytes.ContainsFunc(word, func(r rune) bool { return r >= utf8.RuneSelf }) {
				right++
			}
		case len(sample) < sniffed:
			sample = append(append(sample, word...), '\n')
		}
		word = word[:0]
	}
	for {
		b, err := in.ReadByte()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, "", false, err
		}
		if b == '\n' || b == '\r' || b == ',' || b == ';' || b == '\t' || len(word) == 4096 {
			take()
			continue
		}
		word = append(word, b)
	}
	if take(); len(sample) == 0 {
		return nil, "utf-8", true, nil
	}
	c, sure := likeliest(string(sample))
	if right > 0 {
		return c.enc, "utf-8 and " + c.name, sure, nil
	}
	return c.enc, c.name, sure, nil
}

// named returns the charset of a name, as browsers know it.
func named(name string) (encoding.Encoding, string, error) {
	for _, c := range candidates {
		if strings.EqualFold(c.name, name) {
			return c.enc, c.name, nil
		}
	}
	enc, canonical := charset.Lookup(name)
	switch {
	case enc == nil || canonical == "replacement":
		return nil, "", fmt.Errorf("there is no charset %q; some are utf-8, windows-1252, windows-1251, shift_jis", name)
	case canonical == "utf-8":
		return nil, canonical, nil
	}
	return enc, canonical, nil
}

// likeliest chooses the charset that explains most of a text.
func likeliest(sample string) (best candidate, sure bool) {
	most, second := -1<<30, -1<<30
	text := ""
	for _, c := range candidates {
		s, err := c.enc.NewDecoder().String(sample)
		if err != nil {
			continue
		}
		switch n := c.explains(s); {
		case n > most:
			if text != s {
				second = most
			}
			best, most, text = c, n, s
		case s != text:
			second = max(second, n)
		}
	}
	return best, most > 0 && most > second
}

// explains weighs the words of a decoded text: those of a language of the
// charset count, and twice if they are written like names; those that cannot be
// words count against it.
func (c *candidate) explains(s string) int {
	n := 0
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool {
		return r < utf8.RuneSelf && !unicode.IsLetter(r) || strings.ContainsRune("’‘“”„‚–—…€°®™«»·•´`¿¡ ", r)
	}) {
		strange := strings.IndexFunc(word, func(r rune) bool { return r >= utf8.RuneSelf })
		switch {
		case strange < 0:
		case c.explainsWord(word):
			n++
			if first := firstRune(word); !unicode.IsLower(first) && (!unicode.IsUpper(first) || word != strings.ToUpper(word)) {
				n++
			}
		default:
			n -= 2
		}
	}
	for _, r := range common[c.name] {
		n += min(strings.Count(s, string(r)), 20)
	}
	return n
}

func (c *candidate) explainsWord(word string) bool {
	upper, lower, ascii := 0, 0, false
	for _, r := range word {
		switch {
		case unicode.IsUpper(r):
			upper++
		case unicode.IsLower(r):
			lower++
		}
		if upper > 0 && lower > 0 && (upper > 1 || !unicode.IsUpper(firstRune(word))) {
			return false // a capital in the middle
		}
		ascii = ascii || r < utf8.RuneSelf
	}
	if c.languages == nil {
		return !ascii && c.eastAsian(word)
	}
	word = strings.ToLower(word)
	for _, letters := range c.languages {
		own := strings.IndexFunc(word, func(r rune) bool { return r >= utf8.RuneSelf && !strings.ContainsRune(letters, r) }) < 0
		if own && (!ascii || firstRune(letters) < 0x370) { // Greek, Cyrillic and others do not mix with ASCII
			return true
		}
	}
	return false
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

func (c *candidate) eastAsian(word string) bool {
	for _, r := range word {
		switch {
		case c.name == "euc-kr":
			if !unicode.Is(unicode.Hangul, r) {
				return false
			}
		case unicode.Is(unicode.Han, r):
		case (c.name == "shift_jis" || c.name == "euc-jp") && (unicode.In(r, unicode.Hiragana, unicode.Katakana) || r == 'ー' || r == '々'):
		default:
			return false
		}
	}
	return true
}
