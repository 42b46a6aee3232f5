package provider

import (
	"bytes"
	"strings"
)

// knownLabel decides by the whole label, with and without its filler words.
func knownLabel(label string) (meaning, bool) {
	if m, ok := exact[label]; ok {
		return m, true
	}
	var space [96]byte
	n := normal(space[:0], label)
	if len(n) == 0 || len(n) > 2*maxLabel {
		return meaning{}, false
	}
	if m, ok := exact[string(n)]; ok {
		return m, true
	}
	class := uint8(0)
	if stem := withoutCount(n); len(stem) < len(n) {
		n, class = stem, 3 // acceptance-5, tel-123: what a builder calls its fifth field
		switch string(n) {
		case "question", "text", "content", "body":
			return meaning{}, false // a builder's own number of a question
		}
		if m, ok := exact[string(n)]; ok && m.field <= fieldConsent {
			m.class += class
			return m, true
		}
	}
	for trimmed := n; ; {
		word, after := nextWord(trimmed)
		if len(after) == 0 || words[string(word)]&markFiller == 0 {
			break
		}
		trimmed = after // your-where-do-you-work
		if m, ok := exact[string(trimmed)]; ok && !m.weak {
			m.class += class
			return m, m.field != fieldTrap
		}
	}
	for trimmed := n; ; {
		at := bytes.LastIndexByte(trimmed, ' ')
		if at < 0 || words[string(trimmed[at+1:])]&markFiller == 0 {
			break
		}
		trimmed = trimmed[:at] // what-is-your-name optional
		if m, ok := exact[string(trimmed)]; ok && !m.weak {
			m.class += class
			return m, m.field != fieldTrap
		}
	}
	var rest [96]byte
	short := withoutFillers(rest[:0], n)
	if len(short) == 0 || len(short) == len(n) {
		return meaning{}, false
	}
	m, ok := exact[string(short)]
	if m.field == fieldName || m.field == fieldGiven {
		m.weak = false // "guest name" is not the name of a form
	}
	m.class += class
	return m, ok && m.field != fieldTrap
}

// withoutCount cuts the number off the end of a label.
func withoutCount(n []byte) []byte {
	end := len(n)
	for end > 0 && n[end-1] >= '0' && n[end-1] <= '9' {
		end--
	}
	if end < 2 || end == len(n) || n[end-1] != ' ' {
		return n
	}
	return n[:end-1]
}

// withoutFillers appends the words of a normalised label that say something.
func withoutFillers(dst, n []byte) []byte {
	for len(n) > 0 {
		var word []byte
		word, n = nextWord(n)
		if words[string(word)]&markFiller != 0 {
			continue
		}
		if len(dst) > 0 {
			dst = append(dst, ' ')
		}
		dst = append(dst, word...)
	}
	return dst
}

func nextWord(n []byte) (word, rest []byte) {
	for i, c := range n {
		if c == ' ' {
			return n[:i], n[i+1:]
		}
	}
	return n, nil
}

// wordsOf collects the marks of a label's words.
func wordsOf(n []byte) (all mark) {
	for len(n) > 0 {
		var word []byte
		word, n = nextWord(n)
		all |= words[string(word)]
	}
	return all
}

// byTokens decides by the words of a label, for labels that no list holds.
func byTokens(label, value string) (meaning, mark) {
	var space [96]byte
	n := normal(space[:0], label)
	all := wordsOf(n)
	if refusing(string(n), all) && (yesNo(value) != unsaid || strings.EqualFold(label, value)) {
		return meaning{field: fieldOptOut}, all
	}
	if asking(string(n), all) && yesNo(value) != unsaid {
		return meaning{field: fieldConsent, class: consentClass(all)}, all
	}
	if f := campaignField(string(n)); f != unknown {
		return meaning{field: f, class: 3}, all
	}
	if len(n) > maxLabel {
		return meaning{}, all
	}
	if all&(markOthers|markOurs) != 0 {
		return meaning{field: fieldOther}, all
	}
	if f := byWords(all); f != unknown {
		return meaning{field: f, class: 4}, all
	}
	if all&^markFiller == 0 {
		for _, p := range pieces {
			if strings.Contains(string(n), p.piece) {
				return meaning{field: p.field, class: 5}, all
			}
		}
	}
	if all&markPassing != 0 {
		return meaning{field: fieldPassing}, all
	}
	return meaning{}, all
}

// campaignField finds a campaign's part or a click id in a label with something
// around it: utm_source__c, first_utm_medium, gclid (custom field).
func campaignField(n string) field {
	if at := strings.Index(n, "utm "); at >= 0 {
		part, _ := nextWord([]byte(n[at+len("utm "):]))
		switch string(part) {
		case "source":
			return fieldSource
		case "medium":
			return fieldMedium
		case "campaign":
			return fieldCampaign
		case "term":
			return fieldTerm
		case "content":
			return fieldContent
		}
	}
	if clickName(n) != "" {
		return fieldClick
	}
	return unknown
}

// consentClass prefers what was said about being contacted to what was said
// about the small print.
func consentClass(all mark) uint8 {
	switch {
	case all&markMailing != 0:
		return 4
	case all&markTerms == 0:
		return 5
	}
	return 6
}

// whose returns the owner that a label names, in its own words: order of
// order_company_name, attendee 2 of attendee_2_email. Empty: it names none. Of a
// label that is known but for its fillers these alone can be the owner.
func whose(label string, f field, known bool) string {
	if !f.personal() {
		return ""
	}
	var space, rest [96]byte
	n := normal(space[:0], label)
	if _, ok := exact[string(n)]; ok {
		return ""
	}
	own := fieldMarks[f]
	owner := rest[:0]
	for len(n) > 0 {
		var word []byte
		word, n = nextWord(n)
		m := words[string(word)]
		number := word[0] >= '0' && word[0] <= '9'
		if m&own != 0 || (m&markFiller != 0 || known && !number) && m&(markLead|markPayer) == 0 {
			continue
		}
		if len(owner) > 0 {
			owner = append(owner, ' ')
		}
		owner = append(owner, word...)
	}
	return string(owner)
}

// fieldMarks are the words of a label that name the field itself.
var fieldMarks = [places]mark{
	fieldEmail: markEmail, fieldName: markName, fieldGiven: markName | markFirst, fieldFirst: markName | markFirst, fieldLast: markName | markLast,
	fieldPhone: markPhone | markAside, fieldCompany: markCompany | markName, fieldTitle: markJob,
}

// byWords reads the marks of a label together; the order is the rule.
func byWords(all mark) field {
	aside := all&markAside != 0
	switch {
	case all&markEmail != 0:
		return fieldEmail // the value must be an address anyhow
	case all&markPhone != 0:
		return fieldPhone // or a number
	case aside && all&(markCompany|markName|markJob) != 0:
		return fieldOther
	case all&markJob != 0:
		return fieldTitle
	case all&markCompany != 0:
		return fieldCompany
	case all&markName != 0 && all&markThing != 0:
		return fieldOther
	case all&markLast != 0 && all&markName != 0:
		return fieldLast
	case all&markFirst != 0 && all&markName != 0:
		return fieldFirst
	case all&markName != 0:
		return fieldName
	case all&markMessage != 0 && !aside && all&markPassing == 0:
		return fieldMessage
	}
	return unknown
}

// byType decides by a vendor's word for the sort of a question: INPUT_EMAIL,
// phone_number, long_text, legal.
func byType(word string) meaning {
	var space [96]byte
	n := normal(space[:0], word)
	return vendorTypes[string(n)]
}

// vendorTypes are the sorts of questions that say what the answer is. A long
// text is only a candidate for the message, behind any label that says so.
var vendorTypes = index(typeSpellings)

var typeSpellings = []spelling{
	{meaning{field: fieldEmail}, `email, e-mail, input email, email input, email address, work email, email field, field email, form email input, your email, user email`},
	{meaning{field: fieldPhone}, `tel, phone, phone number, telephone, input phone number, phone input, phone field, phonenumber, mobile, control phone, user phone, work phone`},
	{meaning{field: fieldName}, `fullname, full name, control fullname, shortname, person name`},
	{meaning{field: fieldFirst}, `first name`},
	{meaning{field: fieldLast}, `last name`},
	{meaning{field: fieldCompany}, `company, company name, organization`},
	{meaning{field: fieldTitle}, `job title`},
	{meaning{field: fieldConsent, class: 1}, `legal, consent, gdpr, gdpr agreement, acceptance, agree check, accept, opt in, terms, gdpr field, statement agree`},
	{meaning{field: fieldMessage, class: 3}, `textarea, text area, long text, longtext, long answer, paragraph, paragraph text, multiline, multi line, multi line text, multiline text, multi line, control textarea, long answer text, comment box`},
	{meaning{field: fieldOther}, `address, date, time, url, website, file, file upload, signature, picture choice, rating, number, opinion scale, matrix, ranking, payment, linear scale, input number, input date, input link`},
}
