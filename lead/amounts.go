package lead

import (
	"strconv"
	"strings"
	"time"
	"unicode"
)

const (
	day   = 24 * time.Hour
	month = 30 * day
)

// horizon reads when somebody means to act, in the words of a form's answer,
// and returns the latest moment that the answer still allows: 3 months for
// "1-3 months", 6 for "4-6 months". An answer without an end ("more than 3
// months", "no timeframe") and one that it cannot read have none.
func horizon(answer string) (time.Duration, bool) {
	if strings.ContainsAny(answer, "+>≥") {
		return 0, false
	}
	text := appendFolded(nil, splitNumbers(answer), false)
	if endless.in(text) {
		return 0, false
	}
	var longest time.Duration
	var pending []float64
	units := 0
	for word := range strings.FieldsSeq(string(text)) {
		if n, ok := numberWord(word); ok {
			pending = append(pending, n)
			continue
		}
		unit, ok := unitOf(word)
		if !ok {
			continue
		}
		units++
		for _, n := range pending {
			longest = max(longest, time.Duration(n*float64(unit)))
		}
		if len(pending) == 0 {
			return 0, false // "this year", "some months": nothing to go by
		}
		pending = pending[:0]
	}
	switch {
	case units > 0 && len(pending) == 0:
		return longest, true
	case units == 0 && len(pending) == 0 && atOnce.in(text):
		return 0, true
	}
	return 0, false // "in 2027", "30": a number of what?
}

var (
	endless = newPhrases([]string{"more", "over", "above", "after", "beyond", "later", "least", "longer", "no", "not", "none", "unknown", "unsure",
		"undecided", "never", "next quarter", "next year", "just", "research*", "half",
		"mehr", "uber", "nach", "spater", "mindestens", "kein*", "nicht", "unbekannt", "halb*", "plus", "apres", "pas", "aucun*",
		"mas", "despues", "ningun*", "oltre", "piu", "dopo", "nessun*", "mais", "depois", "nenhum*", "meer", "langer", "geen", "niet",
		"ponad", "wiecej", "brak", "nie", "mer", "ingen*", "более", "больше", "после", "нет", "以上", "以降", "未定", "超过"})
	atOnce = newPhrases([]string{"now", "right now", "asap", "immediate*", "urgent*", "today", "tomorrow", "as soon as possible", "right away",
		"sofort", "umgehend", "dringend", "schnellstmoglich", "so bald wie moglich", "heute", "immediat*", "des que possible", "maintenant", "urgence",
		"inmediat*", "ahora", "lo antes posible", "subito", "appena possibile", "imediat*", "agora", "direct", "onmiddellijk", "zo snel mogelijk",
		"natychmiast", "od razu", "omgaende", "срочно", "сейчас", "немедленно", "すぐ", "至急", "立即", "马上", "즉시"})
)

// numberWord reads a number, or a word that stands for one: "a month" is one,
// "this quarter" ends within one, "next month" within two.
func numberWord(word string) (float64, bool) {
	if n, err := strconv.ParseFloat(word, 64); err == nil && n >= 0 && n < 10_000 {
		return n, true
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

func unitOf(word string) (time.Duration, bool) {
	text := []byte(word + " ")
	for _, u := range units {
		if u.stems.is(text) {
			return u.length, true
		}
	}
	return 0, false
}

// splitNumbers puts a blank where a digit touches a letter: 3months, 3ヶ月.
func splitNumbers(s string) string {
	var b strings.Builder
	digit, letter := false, false
	for _, r := range s[:min(len(s), 200)] {
		d, l := unicode.IsDigit(r), unicode.IsLetter(r)
		if d && letter || l && digit {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		digit, letter = d, l
	}
	return b.String()
}

// amounts reads a number or a range of numbers: 200 and 500 of "201-500
// employees", 10,000 and no end of "10.000+", no start and 50 of "under 50".
func amounts(answer string) (from, to int, ok bool) {
	const noEnd = 1 << 40
	from, to = noEnd, 0
	for _, word := range strings.FieldsFunc(answer[:min(len(answer), 200)], func(r rune) bool {
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
