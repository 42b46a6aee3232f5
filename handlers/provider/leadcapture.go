package provider

import (
	"github.com/leadgate/leadgate/lead"
)

// leadcapture reads leads, also those who left a form half-way, as article 310
// of the vendor's help describes them. LeadCapture.io signs nothing.
var leadcapture = Provider{
	Name:    "leadcapture",
	Title:   "LeadCapture.io",
	Doc:     "https://leadcapture.io/",
	Touches: leadcaptureTouches,
}

func leadcaptureTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	id := body.get("lead_id").str()
	if id == "" {
		return nil, nil
	}
	t := r.submitted(submission{id: id})
	own := []string{"lead_id", "user_agent", "is_partial_lead", "partial_lead_fields", "completed_steps"}
	if body.get("is_partial_lead").yes() {
		t.Action, t.Marks = "form_abandoned", []string{markPartial}
		// The whole lead comes under the same id, and so does each step further.
		t.DeliveryID = deliveryID(id, markPartial, body.get("form_progress").str())
	} else {
		own = append(own, "form_progress")
	}
	r.read(&t, body.without(own...))
	return one(t)
}
