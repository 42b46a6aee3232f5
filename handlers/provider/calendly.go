package provider

import (
	"cmp"
	"strings"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// calendly reads bookings and routing forms.
var calendly = Provider{
	Name:    "calendly",
	Title:   "Calendly",
	Doc:     "https://developer.calendly.com/api-docs/4b402d5ab3edd-webhook-signatures",
	Verify:  calendlyMAC.verify,
	Sign:    calendlyMAC.sign,
	Touches: calendlyTouches,
}

var calendlyMAC = mac{
	header: "Calendly-Webhook-Signature", listed: true, window: 3 * time.Minute,
	before: func(_ *Request, stamp string) string { return stamp + "." },
}

// calendlyActions are the events that are touches; all others are known not to be.
var calendlyActions = map[string]lead.Action{
	"invitee.created":                 "demo_booked",
	"invitee.canceled":                "demo_cancelled",
	"invitee_no_show.created":         "demo_no_show",
	"invitee_no_show.deleted":         "demo_no_show_reverted",
	"routing_form_submission.created": "contact_form",
}

func calendlyTouches(r *Request) ([]lead.Touch, error) {
	body, err := parse(r)
	if err != nil {
		return nil, err
	}
	event, invitee := body.get("event").str(), body.get("payload")
	action, ok := calendlyActions[event]
	switch {
	case !ok, event == "invitee.canceled" && invitee.get("rescheduled").yes():
		return nil, nil // the new date of a moved booking comes as an event of its own
	case event == "invitee.created" && !invitee.get("old_invitee").blank():
		action = "demo_rescheduled"
	case action == "contact_form", action == "demo_booked": // what the source is configured for
		action = cmp.Or(r.Source.Action, action)
	}
	created := body.get("created_at").str()
	t := lead.Touch{Action: action, DeliveryID: strings.Join([]string{event, invitee.get("uri").str(), created}, "|")}
	if at, ok := moment(created); ok {
		t.At = r.believed(at)
	}
	booked := invitee.get("scheduled_event") // older deliveries have only its address
	t.Event = lead.Event{ID: cmp.Or(booked.get("uri").str(), invitee.get("event").str()), Title: booked.get("name").str(), Start: booked.get("start_time").str()}
	t.Person.Phone = r.number(invitee.get("text_reminder_number").str())
	setField(&t, "cancellation_reason", invitee.get("cancellation", "reason").str())
	setField(&t, "cancelled_by", invitee.get("cancellation", "canceler_type").str())
	r.read(&t, invitee.only("email", "name", "first_name", "last_name", "timezone", "questions_and_answers", "tracking"))
	return one(t)
}
