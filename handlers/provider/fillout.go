package provider

import (
	"fmt"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// fillout reads the answers to Fillout's forms. Whether Fillout can sign is
// not told, so the token in the URL is what protects a source.
var fillout = Provider{
	Name:    "fillout",
	Title:   "Fillout",
	Doc:     "https://www.fillout.com/help/webhook",
	Touches: filloutTouches,
	Sample:  filloutSample,
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

func filloutSample(now time.Time) Sample {
	type part = map[string]any
	return jsonSample(part{
		"formId": "sample", "formName": "Request a demo",
		"submission": part{
			"submissionId": fmt.Sprintf("sample-%d", now.UnixNano()), "submissionTime": now.UTC().Format(time.RFC3339),
			"questions": []part{
				{"id": "q1", "name": "What is your name?", "type": "ShortAnswer", "value": "Brigida Sanz"},
				{"id": "q2", "name": "Where can we reach you?", "type": "EmailInput", "value": "brigida.sanz@mareadigital.example"},
				{"id": "q3", "name": "Company", "type": "ShortAnswer", "value": "Marea Digital"},
				{"id": "q4", "name": "What would you like to see?", "type": "LongAnswer", "value": "The reporting, and the price for 15 people."},
			},
			"urlParameters": []part{{"id": "utm_source", "name": "utm_source", "value": "linkedin"}},
		},
	})
}
