package provider

import (
	"cmp"
	"fmt"
	"time"

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
	Sample:  savvyCalSample,
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

func savvyCalSample(now time.Time) Sample {
	type parts = map[string]any
	return jsonSample(parts{
		"type": "event.created", "id": fmt.Sprintf("payload_sample%d", now.UnixNano()), "version": "2020-11-01", "occurred_at": now.UTC().Format(time.RFC3339),
		"payload": parts{
			"id": "event_sample", "summary": "Product demo", "start_at": now.Add(30 * time.Hour).UTC().Format(time.RFC3339), "link": parts{"id": "link_sample"},
			"scheduler": parts{
				"display_name": "Nadia Ferrand", "email": "nadia.ferrand@boisclair.example", "phone_number": "+33 1 99 00 55 42", "time_zone": "Europe/Paris",
				"fields": []parts{{"label": "Company", "value": "Boisclair"}, {"label": "What should we prepare?", "value": "The CRM integration."}},
			},
		},
	})
}
