package handlers

import (
	"encoding/csv"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode"

	"github.com/labstack/echo/v4"
	"pgregory.net/rapid"
)

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

func first(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}
