package provider

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// zoom reads webinars, meetings, the scheduler and Zoom Events.
var zoom = Provider{
	Name:    "zoom",
	Title:   "Zoom",
	Doc:     "https://developers.zoom.us/docs/api/rest/webhook-reference/",
	Verify:  zoomMAC.verify,
	Sign:    zoomMAC.sign,
	Reply:   zoomChallenge,
	Touches: zoomTouches,
}

// Zoom tries again for about 85 minutes, and nobody says whether it signs
// again; two hours and the dedupe of deliveries cover both.
var zoomMAC = mac{
	header: "X-Zm-Signature", prefix: "v0=", stamp: "X-Zm-Request-Timestamp", window: 2 * time.Hour,
	before: func(_ *Request, stamp string) string { return "v0:" + stamp + ":" },
}

// zoomChallenge answers the validation that Zoom sends when a URL is saved and
// every 72 hours. The answer is made with the secret, so it is given only to
// who has the secret, and with the one of the two secrets that Zoom used.
func zoomChallenge(r *Request) (*Reply, error) {
	body, err := parse(r)
	if err != nil || body.get("event").str() != "endpoint.url_validation" {
		return nil, nil // a delivery, or unreadable: Touches will say so
	}
	token := body.get("payload", "plainToken").str()
	failed := fmt.Errorf("%w: no secret", ErrSignature)
	for _, secret := range r.Source.Secrets {
		if failed = zoomMAC.verify(r, secret); failed != nil {
			if errors.Is(failed, ErrStale) {
				break
			}
			continue
		}
		sum := mac{}.sum(&Request{Body: []byte(token)}, secret, "")
		answer, err := json.Marshal(map[string]string{"plainToken": token, "encryptedToken": fmt.Sprintf("%x", sum)})
		return &Reply{ContentType: "application/json", Body: answer}, err
	}
	return nil, failed
}

// zoomActions are the events that are touches; all others are known not to be.
var zoomActions = map[string]lead.Action{
	"webinar.registration_created":           "webinar_registered",
	"meeting.registration_created":           "webinar_registered",
	"webinar.registration_approved":          "webinar_registration_approved",
	"meeting.registration_approved":          "webinar_registration_approved",
	"webinar.registration_denied":            "webinar_registration_denied",
	"meeting.registration_denied":            "webinar_registration_denied",
	"webinar.registration_cancelled":         "webinar_cancelled",
	"meeting.registration_cancelled":         "webinar_cancelled",
	"webinar.participant_joined":             "webinar_attended",
	"meeting.participant_joined":             "webinar_attended",
	"webinar.participant_left":               "webinar_left",
	"meeting.participant_left":               "webinar_left",
	"scheduler.scheduled_event_created":      "demo_booked",
	"scheduler.scheduled_event_canceled":     "demo_cancelled",
	"zoom_events.ticket_created":             "webinar_registered",
	"zoom_events.ticket_cancelled":           "webinar_cancelled",
	"zoom_events.vod_registration_created":   "webinar_on_demand_registered",
	"zoom_events.event_registration_created": "webinar_registered",
	"recording.registration_created":         "webinar_on_demand_registered",
	"webinar.registration_created_on_demand": "webinar_on_demand_registered",
}

func zoomTouches(r *Request) ([]lead.Touch, error) {
	body, err := parse(r)
	if err != nil {
		return nil, err
	}
	event := body.get("event").str()
	action, ok := zoomActions[event]
	if !ok {
		return nil, nil
	}
	o := body.get("payload", "object")
	t := lead.Touch{Action: action}
	if action == "webinar_registered" || action == "demo_booked" {
		t = r.touch(action) // what the source is configured for; a cancellation stays one
	}
	person, who := zoomPerson(o)
	if person == nil {
		return nil, nil // the host, or a date that only moved
	}
	if o.get("registrant", "status").str() == "pending" {
		t.Action = "webinar_registration_pending"
	}
	zoomEvent(&t, o)
	if at, ok := moment(body.get("event_ts").str()); ok {
		t.At = r.believed(at)
		t.DeliveryID = strings.Join([]string{event, cmp.Or(o.get("uuid").str(), t.Event.ID), who, body.get("event_ts").str()}, "|")
	}
	r.read(&t, person.without(zoomOwn...))
	if t.Person.Email == "" {
		setField(&t, "registrant_id", person.get("registrant_id").str()) // what else is there to know them by
	}
	return one(t)
}

// zoomOwn are members about a person that are Zoom's own, or the person's
// private links.
var zoomOwn = []string{"id", "event_id", "host_id", "join_url", "manage_url", "user_id", "registrant_id", "participant_user_id", "participant_uuid", "customer_key", "participant_pin_code",
	"join_time", "leave_time", "leave_reason", "ticket_id", "ticket_type_id", "external_ticket_id", "status", "scheduled_event", "rescheduled", "cancellation", "created"}

// zoomPerson returns the part of an object that is about the lead, and the
// person's id; nil when it is the host, who is no lead, or a booking that was
// moved: the new date comes as an event of its own.
func zoomPerson(o *node) (person *node, id string) {
	if p := o.get("registrant"); p != nil {
		return p, p.first("id", "email")
	}
	if p := o.get("participant"); p != nil {
		if host := o.get("host_id").str(); host != "" && host == p.get("id").str() {
			return nil, ""
		}
		return p, p.first("participant_uuid", "registrant_id", "user_id", "id")
	}
	if o.get("rescheduled").yes() && o.get("cancellation") != nil {
		return nil, ""
	}
	return o, o.first("invitee_email", "ticket_id", "registrant_id", "email")
}

// zoomEvent reads what the touch is about.
func zoomEvent(t *lead.Touch, o *node) {
	t.Event = lead.Event{ID: o.first("id", "event_id"), Title: o.first("topic", "event_name", "name"), Start: o.first("start_time")}
	if s := o.get("scheduled_event"); s != nil {
		t.Event = lead.Event{ID: s.get("event_id").str(), Title: s.get("summary").str(), Start: s.get("start_date_time").str()}
	}
}
