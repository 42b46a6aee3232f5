package provider

import (
	"strings"

	"github.com/leadgate/leadgate/lead"
)

// chiliPiper reads meetings. Its help tells of no signature; the header that
// others mention could not be verified, so a source needs a token in its URL.
var chiliPiper = Provider{
	Name:    "chilipiper",
	Title:   "Chili Piper",
	Doc:     "https://help.chilipiper.com/hc/en-us/articles/39402611091475",
	Touches: chiliPiperTouches,
}

// chiliPiperActions are the types that are touches. Only Created is in the
// vendor's help; the others are as its screens call them.
var chiliPiperActions = map[string]lead.Action{
	"created":     "demo_booked",
	"updated":     "demo_rescheduled",
	"rescheduled": "demo_rescheduled",
	"canceled":    "demo_cancelled",
	"cancelled":   "demo_cancelled",
}

func chiliPiperTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	kind := body.get("type").str()
	action, ok := chiliPiperActions[strings.ToLower(kind)]
	if !ok {
		return nil, nil
	}
	t := lead.Touch{Action: action}
	if action == "demo_booked" {
		t = r.touch(action) // what the source is configured for; a cancellation stays one
	}
	t.Event = lead.Event{ID: body.get("meetingIdChili").str(), Title: body.first("meetingTitle", "meetingTypeName"), Start: body.get("meetingStartTime").str()}
	if t.Event.ID != "" {
		t.DeliveryID = strings.Join([]string{t.Event.ID, kind, t.Event.Start}, "|") // moved twice: two deliveries
	}
	t.Person.Email = body.get("primaryGuestEmail").str()
	setField(&t, "product", body.get("productFeatureType").str())
	setField(&t, "meeting_type", body.get("meetingTypeName").str())
	r.read(&t, body.get("primaryGuestDataFields"))
	return one(t)
}
