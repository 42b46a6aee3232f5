package provider

import (
	"encoding/json"
	"fmt"
	"time"

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
	Sample:  typeformSample,
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

func typeformSample(now time.Time) Sample {
	type question = map[string]any
	body, _ := json.Marshal(map[string]any{ // plain values: cannot fail
		"event_id": fmt.Sprintf("sample-%d", now.UnixNano()), "event_type": "form_response",
		"form_response": map[string]any{
			"form_id": "sample", "token": "sample", "submitted_at": now.UTC().Format(time.RFC3339),
			"hidden": map[string]string{"utm_source": "linkedin", "utm_campaign": "autumn"},
			"definition": map[string]any{"id": "sample", "title": "Talk to us", "fields": []question{
				{"id": "q1", "ref": "name", "type": "short_text", "title": "What's your name?"},
				{"id": "q2", "ref": "email", "type": "email", "title": "And your work email?"},
				{"id": "q3", "ref": "company", "type": "short_text", "title": "Which company are you with?"},
				{"id": "q4", "ref": "need", "type": "long_text", "title": "What do you need?"},
			}},
			"answers": []question{
				{"type": "text", "text": "Paulo Esteves", "field": question{"id": "q1", "ref": "name", "type": "short_text"}},
				{"type": "email", "email": "paulo.esteves@casaverde.example", "field": question{"id": "q2", "ref": "email", "type": "email"}},
				{"type": "text", "text": "Casa Verde", "field": question{"id": "q3", "ref": "company", "type": "short_text"}},
				{"type": "text", "text": "A quote for 40 seats, this month.", "field": question{"id": "q4", "ref": "need", "type": "long_text"}},
			},
		},
	})
	return Sample{ContentType: "application/json", Body: body}
}
