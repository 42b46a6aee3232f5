package rules

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestAppendFolded(t *testing.T) {
	tests := []struct {
		in    string
		split splits
		want  string
	}{
		{"", plainly, ""},
		{"  Hello,  World! ", plainly, "hello world "},
		{"purchasingTimeFrame", atCapitals, "purchasing time frame "},
		{"purchasing_time_frame*", atCapitals, "purchasing time frame "},
		{"PURCHASING-TIME.FRAME", atCapitals, "purchasing time frame "},
		{"iPhone", plainly, "iphone "},
		{"3months", atDigits, "3 months "},
		{"Q3 2026", plainly, "q3 2026 "},
		{"Être rappelé(e)", plainly, "etre rappele e "},
		{"Größe: Straße", plainly, "grosse strasse "},
		{"Łódź øst Åse œuvre Iıİ", plainly, "lodz ost ase oeuvre iii "},
		{"can't", plainly, "can t "},
		{"ｆｕｌｌ ｗｉｄｔｈ", plainly, "full width "},
		{"デモを希望", plainly, "テ モ を 希 望 "},
		{"3ヶ月以内", atDigits, "3 ヶ 月 以 内 "},
		{"АБВ ёж", plainly, "абв еж "},
		{"\xff\xfe broken", plainly, "broken "},
	}
	for _, tt := range tests {
		if got := string(appendFolded(nil, tt.in, tt.split)); got != tt.want {
			t.Errorf("appendFolded(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func FuzzAppendFolded(f *testing.F) {
	for _, s := range []string{"purchasingTimeFrame", "3ヶ月以内", "Être", "\xff", "a\u0301b", "İ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, split := range []splits{plainly, atCapitals, atDigits} {
			got := string(appendFolded(nil, s, split))
			if !utf8.ValidString(got) || strings.Contains(got, "  ") || strings.HasPrefix(got, " ") || got != "" && !strings.HasSuffix(got, " ") {
				t.Errorf("appendFolded(%q) = %q", s, got)
			}
			if again := string(appendFolded(nil, got, plainly)); len(s) < 1000 && again != got {
				t.Errorf("folded twice: %q became %q", got, again)
			}
		}
		horizon(s)
		amounts(s)
	})
}

func TestPhrases(t *testing.T) {
	p := newPhrases([]string{"quote", "contact me", "news*", "C++", "デモ"})
	tests := []struct {
		text   string
		in, is bool
	}{
		{"quote", true, true},
		{"a Quote, please", true, false},
		{"quotes", false, false},
		{"quote policy", true, false},
		{"misquote", false, false},
		{"please contact me.", true, false},
		{"contact  ME", true, true},
		{"contact them", false, false},
		{"newsletter", true, true},
		{"our news", true, false},
		{"newsletter today", true, false},
		{"製品のデモ希望", true, false},
		{"", false, false},
	}
	for _, tt := range tests {
		if got := p.in(fold(tt.text)); got != tt.in {
			t.Errorf("in(%q) = %v, want %v", tt.text, got, tt.in)
		}
		if got := p.is(fold(tt.text)); got != tt.is {
			t.Errorf("is(%q) = %v, want %v", tt.text, got, tt.is)
		}
	}
}

func TestPhrases_FindsWhatItHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		phrase := rapid.StringMatching(`[a-zé]{1,5}( [a-z0-9]{1,4}){0,2}`).Draw(t, "phrase")
		before, after := rapid.StringMatching(`([a-z]+ ){0,3}`).Draw(t, "before"), rapid.StringMatching(`( [a-z]+){0,3}`).Draw(t, "after")
		if !newPhrases([]string{"other words", phrase}).in(fold(before + phrase + after)) {
			t.Fatalf("%q is not found in %q", phrase, before+phrase+after)
		}
	})
}

func TestAgrees(t *testing.T) {
	for _, yes := range []string{"yes", "Yes, please", "YES!", "Ja", "Ja, gerne", "Oui", "Sí", "si", "Sim", "Tak", "Da", "on", "true", "1", "はい", "是的", "네", "Sure, call me"} {
		if !agrees(yes) {
			t.Errorf("agrees(%q) = false", yes)
		}
	}
	for _, no := range []string{"", "no", "No thanks", "not yet", "Yes, but not now", "yes, later", "nein", "non", "off", "false", "0", "maybe", "I don't know", "yesterday", "いいえ", "please don't", "?"} {
		if agrees(no) {
			t.Errorf("agrees(%q) = true", no)
		}
	}
}

func TestAsks(t *testing.T) {
	for text, want := range map[string]bool{
		"Does it work?": true, "Does it work？": true, "Price?\nThanks": true, "": false, "It works.": false,
		"see https://acme.example/?a=b": false, "www.acme.example/?q": false, "see https://acme.example/?a=b ok?": true,
	} {
		if got := asks(text); got != want {
			t.Errorf("asks(%q) = %v, want %v", text, got, want)
		}
	}
}

func TestHorizon(t *testing.T) {
	within := map[string]time.Duration{
		"Within a month": month, "1-3 months": 3 * month, "1–3 months": 3 * month, "0 - 3 Months": 3 * month, "4-6 months": 6 * month,
		"less than 3 months": 3 * month, "in 2 weeks": 14 * day, "within 90 days": 90 * day, "30 days": 30 * day, "this month": month, "next month": 2 * month,
		"this quarter": 3 * month, "this year": 365 * day, "1 year": 365 * day, "6 months to 1 year": 365 * day, "three months": 3 * month, "3months": 3 * month,
		"innerhalb von 3 Monaten": 3 * month, "1 bis 3 Monate": 3 * month, "diesen Monat": month, "nächste Woche": 14 * day,
		"sous 3 mois": 3 * month, "dans les 3 mois": 3 * month, "menos de 3 meses": 3 * month, "entro 3 mesi": 3 * month, "até 3 meses": 3 * month, "binnen 3 maanden": 3 * month,
		"w ciągu 3 miesięcy": 3 * month, "3ヶ月以内": 3 * month, "3个月内": 3 * month, "в течение 3 месяцев": 3 * month,
		"Immediately": 0, "ASAP": 0, "now": 0, "as soon as possible": 0, "sofort": 0, "dès que possible": 0, "inmediatamente": 0, "すぐに": 0,
	}
	for answer, want := range within {
		if got, ok := horizon(answer); !ok || got != want {
			t.Errorf("horizon(%q) = %v, %v, want %v", answer, got, ok, want)
		}
	}
	for _, answer := range []string{"", "No timeframe", "More than 6 months", "more than a month", "3+ months", "> 3 months", "6 months or more", "over 1 year", "not sure", "unknown",
		"just looking", "not now", "next quarter", "next year", "in 2027", "30", "some months", "a few months", "ein paar Monate", "Q3", "soon", "half a year", "later this month", "after 2 months", "at least 2 months",
		"mehr als 3 Monate", "kein Zeitrahmen", "plus de 6 mois", "pas de délai", "más de 6 meses", "oltre 3 mesi", "mais de 3 meses", "meer dan 3 maanden", "ponad 3 miesiące", "3ヶ月以上", "未定",
		"99999999999999999999 months", "months", "no later than 2 months"} {
		if got, ok := horizon(answer); ok {
			t.Errorf("horizon(%q) = %v, want none", answer, got)
		}
	}
}

func TestAmounts(t *testing.T) {
	const noEnd = 1 << 40
	tests := []struct {
		in       string
		from, to int
	}{
		{"1-20", 1, 20}, {"201–500 employees", 201, 500}, {"200 to 500 people", 200, 500}, {"1,001-5,000", 1001, 5000}, {"10.000+", 10000, noEnd},
		{"5k", 5000, 5000}, {"more than 500", 500, noEnd}, {"über 500", 500, noEnd}, {"under 50", 0, 50}, {"<50", 0, 50}, {"bis 10 Mitarbeiter", 0, 10}, {"42", 42, 42},
	}
	for _, tt := range tests {
		if from, to, ok := amounts(tt.in); !ok || from != tt.from || to != tt.to {
			t.Errorf("amounts(%q) = %d, %d, %v, want %d, %d", tt.in, from, to, ok, tt.from, tt.to)
		}
	}
	for _, in := range []string{"", "many", "a few people", "99999999999999999999"} {
		if from, to, ok := amounts(in); ok {
			t.Errorf("amounts(%q) = %d, %d, want none", in, from, to)
		}
	}
}
