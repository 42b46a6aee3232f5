package provider

import (
	"strings"

	"github.com/leadgate/leadgate/lead"
)

// tally reads the answers to Tally's forms.
var tally = Provider{
	Name:    "tally",
	Title:   "Tally",
	Doc:     "https://tally.so/help/webhooks",
	Verify:  tallyMAC.verify,
	Sign:    tallyMAC.sign,
	Touches: tallyTouches,
}

var tallyMAC = mac{header: "Tally-Signature", base64: true}

func tallyTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	if body.get("eventType").str() != "FORM_RESPONSE" {
		return nil, nil
	}
	data := body.get("data")
	t := r.submitted(submission{id: body.get("eventId").str(), at: data.first("createdAt"), form: data.first("formName"), formID: data.first("formId")})
	r.read(&t, tallyAnswers(data.get("fields")))
	return one(t)
}

// tallyAnswers leaves out what Tally says twice: besides the ticked options of
// a question it sends every option as a yes or no. Of a box that stands alone,
// with no question above it, the option is all that says what it is about.
func tallyAnswers(fields *node) *node {
	kept := node{sort: array}
	for _, f := range fields.list() {
		value := f.get("value")
		if f.get("type").str() != "CHECKBOXES" || value == nil {
			kept.kids = append(kept.kids, f)
			continue
		}
		if value.sort == boolean {
			continue
		}
		label, options := f.get("label").str(), f.get("options").list()
		if (label == "" || strings.HasPrefix(label, "Untitled")) && len(options) == 1 && !value.blank() {
			f = node{sort: object, kids: []node{
				{key: "label", sort: text, text: options[0].get("text").str()}, {key: "value", sort: boolean, text: "true"},
			}}
		}
		kept.kids = append(kept.kids, f)
	}
	return &kept
}
