package provider

import (
	"net/url"
	"slices"
	"strings"

	"github.com/leadgate/leadgate/lead"
)

// saw reports a value to whoever asked, for `leadgate read`.
func (r *Request) saw(x Reading) {
	if r.Seen != nil {
		r.Seen(x)
	}
}

// keep puts everything without a place of its own where it belongs: click ids
// under their names, marks for traps, the time, and the rest into the fields.
func (r *Request) keep(t *lead.Touch, c *chooser) {
	for i := range c.pairs {
		p := &c.pairs[i]
		if p.spent {
			continue
		}
		switch p.field {
		case fieldClick:
			setClick(t, p.key, p.value)
			r.saw(Reading{Field: "click_ids", Value: p.value, Label: p.label, Step: p.step})
			continue
		case fieldTrap:
			if filled(p.value) && !slices.Contains(t.Marks, MarkHoneypot) {
				t.Marks = append(t.Marks, MarkHoneypot)
			}
			fallthrough
		case fieldNoise:
			r.saw(Reading{Label: p.label, Step: StepDropped})
			continue
		case fieldTest:
			if yesNo(p.value) == yes {
				continue
			}
		case fieldSent:
			if at, ok := moment(p.value); ok && t.At.IsZero() {
				t.At = r.believed(at)
			}
		}
		if o := &c.owners[p.owner]; o.nth != o.prefix && !p.answer && c.elsewhere(p) {
			p.label = dotted(o.nth, strings.TrimPrefix(strings.TrimPrefix(p.label, o.prefix), ".")) // of another member of the list
		}
		keepField(t, p)
		r.saw(Reading{Value: p.value, Label: p.label, Step: StepKept})
	}
	r.around(t)
}

// MarkHoneypot is set in a touch's marks when a field that people cannot see
// was filled.
const MarkHoneypot = "honeypot"

// filled says whether somebody wrote into a trap or ticked it. Scripts send an
// untouched one as false, as 0 or as null.
func filled(value string) bool {
	return value != "" && !isOneOf(value, "false", "0", "null", "off", "no", "undefined", "[]", "{}")
}

// keepField files a value under its label; a second, different one under the
// same label goes by its full path.
func keepField(t *lead.Touch, p *pair) {
	if t.Fields == nil {
		t.Fields = make(map[string]string, 8)
	}
	label := line(p.label)
	if len(label) > 300 {
		label = strings.ToValidUTF8(label[:300], "")
	}
	if had, ok := t.Fields[label]; ok && had != p.value && p.path != "" {
		label = p.path
		if had, ok := t.Fields[label]; ok && had != p.value {
			t.Fields[label] = had + ", " + p.value
			return
		}
	}
	t.Fields[label] = p.value
}

// clicks are the click ids by their normalised labels.
var clicks = map[string]string{
	"gclid": "gclid", "gcl id": "gclid", "google click id": "gclid", "hs google click id": "gclid", "fbclid": "fbclid", "fb clid": "fbclid", "facebook click id": "fbclid", "hs facebook click id": "fbclid",
	"msclkid": "msclkid", "ms clkid": "msclkid", "microsoft click id": "msclkid", "li fat id": "li_fat_id", "ttclid": "ttclid", "gbraid": "gbraid", "wbraid": "wbraid", "twclid": "twclid",
}

// clickName is the click id that a normalised label asks for, with or without
// other words around it.
func clickName(n string) string {
	if name, ok := clicks[n]; ok || strings.IndexByte(n, ' ') < 0 {
		return name
	}
	for word := range strings.FieldsSeq(n) {
		if strings.HasSuffix(word, "clid") || strings.HasSuffix(word, "clkid") || word == "gbraid" || word == "wbraid" {
			return clicks[word]
		}
	}
	if strings.HasPrefix(n, "li fat id") {
		return "li_fat_id"
	}
	return ""
}

func setClick(t *lead.Touch, label, value string) {
	var space [96]byte
	name := clickName(string(normal(space[:0], label)))
	if name == "" || value == "" || t.ClickIDs[name] != "" {
		return
	}
	if t.ClickIDs == nil {
		t.ClickIDs = make(map[string]string, 1)
	}
	t.ClickIDs[name] = value
}

// around looks at what surrounds the fields: the query of the page's address,
// then the Referer header.
func (r *Request) around(t *lead.Touch) {
	referer := ""
	if h := r.Header.Get("Referer"); h != "" && webAddress(h) {
		referer = h
	}
	if t.PageURL == "" && referer != "" {
		t.PageURL = referer
		r.saw(Reading{Field: "page_url", Value: referer, Label: "Referer", Step: StepAround})
	}
	fromQuery(t, t.PageURL)
	if referer != t.PageURL {
		fromQuery(t, referer)
	}
}

// fromQuery takes campaign and click ids from an address. A campaign is taken
// whole or not at all, so that two visits do not mix.
func fromQuery(t *lead.Touch, address string) {
	_, query, ok := strings.Cut(address, "?")
	if !ok {
		return
	}
	query, _, _ = strings.Cut(query, "#")
	values, _ := url.ParseQuery(query) // what is right in it is enough
	if t.UTM == (lead.UTM{}) {
		t.UTM = lead.UTM{Source: values.Get("utm_source"), Medium: values.Get("utm_medium"), Campaign: values.Get("utm_campaign"), Term: values.Get("utm_term"), Content: values.Get("utm_content")}
	}
	for _, name := range [...]string{"gclid", "fbclid", "msclkid", "li_fat_id", "ttclid", "gbraid", "wbraid", "twclid"} {
		if id := values.Get(name); id != "" {
			setClick(t, name, id)
		}
	}
}
