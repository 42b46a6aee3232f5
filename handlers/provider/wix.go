package provider

import (
	"fmt"
	"strings"
	"time"

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
	Sample:  wixSample,
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

func wixSample(now time.Time) Sample {
	type part = map[string]any
	return jsonSample(part{"data": part{
		"formName": "Request a quote", "formId": "sample", "submissionId": fmt.Sprintf("sample-%d", now.UnixNano()), "contactId": "sample", "submissionTime": now.UTC().Format(time.RFC3339),
		"submissions": []part{
			{"label": "First name", "value": "Ambrose"}, {"label": "Last name", "value": "Tilling"}, {"label": "Email", "value": "ambrose.tilling@tilling-barns.example"},
			{"label": "Company", "value": "Tilling Barns"}, {"label": "How can we help?", "value": "A quote for three barns."},
		},
		"contact": part{"name": part{"first": "Ambrose", "last": "Tilling"}, "email": "ambrose.tilling@tilling-barns.example", "phone": ""},
	}})
}
