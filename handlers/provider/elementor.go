package provider

import (
	"github.com/leadgate/leadgate/lead"
)

// elementor reads the forms of Elementor Pro, with and without "advanced data".
// Elementor neither signs nor sends an id. Its dates are written in the
// site's language and have no zone, so they are left alone.
var elementor = Provider{
	Name:    "elementor",
	Title:   "Elementor Forms",
	Doc:     "https://developers.elementor.com/docs/hooks/forms/",
	Touches: elementorTouches,
}

// elementorOwn is what Elementor adds to the labels of the form.
var elementorOwn = []string{"form_id", "form_name", "Date", "Time", "Page URL", "User Agent", "Remote IP", "Powered by"}

func elementorTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	s, page := submission{form: body.get("form_name").str(), formID: body.get("form_id").str()}, body.get("Page URL").str()
	answers := body
	if body.get("Powered by") != nil || s.formID != "" { // else only what the form asks
		answers = body.without(elementorOwn...)
	}
	if fields := body.get("fields"); fields != nil && fields.sort == object {
		s = submission{form: body.get("form", "name").str(), formID: body.get("form", "id").str()}
		answers, page = fields, body.get("meta", "page_url", "value").str()
	}
	t := r.submitted(s)
	if webAddress(page) {
		t.PageURL = page
	}
	r.read(&t, answers)
	return one(t)
}
