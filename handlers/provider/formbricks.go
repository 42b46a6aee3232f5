package provider

import (
	"cmp"

	"github.com/leadgate/leadgate/lead"
)

// formbricks reads responses, also partial ones.
var formbricks = Provider{
	Name:    "formbricks",
	Title:   "Formbricks",
	Doc:     "https://formbricks.com/docs/platform/features/integrations/webhooks",
	Verify:  standardWebhooksMAC.verify,
	Sign:    standardWebhooksMAC.sign,
	Touches: formbricksTouches,
}

func formbricksTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	response := body.get("data")
	t := r.submitted(submission{id: r.Header.Get("Webhook-Id"), at: response.get("updatedAt").str(), form: response.get("survey", "title").str()})
	switch body.get("event").str() {
	case "responseFinished":
	case "responseCreated", "responseUpdated":
		t.Action = "form_abandoned" // the whole one comes as a touch of its own
		t.Marks = append(t.Marks, markPartial)
	default:
		return nil, nil
	}
	setField(&t, "response_id", response.get("id").str())
	setField(&t, "country", response.get("meta", "country").str())
	t.PageURL = response.get("meta", "url").str()
	r.read(&t, formbricksAnswers(&t, response.get("data")), response.get("contactAttributes").without("userId"))
	return one(t)
}

// formbricksAnswers are the answers to single questions; those to a contact
// question come in one list without labels, and are taken from it. A further
// list of five is an address.
func formbricksAnswers(t *lead.Touch, answers *node) *node {
	rest := &node{sort: object}
	for _, a := range answers.list() {
		if _, ok := email(contactPart(&a, 2)); !ok {
			rest.kids = append(rest.kids, a)
			continue
		}
		p := &t.Person
		for i, to := range []*string{&p.FirstName, &p.LastName, &p.Email, &p.Phone, &p.Company} {
			*to = cmp.Or(*to, line(contactPart(&a, i)))
		}
	}
	return rest
}

// contactPart is one of the five parts of an answer to a contact question.
func contactPart(a *node, i int) string {
	if a.sort != array || len(a.kids) != 5 {
		return ""
	}
	return a.kids[i].str()
}
