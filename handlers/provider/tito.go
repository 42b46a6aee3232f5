package provider

import (
	"fmt"

	"github.com/leadgate/leadgate/lead"
)

// tito reads tickets and registrations.
var tito = Provider{
	Name:    "tito",
	Title:   "Tito",
	Doc:     "https://ti.to/docs/api/admin#webhooks",
	Verify:  titoMAC.verify,
	Sign:    titoMAC.sign,
	Touches: titoTouches,
}

var titoMAC = mac{header: "Tito-Signature", base64: true}

// titoActions are the events that are touches; all others are known not to be.
var titoActions = map[string]lead.Action{
	"ticket.completed":       "webinar_registered",
	"ticket.reassigned":      "webinar_registered",
	"ticket.unvoided":        "webinar_registered",
	"registration.finished":  "webinar_registered",
	"registration.completed": "webinar_registered",
	"ticket.voided":          "webinar_cancelled",
	"registration.cancelled": "webinar_cancelled",
	"checkin.created":        "webinar_attended",
}

// titoTouches reads the ticket, or those of a registration. The name of the
// event is in a header only.
func titoTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	event := r.Header.Get("X-Webhook-Name")
	if event == "" {
		return nil, fmt.Errorf("%w: no X-Webhook-Name says what happened", ErrMalformed)
	}
	action, ok := titoActions[event]
	if !ok {
		return nil, nil
	}
	var touches []lead.Touch
	for _, ticket := range body.get("tickets").list() {
		if ticket.get("email").str() != "" {
			touches = append(touches, r.titoTouch(event, action, &ticket, body))
		}
	}
	if len(touches) > 0 {
		return touches, nil
	}
	person := body // one ticket, or a buyer whose tickets have no names yet
	if event == "checkin.created" && body.get("ticket") != nil {
		person = body.get("ticket")
	}
	return one(r.titoTouch(event, action, person, body))
}

// titoTouch reads one ticket. Whether it is told by itself or by its
// registration, it is completed once.
func (r *Request) titoTouch(event string, action lead.Action, ticket, body *node) lead.Touch {
	t := r.did(action, ticket.get("updated_at").str())
	switch event {
	case "ticket.completed", "registration.finished", "registration.completed":
		t.DeliveryID = deliveryID("completed", ticket.get("slug").str())
	default:
		t.DeliveryID = deliveryID(event, ticket.get("slug").str(), ticket.get("updated_at").str())
	}
	about := ticket.get("event")
	if about == nil {
		about = body.get("event")
	}
	t.Event = lead.Event{ID: about.get("id").str(), Title: about.get("title").str(), Start: about.get("start_date").str()}
	t.Test = ticket.get("test_mode").yes()
	for _, answer := range ticket.get("answers").list() {
		t.Test = t.Test || answer.get("test_mode").yes()
	}
	r.read(&t, ticket.only("name", "first_name", "last_name", "email", "phone_number", "company_name", "job_title", "responses", "release_title", "discount_code_used", "source"))
	return t
}
