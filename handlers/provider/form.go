package provider

import (
	"net/http"
	"slices"
	"strings"

	"github.com/leadgate/leadgate/lead"
)

// form is a website's own form: posted by a browser, by fetch or by a beacon,
// in whatever format. The handler answers browsers by itself.
var form = Provider{
	Name:    "form",
	Title:   "Web form",
	Doc:     "https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#form-submission",
	Accepts: http.StatusAccepted,
	Touches: general,
}

// general reads any body with the universal reader: one touch, or one for each
// lead of a list, all or none. A ping is no touch.
func general(r *Request) ([]lead.Touch, error) {
	body, err := parseAny(r)
	if err != nil {
		return nil, err
	}
	if ping(body) {
		return nil, nil
	}
	leads, err := batch(body)
	if err != nil {
		return nil, err
	}
	touches := make([]lead.Touch, 0, len(leads))
	for i := range leads {
		touches = r.readAll(touches, r.touch("contact_form"), &leads[i])
	}
	return touches, nil
}

// ping says whether a body is what senders post when an address is saved, to see
// whether it answers: marks of a test, ids and times, and nothing of a person.
func ping(body *node) bool {
	if body.sort != object || len(body.kids) > 5 {
		return false
	}
	test := false
	for i := range body.kids {
		kid := &body.kids[i]
		p := pair{key: kid.key, value: kid.str(), verdict: verdict{party: -1, sign: signals[kid.key]}}
		m, _ := knownLabel(kid.key)
		switch {
		case !kid.scalar():
			return false
		case testMark(&p) == yes, slices.Contains(testEvents, normalText(kid.key)) && (p.value == "" || yesNo(p.value) == yes || slices.Contains(testEvents, normalText(p.value))):
			test = true
		case kid.blank(), m.field == fieldPassing, m.field == fieldSent:
		default:
			return false
		}
	}
	return test
}

// Labels returns what a request's fields are called, for an answer that says
// that none of them was an e-mail address or a phone number.
func Labels(p *Provider, r *Request) []string {
	var labels []string
	seen := make(map[string]bool)
	probe := *r
	probe.Seen = func(x Reading) {
		if label := strings.ToValidUTF8(line(x.Label), ""); label != "" && x.Step != StepAround && !seen[label] && len(labels) < 50 {
			seen[label] = true
			labels = append(labels, label)
		}
	}
	_, _ = p.Touches(&probe) // an unreadable body has no labels
	return labels
}
