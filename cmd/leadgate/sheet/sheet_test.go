package sheet

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

func encoded(t *testing.T, e encoding.Encoding, s string) string {
	t.Helper()
	out, err := e.NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func open(t *testing.T, content, charset string, columns ...string) (*Sheet, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "list.csv")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(file, charset, columns)
	if err == nil {
		t.Cleanup(func() { s.Close() })
	}
	return s, err
}

// rows reads all rows, each as its line and its values.
func rows(t *testing.T, s *Sheet) (lines []int, all []map[string]string) {
	t.Helper()
	for {
		row, err := s.Next()
		if errors.Is(err, io.EOF) {
			return lines, all
		}
		if err != nil {
			t.Fatal(err)
		}
		var values map[string]string
		if err := json.Unmarshal(row.Values, &values); err != nil {
			t.Fatalf("line %d: %v in %s", row.Line, err, row.Values)
		}
		lines, all = append(lines, row.Line), append(all, values)
	}
}

func TestSheet_Forms(t *testing.T) {
	const plainText = "Mail,Name,Firma\nanna@works.example,Änne Groß,\"Groß, Söhne\"\n"
	long := strings.Repeat("x@works.example,Xaver,Works\n", 5000) // the first letter that is not ASCII comes late
	for _, c := range []struct{ name, file, found string }{
		{"Plain", plainText, "utf-8, separated by commas, column names in line 1"},
		{"BOM", "\ufeff" + plainText, "utf-8"},
		{"Latin1", encoded(t, charmap.ISO8859_1, plainText), "windows-1252, separated by commas, column names in line 1"},
		{"Mac", encoded(t, charmap.Macintosh, strings.ReplaceAll(plainText, "\n", "\r")), "macintosh"},
		{"DOS", encoded(t, charmap.CodePage850, plainText), "ibm850"},
		{"UTF16LE", encoded(t, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), plainText), "utf-16le"},
		{"UTF16BE", encoded(t, unicode.UTF16(unicode.BigEndian, unicode.UseBOM), plainText), "utf-16be"},
		{"UTF16WithoutBOM", encoded(t, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), plainText), "utf-16le"},
		{"UTF16WithCR", encoded(t, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), strings.ReplaceAll(plainText, "\n", "\r")), "utf-16le"},
		{"Semicolons", "Mail;Name;Firma\r\nanna@works.example;Änne Groß;\"Groß, Söhne\"\r\n", "semicolons"},
		{"Tabs", "Mail\tName\tFirma\nanna@works.example\tÄnne Groß\tGroß, Söhne\n", "tabs"},
		{"SaysItself", "sep=|\r\nMail|Name|Firma\r\nanna@works.example|Änne Groß|Groß, Söhne\r\n", "bars, column names in line 2"},
		{"OddSeparator", "sep=#\r\nMail#Name#Firma\r\nanna@works.example#Änne Groß#Groß, Söhne\r\n", "separated by #"},
		{"CommasInCells", "Mail;Name;Firma\nb@works.example;a, b, c, d;e, f, g\nanna@works.example;Änne Groß;Groß, Söhne\n", "semicolons"},
		{"CarriageReturns", strings.ReplaceAll(plainText, "\n", "\r"), "utf-8"},
		{"CarriageReturnsAroundLineFeeds", "Mail,Name,Firma\rb@works.example,\"B\nC\",D\ranna@works.example,Änne Groß,\"Groß, Söhne\"\r", "utf-8"},
		{"LateLatin1", encoded(t, charmap.Windows1252, "Mail,Name,Firma\n"+long+"anna@works.example,Änne Groß,\"Groß, Söhne\"\n"), "windows-1252"},
		{"TwoCharsets", "Mail,Name,Firma\nb@works.example,Jörg,Ö\n" + encoded(t, charmap.Windows1252, "anna@works.example,Änne Groß,\"Groß, Söhne\"\n"), "utf-8 and windows-1252"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := open(t, c.file, "")
			if err != nil {
				t.Fatal(err)
			}
			_, all := rows(t, s)
			if got := all[len(all)-1]; got["Mail"] != "anna@works.example" || got["Name"] != "Änne Groß" || got["Firma"] != "Groß, Söhne" || !strings.Contains(s.Found(), c.found) {
				t.Errorf("last row = %v of %q, want one of %q", got, s.Found(), c.found)
			}
			if s.Percent() != 100 {
				t.Errorf("%d %% are read at the end", s.Percent())
			}
		})
	}
}

func TestSheet_Charsets(t *testing.T) {
	for want, c := range map[string]struct {
		enc   encoding.Encoding
		names string
	}{
		"windows-1252": {charmap.Windows1252, "Jürgen Groß, Renée Lefèvre, Søren Østergård, Iñaki Núñez, João Simões"},
		"windows-1250": {charmap.Windows1250, "Jiří Dvořák, Zdeněk Němec, Łukasz Wójcik, Mária Kovácsová, Tőkés Győző"},
		"windows-1251": {charmap.Windows1251, "Ольга Волкова, Иван Петров, Юлия Щербакова, Георги Димитров"},
		"koi8-r":       {charmap.KOI8R, "Ольга Волкова, Иван Петров, Юлия Щербакова"},
		"ibm866":       {charmap.CodePage866, "Ольга Волкова, Иван Петров, Юлия Щербакова"},
		"windows-1253": {charmap.Windows1253, "Νίκος Παπαδόπουλος, Ελένη Γεωργίου"},
		"windows-1255": {charmap.Windows1255, "יעל כהן, דוד לוי"},
		"windows-1256": {charmap.Windows1256, "محمد علي, فاطمة حسن"},
		"windows-1254": {charmap.Windows1254, "Ayşe Yılmaz, Işıl Güneş, Çağrı Şahin"},
		"shift_jis":    {japanese.ShiftJIS, "山田 太郎, 佐藤 花子, 株式会社ヤマダ"},
		"euc-jp":       {japanese.EUCJP, "山田 太郎, 佐藤 花子, 株式会社ヤマダ"},
		"gb18030":      {simplifiedchinese.GB18030, "王小明, 李丽, 张伟, 上海科技有限公司"},
		"big5":         {traditionalchinese.Big5, "陳大文, 林美麗, 黃志明, 台北科技有限公司"},
		"euc-kr":       {korean.EUCKR, "김민수, 이영희, 박지훈"},
	} {
		t.Run(want, func(t *testing.T) {
			file := "Name,Email\n"
			names := strings.Split(c.names, ", ")
			for i, name := range names {
				file += fmt.Sprintf("%s,p%d@works.example\n", name, i)
			}
			s, err := open(t, encoded(t, c.enc, file), "")
			if err != nil {
				t.Fatal(err)
			}
			_, all := rows(t, s)
			for i, name := range names {
				if all[i]["Name"] != name {
					t.Errorf("name = %q, want %q (%s)", all[i]["Name"], name, s.Found())
				}
			}
			if !strings.HasPrefix(s.Found(), want+",") {
				t.Errorf("found %q, want %s", s.Found(), want)
			}
		})
	}
	t.Run("Named", func(t *testing.T) {
		file := encoded(t, charmap.ISO8859_5, "Name,Email\nОльга,o@works.example\n")
		for _, name := range []string{"iso-8859-5", "utf-8", "ibm850"} {
			if _, err := open(t, file, name); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		s, err := open(t, file, "iso-8859-5")
		if err != nil {
			t.Fatal(err)
		}
		if _, all := rows(t, s); all[0]["Name"] != "Ольга" || strings.Contains(s.Found(), "guess") {
			t.Errorf("row = %v, found %q", all[0], s.Found())
		}
		if _, err := open(t, file, "klingon"); err == nil {
			t.Error("an unknown charset: no error")
		}
	})
	t.Run("Unsure", func(t *testing.T) {
		s, err := open(t, "Name,Email\n\x81\x8d\x8f\xff\xfe,o@works.example\n", "")
		if err != nil || !strings.Contains(s.Found(), "--charset") {
			t.Errorf("found %q, %v; want that it is a guess", s.Found(), err)
		}
	})
}

func TestSheet_Headers(t *testing.T) {
	for name, c := range map[string]struct {
		file    string
		columns []string
		header  string
		lines   []int
		found   string
	}{
		"FirstLine": {"Name,Email\nAna,ana@works.example\n", nil, "Name|Email", []int{2}, "line 1"},
		"Report": {"Registration Report\n\"Generated\",\"Nov 27, 2026\"\nTopic,ID,Scheduled Time\nForecasting,1,\"Nov 30\"\n\nAttendee Details\nFirst Name,Last Name,Email\nAna,Prado,ana@works.example\n", nil,
			"First Name|Last Name|Email", []int{8}, "line 7"},
		"Sections": {"Attendee Report\nHost Details,\nUser Name,Email\nOur Host,host@ours.example\nPanelist Details,\nUser Name,Email\nOur Guest,panel@ours.example\nAttendee Details,\nFirst Name,Last Name,Email\nAna,Prado,ana@works.example\nOther Attended,\nUser Name,Phone\nRui,+351912345678\n", nil,
			"First Name|Last Name|Email", []int{10, 13}, "line 9"},
		"Notes":         {"Notes:\n\"When exporting, some addresses are missing.\"\n\nFirst Name,Last Name,Email Address,Company\nAna,Prado,,Works\n", nil, "First Name|Last Name|Email Address|Company", []int{5}, "line 4"},
		"NoHeader":      {"Ana Prado,ana@works.example,+351912345678\nRui Lopes,rui@works.example,\n", nil, "field_1|field_2|field_3", []int{1, 2}, "without column names"},
		"UnknownLabels": {"Wer,Wie\nLea,lea@works.example\n", nil, "Wer|Wie", []int{2}, "line 1"},
		"OneSemicolon":  {"Mail;Wer\nlea@works.example;Lea Loud\n", nil, "Mail|Wer", []int{2}, "semicolons"},
		"MappedLabels":  {"Liste der Messe\nWer,Wie\nLea,lea@works.example\n", []string{"wer", "wie"}, "Wer|Wie", []int{3}, "line 2"},
		"OneLabel":      {"E-Mail,Wer\nlea@works.example,Lea\n", nil, "E-Mail|Wer", []int{2}, "line 1"},
		"Doubled":       {"Name,Email,Name,\nLea,lea@works.example,x,y\n", nil, "Name|Email|Name 2|column 4", []int{2}, "line 1"},
		"NoRows":        {"Name,Email\n", nil, "Name|Email", nil, "line 1"},
		"ManyLines":     {"Name,Email\n\"Ana\nMaria\",ana@works.example\nRui,rui@works.example\n", nil, "Name|Email", []int{2, 4}, "line 1"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := open(t, c.file, "", c.columns...)
			if err != nil {
				t.Fatal(err)
			}
			header := strings.Join(s.Header, "|")
			lines, _ := rows(t, s)
			if header != c.header || !slices.Equal(lines, c.lines) || !strings.Contains(s.Found(), c.found) {
				t.Errorf("header %s, rows in lines %v, found %q; want %s, %v, %q", header, lines, s.Found(), c.header, c.lines, c.found)
			}
		})
	}
}

// The same row has the same id in every reading, and another one another.
func TestSheet_IDs(t *testing.T) {
	const file = "Name,Email\nAna,ana@works.example\nRui,rui@works.example\nAna,ana@works.example,more\n"
	var ids [2][]string
	for i := range ids {
		s, err := open(t, file, "")
		if err != nil {
			t.Fatal(err)
		}
		for {
			row, err := s.Next()
			if err != nil {
				break
			}
			ids[i] = append(ids[i], row.ID)
		}
	}
	if !slices.Equal(ids[0], ids[1]) || len(slices.Compact(slices.Sorted(slices.Values(ids[0])))) != 3 {
		t.Errorf("ids %v and %v, want three of each", ids[0], ids[1])
	}
}

func TestOpen_Errors(t *testing.T) {
	if _, err := Open(filepath.Join(t.TempDir(), "none.csv"), "", nil); err == nil {
		t.Error("a file that is not there: no error")
	}
	if _, err := Open(t.TempDir(), "", nil); err == nil {
		t.Error("a folder: no error")
	}
	for name, content := range map[string]string{"Empty": "", "OnlyLineEnds": "\n\n", "OnlyASeparator": "sep=;"} {
		if _, err := open(t, content, ""); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// FuzzSheet reads anything without a panic, to its end, and the same twice.
func FuzzSheet(f *testing.F) {
	f.Add([]byte("Report\nName,Email\nAna,ana@works.example\n"), "")
	f.Add([]byte("Name\rEmail\r\xff\xfe\r"), "shift_jis")
	f.Add([]byte("\xff\xfeN\x00a\x00"), "utf-16")
	f.Add([]byte("sep=;\n\"a;b\nc"), "windows-1251")
	f.Fuzz(func(t *testing.T, content []byte, charset string) {
		var read [2]string
		for i := range read {
			s, err := open(t, string(content), charset)
			if err != nil {
				return
			}
			for {
				row, err := s.Next()
				if errors.Is(err, io.EOF) {
					break
				}
				if _, ok := errors.AsType[*csv.ParseError](err); err != nil && !ok {
					t.Fatal(err)
				}
				if err == nil && !json.Valid(row.Values) {
					t.Fatalf("values %s", row.Values)
				}
				read[i] += row.ID + string(row.Values)
			}
		}
		if read[0] != read[1] {
			t.Error("two readings")
		}
	})
}
