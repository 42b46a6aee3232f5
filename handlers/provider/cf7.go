package provider

import (
	"github.com/leadgate/leadgate/lead"
)

// cf7 reads what the webhook plugins of Contact Form 7 send: the mail tags,
// under whatever names the form gives them. None of them signs.
var cf7 = Provider{
	Name:    "cf7",
	Title:   "Contact Form 7",
	Doc:     "https://contactform7.com/docs/",
	Touches: cf7Touches,
}

func cf7Touches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	t := r.submitted(submission{formID: body.get("_wpcf7").str()})
	r.read(&t, body)
	return one(t)
}
