package provider

import (
	"strings"

	"github.com/leadgate/leadgate/lead"
)

// googleforms reads what a script of one's own sends from onFormSubmit: the
// whole event as JSON. Google itself sends nothing and signs nothing.
var googleforms = Provider{
	Name:    "googleforms",
	Title:   "Google Forms",
	Doc:     "https://developers.google.com/apps-script/guides/triggers/events",
	Touches: googleFormsTouches,
}

func googleFormsTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	answers := body.get("namedValues")
	if answers == nil {
		answers = body // a script that has picked its fields
	}
	t := r.submitted(submission{id: googleFormsID(body), form: body.get("formTitle").str(), formID: body.get("formId").str()})
	r.read(&t, answers)
	return one(t)
}

// googleFormsID makes an id of the trigger, which belongs to one sheet, the row
// and the time in its first column: rows are given again once they are deleted.
func googleFormsID(body *node) string {
	trigger, row, values := body.get("triggerUid").str(), body.get("range", "rowStart").str(), body.get("values").list()
	if trigger == "" || row == "" || len(values) == 0 || values[0].str() == "" {
		return ""
	}
	return strings.Join([]string{trigger, row, values[0].str()}, "|")
}
