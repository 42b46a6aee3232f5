package provider

import (
	"cmp"
	"strings"

	"github.com/leadgate/leadgate/lead"
)

// calcom reads bookings and routing forms.
var calcom = Provider{
	Name:    "calcom",
	Title:   "Cal.com",
	Doc:     "https://cal.com/docs/developing/guides/automation/webhooks",
	Verify:  calcomMAC.verify,
	Sign:    calcomMAC.sign,
	Touches: calcomTouches,
}

// Without a secret of its own Cal.com sends the words no-secret-provided,
// which are no signature.
var calcomMAC = mac{header: "X-Cal-Signature-256"}

// calcomActions are the events that are touches; all others are known not to be.
var calcomActions = map[string]lead.Action{
	"BOOKING_CREATED":                "demo_booked",
	"BOOKING_REQUESTED":              "demo_requested",
	"INSTANT_MEETING":                "demo_requested",
	"BOOKING_PAID":                   "demo_paid",
	"BOOKING_RESCHEDULED":            "demo_rescheduled",
	"BOOKING_CANCELLED":              "demo_cancelled",
	"BOOKING_REJECTED":               "demo_rejected",
	"BOOKING_NO_SHOW_UPDATED":        "demo_no_show",
	"AFTER_GUESTS_CAL_VIDEO_NO_SHOW": "demo_no_show", // whatever its attendees' noShow says
	"AFTER_HOSTS_CAL_VIDEO_NO_SHOW":  "host_no_show",
	"MEETING_ENDED":                  "meeting_held",
	"FORM_SUBMITTED":                 "contact_form",
	"FORM_SUBMITTED_NO_EVENT":        "form_abandoned",
}

func calcomTouches(r *Request) ([]lead.Touch, error) {
	body, err := parse(r)
	if err != nil {
		return nil, err
	}
	event := body.get("triggerEvent").str()
	action, ok := calcomActions[event]
	if !ok {
		return nil, nil
	}
	booking := body.get("payload")
	if booking == nil {
		booking = body // of meetings that ended
	}
	t := lead.Touch{Action: action}
	if action == "demo_booked" || action == "contact_form" {
		t = r.touch(action) // what the source is configured for; a cancellation stays one
	}
	calcomBooking(r, &t, event, body, booking)
	attendees := booking.get("attendees").list()
	if event == "BOOKING_NO_SHOW_UPDATED" {
		return calcomNoShows(r, t, attendees), nil
	}
	booker := &node{}
	if len(attendees) > 0 {
		booker = &attendees[0] // the others came along
	}
	setField(&t, "about", booking.get("responses", "title", "value").str())
	r.read(&t, booker.only("email", "name", "firstName", "lastName", "phoneNumber", "timeZone"),
		booking.get("responses").without("title", "location", "guests", "rescheduleReason"),
		booking.only("userFieldsResponses", "customInputs", "additionalNotes"))
	return one(t)
}

// calcomBooking reads what a touch is about.
func calcomBooking(r *Request, t *lead.Touch, event string, body, booking *node) {
	created := body.get("createdAt").str()
	if at, ok := moment(created); ok && event != "MEETING_ENDED" { // there it is the booking's
		t.At = r.believed(at)
	}
	id := booking.first("uid", "bookingUid", "bookingId")
	t.DeliveryID = strings.Join([]string{event, cmp.Or(id, booking.first("submissionId", "formId")), cmp.Or(body.get("idempotencyKey").str(), created)}, "|")
	t.Event = lead.Event{ID: id, Title: booking.first("eventTitle", "title"), Start: booking.first("startTime")}
	for label, key := range map[string]string{
		"form_name": "formName", "cancellation_reason": "cancellationReason", "rejection_reason": "rejectionReason", "rescheduled_from": "rescheduleStartTime",
	} {
		setField(t, label, booking.get(key).str())
	}
	if booking.get("requestReschedule").yes() {
		setField(t, "asked_to_rebook", "yes") // by the host, who is no lead
	}
}

// calcomNoShows are all who were marked, or no longer are.
func calcomNoShows(r *Request, t lead.Touch, attendees []node) (touches []lead.Touch) {
	for i := range attendees {
		person := t
		if a := &attendees[i]; a.get("noShow").blank() || a.get("noShow").yes() {
			person.Action = "demo_no_show"
		} else {
			person.Action = "demo_no_show_reverted"
		}
		r.read(&person, attendees[i].only("email", "name"))
		touches = append(touches, person)
	}
	return touches
}
