package provider

import (
	"fmt"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// heyform reads submissions. HeyForm does not sign, and does not try again.
var heyform = Provider{
	Name:    "heyform",
	Title:   "HeyForm",
	Doc:     "https://docs.heyform.net/integrations/webhook",
	Touches: heyformTouches,
	Sample:  heyformSample,
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

func heyformSample(now time.Time) Sample {
	type parts = map[string]any
	return jsonSample(parts{
		"id": fmt.Sprintf("sample-%d", now.UnixNano()), "formId": "sample", "formName": "Talk to us", "fields": []parts{},
		"answers": []parts{
			{"id": "a1", "title": "Your name", "kind": "full_name", "value": parts{"firstName": "Elif", "lastName": "Aksoy"}},
			{"id": "a2", "title": "Work email", "kind": "email", "value": "elif.aksoy@bogazici-tekstil.example"},
			{"id": "a3", "title": "What do you need?", "kind": "long_text", "value": "A demo for our export team."},
		},
		"hiddenFields": []parts{{"id": "h1", "name": "utm_source", "value": "linkedin"}},
	})
}
