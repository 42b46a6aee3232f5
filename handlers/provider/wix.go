package provider

import (
	"strings"

	"github.com/leadgate/leadgate/lead"
)

// wix reads form submissions that an automation of Wix sends ("Send HTTP
// request"). Whether it can sign is not told; the token in the URL is what
// protects a source.
var wix = Provider{
	Name:    "wix",
	Title:   "Wix Forms",
	Doc:     "https://support.wix.com/",
	Touches: wixTouches,
}

func wixTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	sent := body
	if inner := body.get("data"); inner != nil && inner.sort == object {
		sent = inner
	}
	t := r.submitted(submission{id: sent.first("submissionId"), at: sent.first("submissionTime"), form: sent.first("formName"), formID: sent.first("formId")})
	setField(&t, "contact_id", sent.first("contactId"))
	r.read(&t, sent.get("contact").without("emails", "phones", "_createdDate", "_updatedDate"), wixAnswers(sent))
	return one(t)
}

// wixAnswers are the answers with their labels or, where an automation leaves
// those out, under the names of the fields: "field:company_1".
func wixAnswers(sent *node) *node {
	if answers := sent.get("submissions"); !answers.blank() {
		return answers
	}
	fields := &node{sort: object}
	for _, n := range sent.list() {
		if name, ok := strings.CutPrefix(n.key, "field:"); ok {
			n.key = name
			fields.kids = append(fields.kids, n)
		}
	}
	return fields
}
