package provider

import (
	"fmt"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// leadcapture reads leads, also those who left a form half-way, as article 310
// of the vendor's help describes them. LeadCapture.io signs nothing.
var leadcapture = Provider{
	Name:    "leadcapture",
	Title:   "LeadCapture.io",
	Doc:     "https://leadcapture.io/",
	Touches: leadcaptureTouches,
	Sample:  leadcaptureSample,
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

func leadcaptureSample(now time.Time) Sample {
	return jsonSample(map[string]any{
		"lead_id": fmt.Sprintf("sample-%d", now.UnixNano()), "parent_url": "https://www.example.com/solar?utm_source=google", "is_partial_lead": false, "partial_lead_fields": []string{}, "completed_steps": []string{"step-1", "step-2"}, "form_progress": 100,
		"first_name": "Delia", "last_name": "Whitcombe", "email": "delia@whitcombe-dairy.example", "phone": "+1 303 555 0142", "state": "Colorado", "roof_size": "Large",
	})
}
