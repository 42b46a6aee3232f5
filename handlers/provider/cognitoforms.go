package provider

import (
	"cmp"

	"github.com/leadgate/leadgate/lead"
)

// cognitoforms reads entries of Cognito Forms, which does not sign.
var cognitoforms = Provider{
	Name:    "cognitoforms",
	Title:   "Cognito Forms",
	Doc:     "https://www.cognitoforms.com/support/66",
	Touches: cognitoTouches,
}

func cognitoTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	s := submission{
		id:   body.get("Id").str(), // the entry's number alone is another lead's in another form
		at:   cmp.Or(body.get("Entry", "DateSubmitted").str(), body.get("DateCreated").str()),
		form: body.get("Form", "Name").str(), formID: body.get("Form", "Id").str(),
	}
	if number := body.get("Entry", "Number").str(); s.id == "" && s.formID != "" && number != "" {
		s.id = s.formID + "-" + number
	}
	t := r.submitted(s)
	r.read(&t, body.without("Id", "Entry", "Form", "DateCreated", "DateUpdated"))
	return one(t)
}
