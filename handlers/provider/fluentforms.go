package provider

import (
	"github.com/leadgate/leadgate/lead"
)

// fluentforms reads Fluent Forms: its webhook, and the post of its own pages,
// which packs the fields into one. It does not sign.
var fluentforms = Provider{
	Name:    "fluentforms",
	Title:   "Fluent Forms",
	Doc:     "https://fluentforms.com/docs/how-to-integrate-webhook-with-fluent-forms/",
	Touches: fluentTouches,
}

func fluentTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	s, answers := submission{formID: body.get("form_id").str()}, body
	if packed := body.get("data").str(); packed != "" && body.get("action").str() == "fluentform_submit" {
		if answers, err = parseForm(packed, ""); err != nil {
			return nil, err
		}
	}
	t := r.submitted(s)
	r.read(&t, answers.without("form_id", "action"))
	return one(t)
}
