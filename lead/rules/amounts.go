package rules

import (
	"bytes"
	"strconv"
	"strings"
	"time"
	"unicode"
)

const (
	day   = 24 * time.Hour
	month = 30 * day
)

// horizon reads when a person means to act, in the words of a form's answer,
// and returns the latest moment that the answer still allows: 3 months for
// "1-3 months", 6 for "4-6 months". An answer without an end ("more than 3
// months", "no timeframe") and one that it cannot read have none.
func horizon(answer string) (time.Duration, bool) {
	if strings.ContainsAny(answer, "+>") || strings.Contains(answer, "≥") {
		return 0, false
	}
	var room [200]byte
	text := appendFolded(room[:0], answer[:min(len(answer), mostAnswer)], atDigits)
	if endless.in(text) {
		return 0, false
	}
	longest, units := time.Duration(0), 0
	pending := -1.0 // the largest number that waits for its unit
	for rest := text; len(rest) > 0; {
		var word []byte
		word, rest = nextWord(rest)
		if n, ok := numberWord(string(word)); ok {
			pending = max(pending, n)
			continue
		}
		unit, ok := unitOf(word)
		if !ok || pending < 0 {
			continue // "some months" is nothing to go by
		}
		longest = max(longest, time.Duration(pending*float64(unit)))
		units, pending = units+1, -1
	}
	switch {
	case pending >= 0:
		return 0, false // "in 2027", "30": a number of what?
	case units == 0:
		return 0, atOnce.in(text)
	}
	return longest, true
}

// mostAnswer bounds how much of an answer is read for a number or a time, in bytes.
const mostAnswer = 200

// nextWord returns the first word of a folded text with its blank, and the rest.
func nextWord(text []byte) (word, rest []byte) {
	end := bytes.IndexByte(text, ' ') + 1
	return text[:end], text[end:]
}

var (
	endless = newPhrases([]string{"more", "over", "above", "after", "beyond", "later", "least", "longer", "no", "not", "none", "unknown", "unsure",
		"undecided", "never", "next quarter", "next year", "just", "research*", "half", "few", "some", "several", "couple",
		"mehr", "uber", "nach", "spater", "mindestens", "kein*", "nicht", "unbekannt", "halb*", "paar", "einige*", "plus", "apres", "pas", "aucun*", "quelques",
		"mas", "despues", "ningun*", "algunos", "oltre", "piu", "dopo", "nessun*", "alcuni", "qualche", "mais", "depois", "nenhum*", "alguns", "meer", "langer", "geen", "niet", "enkele",
		"ponad", "wiecej", "brak", "kilka", "nie", "mer", "ingen*", "более", "больше", "после", "нет", "以上", "以降", "未定", "超过"})
	atOnce = newPhrases([]string{"now", "right now", "asap", "immediate*", "urgent*", "today", "tomorrow", "as soon as possible", "right away",
		"sofort", "umgehend", "dringend", "schnellstmoglich", "so bald wie moglich", "heute", "immediat*", "des que possible", "maintenant", "urgence",
		"inmediat*", "ahora", "lo antes posible", "subito", "appena possibile", "imediat*", "agora", "direct", "onmiddellijk", "zo snel mogelijk",
		"natychmiast", "od razu", "omgaende", "срочно", "сейчас", "немедленно", "すぐ", "至急", "立即", "马上", "즉시"})
)

// numberWord reads a number, or a word that stands for one: "a month" is one,
// "this quarter" ends within one, "next month" within two.
func numberWord(word string) (float64, bool) {
	word = strings.TrimSuffix(word, " ")
	if word != "" && word[0] <= '9' {
		n, err := strconv.Atoi(word)
		return float64(n), err == nil && n < 10_000
	}
	switch word {
	case "a", "an", "one", "this", "current", "ein", "eine", "einem", "einer", "eines", "dies", "diese", "diesem", "diesen", "dieser", "dieses",
		"un", "une", "ce", "cette", "una", "uno", "este", "esta", "questo", "questa", "um", "uma", "een", "deze", "dit", "jeden", "jednego", "en", "ett":
		return 1, true
	case "two", "next", "zwei", "nachste", "nachsten", "nachster", "nachstes", "deux", "prochain", "prochaine", "dos", "proximo", "proxima",
		"due", "prossimo", "prossima", "dois", "duas", "twee", "volgende", "dwa", "tva":
		return 2, true
	case "three", "drei", "trois", "tres", "tre", "drie", "trzy":
		return 3, true
	case "four", "vier", "quatre", "cuatro", "quattro", "quatro", "cztery":
		return 4, true
	case "six", "sechs", "seis", "sei", "zes", "szesc":
		return 6, true
	case "twelve", "zwolf", "douze", "doce", "dodici", "doze", "twaalf":
		return 12, true
	}
	return 0, false
}

var units = []struct {
	stems  *phrases
	length time.Duration
}{
	{newPhrases([]string{"h", "hr", "hrs", "hour", "hours", "stunde*", "heure*", "hora", "horas", "ora", "ore", "uur"}), time.Hour},
	{newPhrases([]string{"d", "day", "days", "tag", "tage", "tagen", "jour", "jours", "dia", "dias", "giorno", "giorni", "dag", "dagen", "dni", "dagar", "день", "дня", "дней", "日", "天", "일"}), day},
	{newPhrases([]string{"w", "wk", "wks", "week", "weeks", "woche*", "semaine*", "semana*", "settiman*", "weken", "tydzien", "tygodni*", "vecka", "veckor", "недел*", "週", "周", "주"}), 7 * day},
	{newPhrases([]string{"m", "mo", "mos", "mth", "mths", "month", "months", "monat*", "mois", "mes", "meses", "mese", "mesi", "maand*", "miesiac*", "miesiec*", "manad*", "месяц*", "月", "개월"}), month},
	{newPhrases([]string{"quarter", "quarters", "quartal*", "trimest*", "kwartaal", "kwartal*", "kvartal*", "квартал*"}), 3 * month},
	{newPhrases([]string{"y", "yr", "yrs", "year", "years", "jahr*", "an", "ans", "annee*", "ano", "anos", "anni", "anno", "jaar", "rok*", "lat", "ar", "год*", "лет", "年", "년"}), 365 * day},
}

func unitOf(word []byte) (time.Duration, bool) {
	for _, u := range units {
		if u.stems.is(word) {
			return u.length, true
		}
	}
	return 0, false
}

// amounts reads a number or a range of numbers: 200 and 500 of "201-500
// employees", 10,000 and no end of "10.000+", no start and 50 of "under 50".
func amounts(answer string) (from, to int, ok bool) {
	const noEnd = 1 << 40
	from, to = noEnd, 0
	for _, word := range strings.FieldsFunc(answer[:min(len(answer), mostAnswer)], func(r rune) bool {
		return !unicode.IsDigit(r) && r != '.' && r != ',' && r != 'k' && r != 'K'
	}) {
		n, isNumber := wholeNumber(word)
		if isNumber {
			from, to, ok = min(from, n), max(to, n), true
		}
	}
	text := fold(answer)
	switch {
	case !ok:
		return 0, 0, false
	case strings.ContainsAny(answer, "+>≥") || moreThan.in(text):
		to = noEnd
	case strings.ContainsAny(answer, "<≤") || lessThan.in(text):
		from = 0
	}
	return from, to, true
}

var (
	moreThan = newPhrases([]string{"more", "over", "above", "least", "mehr", "uber", "ab", "plus de", "mas de", "piu di", "oltre", "mais de", "meer", "ponad"})
	lessThan = newPhrases([]string{"less", "under", "below", "up to", "fewer", "weniger", "unter", "bis", "moins", "jusqu", "menos", "hasta", "meno", "fino", "ate", "minder", "ponizej"})
)

func wholeNumber(word string) (int, bool) {
	digits, thousand := strings.CutSuffix(strings.ToLower(word), "k")
	digits = strings.NewReplacer(",", "", ".", "").Replace(digits)
	n, err := strconv.Atoi(digits)
	if err != nil || n > 1<<30 {
		return 0, false
	}
	if thousand {
		n *= 1000
	}
	return n, true
}
