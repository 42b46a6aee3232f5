package provider

import (
	"cmp"

	"github.com/leadgate/leadgate/lead"
)

// savvyCal reads bookings.
var savvyCal = Provider{
	Name:    "savvycal",
	Title:   "SavvyCal",
	Doc:     "https://developers.savvycal.com/webhooks",
	Verify:  savvyCalMAC.verify,
	Sign:    savvyCalMAC.sign,
	Touches: savvyCalTouches,
}

var savvyCalMAC = mac{header: "X-Savvycal-Signature", prefix: "sha256="}

// savvyCalActions are the events that are touches; all others are known not to be.
var savvyCalActions = map[string]lead.Action{
	"event.created":      "demo_booked",
	"event.requested":    "demo_requested",
	"event.approved":     "demo_booked",
	"event.declined":     "demo_rejected",
	"event.rescheduled":  "demo_rescheduled",
	"event.canceled":     "demo_cancelled",
	"checkout.completed": "demo_paid",
}

func savvyCalTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	action, ok := savvyCalActions[body.get("type").str()]
	if !ok {
		return nil, nil
	}
	t := lead.Touch{Action: action}
	if action == "demo_booked" {
		t = r.touch(action) // what the source is configured for; a cancellation stays one
	}
	t.DeliveryID = body.get("id").str()
	if at, ok := moment(body.get("occurred_at").str()); ok {
		t.At = r.believed(at)
	}
	booking := body.get("payload")
	t.Event = lead.Event{ID: booking.get("id").str(), Title: cmp.Or(booking.first("summary", "name"), booking.get("link", "name").str()), Start: booking.get("start_at").str()}
	person := savvyCalPerson(booking)
	t.Person.Name = person.get("display_name").str()
	r.read(&t, person.only("email", "first_name", "last_name", "phone", "phone_number", "time_zone", "fields"), booking.only("description", "metadata"))
	return one(t)
}

// savvyCalPerson is whoever booked. Whose calendar it is, is no lead.
func savvyCalPerson(booking *node) *node {
	if p := booking.get("scheduler"); !p.blank() {
		return p
	}
	all := booking.get("attendees").list()
	for i := range all {
		if !all[i].get("is_organizer").yes() {
			return &all[i]
		}
	}
	return booking
}
