package provider

import (
	"cmp"
	"slices"
	"strings"
)

// said is the text of an answer, whatever the vendor wraps it in. Ids of
// choices become their texts where the choices stand beside them.
func said(n *node, opts *node) string {
	switch n.sort {
	case array:
		var all []string
		for i := range n.kids {
			if s := said(&n.kids[i], opts); s != "" {
				all = append(all, s)
			}
		}
		return strings.Join(all, ", ")
	case object:
		for _, key := range [...]string{"plain_text", "label", "labels", "text", "full", "formatted", "title", "name", "value", "values", "content", "url", "other"} {
			if v := n.get(key); !v.blank() {
				if s := said(v, opts); s != "" {
					return withOther(s, n.get("other").str())
				}
			}
		}
		return ""
	}
	return option(n.str(), opts)
}

// withOther adds what a person wrote beside the choices.
func withOther(s, other string) string {
	if other == "" || other == s || bare(other) {
		return s
	}
	return s + ", " + other
}

// chosen is said for a value that was already joined.
func chosen(value string, opts *node) string {
	if opts == nil {
		return value
	}
	all := strings.Split(value, ", ")
	for i := range all {
		all[i] = option(all[i], opts)
	}
	return strings.Join(all, ", ")
}

// option finds the text of a choice by its id; an id that is not found stays.
func option(id string, opts *node) string {
	for _, o := range choices(opts) {
		if slices.Contains([]string{o.get("id").str(), o.get("key").str(), o.get("ref").str(), o.get("value").str()}, id) {
			if l := o.get("text", "localized"); l != nil && len(l.kids) > 0 {
				return l.kids[0].str()
			}
			if s := o.first("text", "label", "name", "title"); s != "" {
				return s
			}
		}
	}
	return id
}

func choices(opts *node) []node {
	for range 3 {
		if opts == nil || opts.sort == array {
			break
		}
		if inner := opts.get("choices"); inner != nil {
			opts = inner
		} else {
			opts = opts.get("options")
		}
	}
	return opts.list()
}

// unwrapped takes the paper off: {textAnswer: {answer: "yes"}} says yes.
func unwrapped(n *node) *node {
	for n.sort == object && len(n.kids) == 1 && !hasParts(n) {
		n = &n.kids[0]
	}
	return n
}

// hasParts says that an object has parts that mean something on their own:
// the first and last name, the company and the position.
func hasParts(n *node) bool {
	for i := range n.kids {
		m, _ := knownLabel(n.kids[i].key)
		switch m.field {
		case fieldFirst, fieldLast, fieldEmail, fieldCompany, fieldTitle, fieldPhone:
			if !m.weak {
				return true
			}
		}
	}
	return false
}

// plainList joins an array of scalars, without those that come again; empty if
// it is none.
func plainList(n *node) string {
	if len(n.kids) == 1 && n.kids[0].scalar() {
		return n.kids[0].text
	}
	var all []string
	for i := range n.kids {
		if !n.kids[i].scalar() {
			return ""
		}
		if s := n.kids[i].str(); s != "" && !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return strings.Join(all, ", ")
}

// wholeNumber joins the parts of a phone number; empty if they are none.
func wholeNumber(n *node) string {
	if n.sort != object {
		return ""
	}
	var whole, country, area, prefix string
	for i := range n.kids {
		kid := &n.kids[i]
		if !kid.scalar() || kid.str() == "" {
			continue
		}
		switch normalText(kid.key) {
		case "full", "e164", "international", "full number", "formatted":
			whole = kid.str()
		case "number", "phone", "phone number", "value", "national", "national number", "local", "local number", "subscriber", "subscriber number", "digits", "raw", "mobile":
			whole = cmp.Or(whole, kid.str())
		case "country code", "countrycode", "calling code", "callingcode", "dial code", "dialcode", "dialing code", "dialling code", "country calling code", "country dial code", "country prefix":
			country = kid.str()
		case "area", "area code", "areacode", "city code":
			area = kid.str()
		case "prefix", "code":
			if prefix = kid.str(); prefix[0] == '+' {
				country = cmp.Or(country, prefix)
			}
		}
	}
	if whole == "" || strings.HasPrefix(whole, "+") {
		return whole
	}
	digits := func(code string) bool { return code != "" && strings.Trim(code, "+0123456789 ()-") == "" }
	if digits(area) {
		whole = area + " " + whole
	} else if !digits(country) && digits(prefix) {
		whole = prefix + " " + whole
	}
	if digits(country) {
		if country[0] != '+' && country[0] != '0' {
			country = "+" + country
		}
		whole = country + " " + whole
	}
	return whole
}
