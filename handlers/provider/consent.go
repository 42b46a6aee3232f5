package provider

import (
	"slices"
	"strings"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// statement is what somebody agreed to or refused, in the form's words: those
// beside the box or those of the answer. Empty: the form sent no sentence.
func (p *pair) statement() string {
	for _, text := range []string{p.name, p.value, p.label} {
		if text = line(text); strings.Count(text, " ") >= 2 {
			return text
		}
	}
	return ""
}

// agreed reads the answer to a question of consent: yes or no, or a sentence that
// agrees or refuses.
func agreed(answer string) ternary {
	if t := yesNo(answer); t != unsaid || len(answer) > 400 {
		return t
	}
	n := normalText(answer)
	switch all := wordsOf([]byte(n)); {
	case refusing(n, all):
		return no
	case all&markConsent != 0 || has(n, []string{"同意", "동의", "ยินยอม"}), all&(markMailing|markContact) != 0 && strings.Count(n, " ") > 1:
		return yes
	}
	return unsaid
}

// refusing says that a label asks whether somebody does not want to be contacted,
// or does not agree: with yes below it, it is a refusal, and with no it says
// nothing. Consent is never taken from it.
func refusing(n string, all mark) bool {
	if all&markOptOut != 0 || strings.Contains(n, "opt out") || strings.Contains(n, "opted out") {
		return true
	}
	if all&markNot != 0 && all&(markConsent|markMailing|markContact) != 0 {
		return !strings.HasSuffix(n, " no") && !strings.HasSuffix(n, " n") && !strings.Contains(n, "no of ") && !strings.HasPrefix(n, "no ") || strings.Count(n, " ") > 1 && !strings.Contains(n, "no of ")
	}
	return !isASCII(n) && has(n, notPieces) && has(n, contactPieces)
}

func has(s string, pieces []string) bool {
	return slices.ContainsFunc(pieces, func(piece string) bool { return strings.Contains(s, piece) })
}

// asking says that a label asks for leave to write or call.
func asking(label string, all mark) bool {
	several := strings.IndexByte(label, ' ') >= 0
	return all&(markConsent|markTerms) != 0 || several && all&markAside == 0 && all&markPassing == 0 &&
		(all&markMailing != 0 || all&markContact != 0 && all&markMay != 0)
}

// wished says that who agreed was asked about contact and not about mailings or
// the small print: the rules see the answer as a wish.
func (p *pair) wished() bool {
	n := normalText(p.label)
	all := wordsOf([]byte(n))
	return (strings.Count(n, " ") > 1 || !isASCII(n)) && has(n, wishPieces) && all&(markConsent|markTerms|markOthers|markNot|markEmail) == 0 && agreed(p.value) == yes
}

// wishPieces are parts of the words for getting in touch in person.
var wishPieces = []string{"contact", "contat", "kontakt", "call", "reach", "speak", "talk", "demo", "anruf", "anzurufen", "ruckruf", "appel", "llam", "chiam", "ligar", "bellen", "gebeld", "sunat", "連絡", "联系", "연락"}

// ticked says that a box was ticked: some forms send its own words.
func (p *pair) ticked() bool {
	return yesNo(p.value) == yes || len(p.value) > 3 && (strings.EqualFold(p.value, p.key) || strings.EqualFold(p.value, p.name))
}

// forbids says that an answer to another question asks in a few words not to be
// contacted. Longer texts tell of anything, and "no calls, please write" is a
// preference.
func (p *pair) forbids() bool {
	if p.field != unknown && p.field != fieldOther && p.field != fieldMessage {
		return false
	}
	if blanks := strings.Count(p.value, " "); blanks == 0 || blanks > 11 || len(p.value) > 120 {
		return false
	}
	var space [128]byte
	n := normal(space[:0], p.value)
	return wordsOf(n)&markNot != 0 && has(string(n), forbidPieces)
}

// forbidPieces are the ways to ask not to be contacted, as normal writes them.
var forbidPieces = normalAll("do not contact me", "do not contact us", "don't contact me", "don't contact us", "do not call me", "do not call us", "don't call me", "don't call us", "do not email me", "don't email me", "do not phone me", "don't phone me", "never contact me", "never call me", "stop calling me", "stop contacting me",
	"bel mij niet", "bel me niet", "bel ons niet", "niet bellen", "niet contacteren", "nicht anrufen", "nicht kontaktieren", "kontaktieren Sie mich nicht", "rufen Sie mich nicht an", "keine Anrufe bitte",
	"ne pas m'appeler", "ne pas me contacter", "ne m'appelez pas", "ne me contactez pas", "ne me rappelez pas", "no me llamen", "no me llame", "no me contacten", "no me contacte", "non chiamatemi", "non contattatemi", "non mi chiami", "non mi contatti",
	"não me ligue", "não me liguem", "não me contacte", "proszę nie dzwonić", "nie dzwonić", "ring mig inte", "ring inte", "kontakta mig inte", "ring mig ikke", "ikke ring", "kontakt mig ikke", "ikke kontakt meg", "älä soita", "nu mă sunați", "nu mă contactați", "не звоните", "не связывайтесь")

func normalAll(texts ...string) []string {
	for i, text := range texts {
		texts[i] = normalText(text)
	}
	return texts
}

// refuse takes a refusal from boxes that say no and were ticked, and from answers
// that ask not to be contacted. It counts beside whatever else was agreed to.
func (c *chooser) refuse(t *lead.Touch) {
	for i := range c.pairs {
		p := &c.pairs[i]
		text := ""
		switch {
		case p.field == fieldOptOut && p.ticked():
			text = p.statement()
		case p.forbids():
			text = line(p.value)
		default:
			continue
		}
		if c.strange(p) {
			continue
		}
		if t.Consent != lead.Refused {
			t.Consent, t.ConsentText, t.ConsentAt = lead.Refused, text, c.consentedAt()
		}
		if !slices.Contains(t.Marks, lead.MarkDoNotContact) {
			t.Marks = append(t.Marks, lead.MarkDoNotContact)
		}
	}
}

// consentedAt is when the sender says that consent was given or refused; zero:
// it does not say.
func (c *chooser) consentedAt() time.Time {
	for i := range c.pairs {
		p := &c.pairs[i]
		if p.place != placeConsent && !strings.Contains(p.key, "onsent") || p.value == "" || p.value[0] < '0' || p.value[0] > '9' || len(p.value) < 8 {
			continue
		}
		if at, ok := moment(p.value); ok {
			return c.r.believed(at)
		}
	}
	return time.Time{}
}
