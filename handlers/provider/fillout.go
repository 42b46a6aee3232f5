package provider

import (
	"github.com/leadgate/leadgate/lead"
)

// fillout reads the answers to Fillout's forms. Whether Fillout can sign is
// not told, so the token in the URL is what protects a source.
var fillout = Provider{
	Name:    "fillout",
	Title:   "Fillout",
	Doc:     "https://www.fillout.com/help/webhook",
	Touches: filloutTouches,
}

func filloutTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	sent := body
	if inner := body.get("submission"); inner != nil {
		sent = inner
	}
	t := r.submitted(submission{id: sent.first("submissionId"), at: sent.first("submissionTime"), form: body.get("formName").str(), formID: body.get("formId").str()})
	for _, c := range sent.get("calculations").list() {
		if name := c.get("name").str(); name != "" {
			setField(&t, name, c.get("value").str())
		}
	}
	setField(&t, "score", sent.get("quiz", "score").str())
	r.read(&t, sent.get("questions"), sent.get("urlParameters"))
	return one(t)
}
