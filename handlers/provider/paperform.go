package provider

import (
	"github.com/leadgate/leadgate/lead"
)

// paperform reads the answers to Paperform's forms. Paperform neither signs nor
// sends headers; the token in the URL is all the protection there is. Nor does
// its page say how a partial submission differs from a whole one, so the URL of
// the hook with that trigger should end in ?partial=1.
var paperform = Provider{
	Name:    "paperform",
	Title:   "Paperform",
	Doc:     "https://paperform.co/help/articles/how-to-use-webhooks/",
	Touches: paperformTouches,
}

func paperformTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	t := r.submitted(submission{id: body.get("submission_id").str(), form: body.get("form_title").str(), formID: body.get("form_id").str()})
	if body.first("partial", "is_partial") == "true" || r.URL != nil && r.URL.Query().Get("partial") == "1" {
		t.Action = "form_abandoned" // should it be finished, the whole submission comes as a touch of its own
		t.Marks = append(t.Marks, markPartial)
		if t.DeliveryID != "" {
			t.DeliveryID += "|partial" // the whole one has the same id
		}
	}
	r.read(&t, body.get("data"), body.get("device"))
	return one(t)
}
