package provider

import (
	"github.com/leadgate/leadgate/lead"
)

// heyform reads submissions. HeyForm does not sign, and does not try again.
var heyform = Provider{
	Name:    "heyform",
	Title:   "HeyForm",
	Doc:     "https://docs.heyform.net/integrations/webhook",
	Touches: heyformTouches,
}

func heyformTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	if body.get("answers") == nil {
		return nil, nil
	}
	t := r.submitted(submission{id: body.get("id").str(), form: body.get("formName").str(), formID: body.get("formId").str()})
	r.read(&t, body.only("answers", "hiddenFields"))
	return one(t)
}
