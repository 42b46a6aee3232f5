package api

import (
	"encoding/csv"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"pgregory.net/rapid"

	"github.com/leadgate/leadgate/handlers/handlertest"
	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/lead"
)

// brokenConn fails at the second write, as a client does that has stopped reading.
type brokenConn struct {
	http.ResponseWriter
	writes int
}

func (b *brokenConn) SetWriteDeadline(time.Time) error { return nil }

func (b *brokenConn) Flush() {}

func (b *brokenConn) Write(p []byte) (int, error) {
	if b.writes++; b.writes > 1 {
		return 0, &net.OpError{Op: "write", Err: errors.New("i/o timeout")}
	}
	return b.ResponseWriter.Write(p)
}

func TestInert(t *testing.T) {
	tests := map[string]string{
		"":                            "",
		"Ada Quell":                   "Ada Quell",
		"Ada Quell-Brandt":            "Ada Quell-Brandt",
		"ada+demo@mail.example":       "ada+demo@mail.example",
		"+493012345678":               "+493012345678",
		"+49 30 1234567":              "+49 30 1234567",
		"-12.5":                       "-12.5",
		"=1+1":                        "'=1+1",
		"+1+1":                        "'+1+1",
		"-1-1":                        "'-1-1",
		"+49 30 123-45":               "'+49 30 123-45",
		"@SUM(A1)":                    "'@SUM(A1)",
		" =1+1":                       " '=1+1",
		"\t=1+1":                      " '=1+1",
		"\r=1+1":                      " '=1+1",
		"\u00a0=1":                    "\u00a0'=1",
		"＝1+1":                        "'＝1+1",
		`"=1+1`:                       `"'=1+1`,
		"'=1":                         "''=1",
		"a;=cmd|' /C calc'!A0":        "a;'=cmd|' /C calc'!A0",
		"a, =1":                       "a, '=1",
		"one\r\ntwo\n=3":              "one  two =3",
		"esc\x1b[31m bell\a nul\x00":  "esc [31m bell  nul ",
		"bad \xff utf":                "bad \ufffd utf",
		`=HYPERLINK("http://x","y")`:  `'=HYPERLINK("http://x","y")`,
		"<script>alert(1)</script>":   "<script>alert(1)</script>",
		"two lines\u2028=1":           "two lines =1",
		"we pay - much - in EUR; yes": "we pay - much - in EUR; yes",
	}
	for cell, want := range tests {
		if got := inert(cell); got != want {
			t.Errorf("inert(%q) = %q, want %q", cell, got, want)
		}
	}
}

// Whatever is in a cell: one row stays one row of as many cells, and however a
// spreadsheet splits it, no part begins a formula.
func TestSheet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		alphabet := []rune("=+-@\t\r\n\"',;| aZ9\u00a0\u2028＝")
		cells := rapid.SliceOfN(rapid.StringOf(rapid.OneOf(rapid.SampledFrom(alphabet), rapid.Rune())), 3, 3).Draw(t, "cells")
		rec := httptest.NewRecorder()
		c := echo.New().NewContext(httptest.NewRequest(http.MethodGet, "/", nil), rec)
		s, err := newSheet(c, "x.csv", true, "a", "b", "c")
		if err != nil {
			t.Fatal(err)
		}
		s.row(append([]string(nil), cells...)...)
		if err := s.flush(); err != nil {
			t.Fatal(err)
		}
		body, ok := strings.CutPrefix(rec.Body.String(), "\ufeff")
		if !ok {
			t.Fatal("no byte order mark")
		}
		rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
		if err != nil || len(rows) != 2 || len(rows[1]) != 3 {
			t.Fatalf("%q is read as %q, %v", body, rows, err)
		}
		for _, cell := range rows[1] {
			for _, part := range strings.FieldsFunc(cell, func(r rune) bool { return r == ',' || r == ';' || unicode.IsControl(r) }) {
				part = strings.TrimLeftFunc(part, func(r rune) bool { return unicode.IsSpace(r) || r == '"' })
				if strings.ContainsAny(first(part), "=+-@＝") && !number.MatchString(cell) {
					t.Fatalf("the cell %q holds %q, which begins a formula", cell, part)
				}
			}
		}
	})
}

func TestStream_DropsWhoDoesNotRead(t *testing.T) {
	w := handlertest.Watcher{Next: make(chan []lead.News, 2)}
	w.Next <- []lead.News{{ID: "run-1", Kind: lead.TouchNews}}
	w.Next <- []lead.News{{ID: "run-2", Kind: lead.TouchNews}}
	b := &brokenConn{ResponseWriter: httptest.NewRecorder()}
	s := &Stream{ctx: t.Context(), news: w, place: "run-0", out: b, control: http.NewResponseController(b)}
	s.Beat()
	if err := s.run(newsFilter{}); err != nil || b.writes != 2 || len(w.Next) != 1 {
		t.Errorf("run = %v after %d writes with %d pieces left, want an end at the second write", err, b.writes, len(w.Next))
	}
}

func TestAPI_OpenStream_Full(t *testing.T) {
	s := New(Options{Watcher: handlertest.Watcher{}, Registry: prometheus.NewRegistry()})
	s.streams.Store(mostStreams)
	_, err := s.OpenStream(echo.New().NewContext(httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()), "")
	if p := problem.Of(err); p.Code != problem.Unavailable || p.Retry == 0 {
		t.Errorf("OpenStream = %v, want %s", err, problem.Unavailable)
	}
	if n := s.streams.Load(); n != mostStreams {
		t.Errorf("%d streams count as open, want %d: a refused one is counted", n, mostStreams)
	}
}

func first(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}

// A command reads what it knows, and says what it wants of everything else.
func TestCommand_Serve(t *testing.T) {
	var got Input
	do := func(_ echo.Context, in Input) (string, error) { got = in; return "done", nil }
	for name, tc := range map[string]struct {
		cmd  Command[string]
		body string
		want Input
		code problem.Code
	}{
		"Strict":        {Command[string]{members: []string{"by", "revision"}, example: "{}", do: do}, `{"By": " Dana ", "revision": 3}`, Input{By: "Dana", Revision: 3}, ""},
		"StrictEmpty":   {Command[string]{members: []string{"by"}, example: "{}", do: do}, " ", Input{}, ""},
		"StrictUnknown": {Command[string]{members: []string{"by"}, example: "{}", do: do}, `{"revison": 3}`, Input{}, problem.Malformed},
		"StrictRubbish": {Command[string]{members: []string{"by"}, example: "{}", do: do}, `{`, Input{}, problem.Malformed},
		"Loose":         {Command[string]{byName: true, example: "{}", do: do}, `{"by": "Dana", "colour": 1}`, Input{By: "Dana"}, ""},
		"LooseNobody":   {Command[string]{byName: true, example: "{}", do: do}, `{"by": " "}`, Input{}, problem.Malformed},
		"LooseEmpty":    {Command[string]{example: "{}", do: do}, "", Input{}, problem.Malformed},
		"LongWhy":       {Command[string]{example: "{}", do: do}, `{"why": "` + strings.Repeat("x", 201) + `"}`, Input{}, problem.Malformed},
		"Bodiless":      {Command[string]{noBody: true, do: do}, `{`, Input{}, ""},
	} {
		got = Input{}
		w := httptest.NewRecorder()
		err := tc.cmd.Serve(echo.New().NewContext(httptest.NewRequest("POST", "/", strings.NewReader(tc.body)), w))
		if tc.code != "" {
			if problem.Of(err).Code != tc.code || err == nil {
				t.Errorf("%s: %v, want %s", name, err, tc.code)
			}
			continue
		}
		if err != nil || got != tc.want || w.Code != 200 {
			t.Errorf("%s: %v, %d, did %+v, want %+v", name, err, w.Code, got, tc.want)
		}
	}
}
