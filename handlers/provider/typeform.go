package provider

import (
	"github.com/leadgate/leadgate/lead"
)

// typeform reads responses, also partial ones.
var typeform = Provider{
	Name:    "typeform",
	Title:   "Typeform",
	Doc:     "https://www.typeform.com/developers/webhooks/",
	Verify:  typeformMAC.verify,
	Sign:    typeformMAC.sign,
	Touches: typeformTouches,
}

var typeformMAC = mac{header: "Typeform-Signature", prefix: "sha256=", base64: true}

func typeformTouches(r *Request) ([]lead.Touch, error) {
	body, err := parse(r)
	if err != nil {
		return nil, err
	}
	response := body.get("form_response")
	t := r.touch("contact_form")
	switch body.get("event_type").str() {
	case "form_response":
	case "form_response_partial":
		t.Marks = append(t.Marks, markPartial)
		t.Action = "form_abandoned" // should it be finished, the whole response comes as a touch of its own
	default:
		return nil, nil
	}
	t.DeliveryID = body.get("event_id").str()
	if at, ok := moment(response.get("submitted_at").str()); ok {
		t.At = r.believed(at)
	}
	setField(&t, "form_name", response.get("definition", "title").str())
	setField(&t, "score", response.get("calculated", "score").str())
	r.read(&t, &node{sort: object, kids: typeformParts(response)})
	return one(t)
}

// typeformParts are the parts of a response that say something: the questions,
// joined to their answers by id since skipped ones are not there, and the
// hidden fields, which come from the page.
func typeformParts(response *node) (parts []node) {
	for _, key := range []string{"definition", "answers", "hidden"} {
		if n := response.get(key); n != nil {
			parts = append(parts, *n)
		}
	}
	return parts
}
