package config

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// form is the part of a grammar that an editor can check.
type form struct {
	sample  string // one that is right
	pattern string
	choices []string
	kind    string // JSON's; empty: string
}

// words is any text.
func words(sample string) grammar[string] {
	return grammar[string]{func(s string) (string, *wrong) { return s, nil }, nil, nil, form{sample: sample}}
}

// secret is any text as well, shown as its digest.
var secret = words("${VARIABLE}")

// matching is a text of a certain form; what says which.
func matching(pattern, what, sample string) grammar[string] {
	re := regexp.MustCompile("^(?:" + pattern + ")$")
	return grammar[string]{func(s string) (string, *wrong) {
		if !re.MatchString(s) {
			return s, &wrong{"is not " + what, "write " + sample}
		}
		return s, nil
	}, nil, nil, form{sample: sample, pattern: re.String()}}
}

// oneOf is one of a few words.
func oneOf(what string, choices ...string) grammar[string] {
	return grammar[string]{func(s string) (string, *wrong) {
		if !slices.Contains(choices, s) {
			return s, &wrong{"is not " + what, "write one of " + strings.Join(choices, ", ")}
		}
		return s, nil
	}, nil, nil, form{sample: choices[0], choices: choices}}
}

// yesNo is a switch.
var yesNo = grammar[bool]{func(s string) (bool, *wrong) {
	switch strings.ToLower(s) {
	case "true", "on", "yes", "1":
		return true, nil
	case "false", "off", "no", "0":
		return false, nil
	}
	return false, &wrong{"is neither on nor off", "write true or false"}
}, nil, nil, form{sample: "true", kind: "boolean"}}

// onOff is the same where on and off are the better words.
var onOff = grammar[bool]{yesNo.parse, func(b bool) string {
	if b {
		return "on"
	}
	return "off"
}, nil, form{sample: "on", kind: "boolean", choices: []string{"on", "off"}}}

// either is a switch whose two sides have words of their own.
func either(off, on string) grammar[bool] {
	words := oneOf(off+" or "+on, off, on)
	return grammar[bool]{func(s string) (bool, *wrong) {
		_, bad := words.parse(s)
		return s == on, bad
	}, func(b bool) string {
		if b {
			return on
		}
		return off
	}, nil, form{sample: on, choices: []string{off, on}}}
}

// between is a whole number.
func between(least, most int, sample string) grammar[int] {
	return grammar[int]{func(s string) (int, *wrong) {
		n, err := strconv.Atoi(s)
		if err != nil || n < least || n > most {
			return 0, &wrong{fmt.Sprintf("is not a whole number from %d to %d", least, most), "write " + sample}
		}
		return n, nil
	}, nil, nil, form{sample: sample, kind: "integer"}}
}

const day = 24 * time.Hour

var dayPart = regexp.MustCompile(`^(\d+)d`)

// lasting is a duration, not negative, which may count days.
func lasting(least, most time.Duration) grammar[time.Duration] {
	fix := "write 5m, 90s or 1h30m"
	if least >= day {
		fix = "write 180d or 720h"
	}
	return grammar[time.Duration]{func(s string) (time.Duration, *wrong) {
		var total time.Duration
		rest, known := s, false
		if m := dayPart.FindStringSubmatch(s); m != nil {
			n, err := strconv.Atoi(m[1])
			known = err == nil && n < 100_000
			total, rest = time.Duration(n)*day, s[len(m[0]):]
		}
		if rest != "" {
			d, err := time.ParseDuration(rest)
			total, known = total+d, err == nil && rest[0] != '-' && rest[0] != '+' && d < 100_000*day
		}
		switch {
		case !known:
			return 0, &wrong{"is not a duration", fix}
		case total > most && least == 0:
			return 0, &wrong{"is longer than " + duration(most), "write a shorter one"}
		case total < least || total > most:
			return 0, &wrong{fmt.Sprintf("is not between %s and %s", duration(least), duration(most)), "write a duration in between"}
		}
		return total, nil
	}, duration, nil, form{sample: "5m", pattern: `^(\d+d)?(\d+(\.\d+)?(h|m|s|ms))*$`}}
}

// duration prints without the zeros that time.Duration adds, a week and more
// in days.
func duration(d time.Duration) string {
	if d == 0 {
		return ""
	}
	if d >= 7*day && d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// share is a number above 0 and up to 1.
func share() grammar[float64] {
	return grammar[float64]{func(s string) (float64, *wrong) {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil || !(v > 0 && v <= 1) {
			return 0, &wrong{"is not a number between 0 and 1", "write 0.5"}
		}
		return v, nil
	}, func(v float64) string {
		if v == 0 {
			return ""
		}
		return strconv.FormatFloat(v, 'g', -1, 64)
	}, nil, form{sample: "0.5", kind: "number"}}
}

// ratio has the form of handlers.Rate and pace.Pace.
type ratio interface {
	~struct {
		Off bool
		N   int
		Per time.Duration
	}
}

var (
	pacePattern = regexp.MustCompile(`^([1-9]\d{0,5})/([smh])$`)
	paceUnits   = map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}
)

// perTime is so many in a second, a minute or an hour, or off.
func perTime[P ratio]() grammar[P] {
	type parts = struct {
		Off bool
		N   int
		Per time.Duration
	}
	return grammar[P]{func(s string) (P, *wrong) {
		m := pacePattern.FindStringSubmatch(s)
		switch {
		case s == "off" || s == "false": // what YAML 1.1 makes of off
			return P(parts{Off: true}), nil
		case m == nil:
			return P{}, &wrong{"is not a rate", "write 60/m, 5/s, 100/h or off"}
		}
		n, _ := strconv.Atoi(m[1]) // the pattern holds it to six digits
		return P(parts{N: n, Per: paceUnits[m[2]]}), nil
	}, func(p P) string {
		switch v := parts(p); {
		case v.Off:
			return "off"
		case v.N > 0:
			return fmt.Sprintf("%d/%s", v.N, unitOf(v.Per))
		}
		return ""
	}, nil, form{sample: "60/m", pattern: `^([1-9][0-9]{0,5}/[smh]|off)$`}}
}

var sizePattern = regexp.MustCompile(`^(\d{1,12})\s*(B|KB|KiB|MB|MiB)?$`)

// size is a number of bytes.
func size(least, most int64) grammar[int64] {
	units := map[string]int64{"": 1, "B": 1, "KB": 1000, "KiB": 1 << 10, "MB": 1_000_000, "MiB": 1 << 20}
	return grammar[int64]{func(s string) (int64, *wrong) {
		m := sizePattern.FindStringSubmatch(s)
		if m == nil {
			return 0, &wrong{"is not a size", "write 256KiB, 1MiB or a number of bytes"}
		}
		n, _ := strconv.ParseInt(m[1], 10, 64) // the pattern holds it to twelve digits
		if n *= units[m[2]]; n < least || n > most {
			return 0, &wrong{fmt.Sprintf("is not between %s and %s", byteText(least), byteText(most)), "write a size in between"}
		}
		return n, nil
	}, byteText, nil, form{sample: "256KiB", pattern: `^[0-9]+ *(B|KB|KiB|MB|MiB)?$`}}
}

func byteText(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%dMiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%dKiB", n>>10)
	}
	return strconv.FormatInt(n, 10)
}

var temperature = grammar[lead.Temperature]{func(s string) (t lead.Temperature, bad *wrong) {
	if t.UnmarshalText([]byte(s)) != nil {
		return t, &wrong{"is not a temperature", "write cold, warm or hot"}
	}
	return t, nil
}, nil, nil, form{sample: "hot", choices: []string{"cold", "warm", "hot"}}}

var action = grammar[lead.Action]{func(s string) (lead.Action, *wrong) {
	a, bad := word.parse(s)
	return lead.Action(a), bad
}, nil, nil, word.form}

var word = matching(`[a-z0-9_]{1,64}`, "the name of an action (lower case letters, digits, _)", "demo_request")

// asSecret turns a grammar of text into one of secrets.
func asSecret(g grammar[string]) grammar[Secret] {
	return grammar[Secret]{func(s string) (Secret, *wrong) {
		v, bad := g.parse(s)
		return Secret(v), bad
	}, Secret.Reveal, g.mask, g.form}
}

func unitOf(per time.Duration) string {
	for unit, d := range paceUnits {
		if d == per {
			return unit
		}
	}
	return per.String()
}
