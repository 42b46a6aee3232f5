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
// lead of a list, all or none.
func general(r *Request) ([]lead.Touch, error) {
	body, err := parseAny(r)
	if err != nil {
		return nil, err
	}
	leads, err := batch(body)
	if err != nil {
		return nil, err
	}
	touches := make([]lead.Touch, 0, len(leads))
	for i := range leads {
		touches = append(touches, r.readAll(func() lead.Touch { return r.touch("contact_form") }, &leads[i])...)
	}
	if !slices.ContainsFunc(touches, func(t lead.Touch) bool { return !t.Test || t.Person != (lead.Person{}) || t.Message != "" }) {
		return nil, nil // a sender tries whether somebody is there
	}
	return touches, nil
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
