package provider

import (
	"cmp"
	"strings"

	"github.com/leadgate/leadgate/lead"
)

// gotowebinar reads registrants of GoTo Webinar. A secret key exists, but how
// it signs is published nowhere that we could read: the source needs a token in
// its URL. The GET with which GoTo checks a URL needs no answer of its own.
var gotowebinar = Provider{
	Name:    "gotowebinar",
	Title:   "GoTo Webinar",
	Doc:     "https://developer.goto.com/guides/GoToWebinar/07_HOW_WebHooksOverview/",
	Touches: gotowebinarTouches,
}

// gotowebinarStatus is what became of a sign-up, by its status.
var gotowebinarStatus = map[string]lead.Action{
	"":          "webinar_registered",
	"approved":  "webinar_registered",
	"waiting":   "webinar_registration_pending",
	"denied":    "webinar_registration_denied",
	"cancelled": "webinar_cancelled",
	"canceled":  "webinar_cancelled",
}

func gotowebinarTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	event := body.get("eventName").str()
	action, at := lead.Action("webinar_attended"), body.first("joinTime", "timestamp")
	switch event {
	case "registrant.joined":
	case "registrant.added":
		status := strings.ToLower(body.get("status").str())
		action, at = cmp.Or(gotowebinarStatus[status], "webinar_registered"), body.first("timestamp", "registrationDate")
	default:
		return nil, nil // webinar.created and webinar.changed are about no person
	}
	t := r.did(action, at)
	t.DeliveryID = deliveryID(event, body.get("eventKey").str())
	t.Event = lead.Event{ID: body.get("webinarKey").str(), Title: body.get("webinarTitle").str()}
	r.read(&t, body.without(gotowebinarOwn...))
	return one(t)
}

// gotowebinarOwn are members that are GoTo's own, or the person's private link.
var gotowebinarOwn = []string{"eventName", "eventVersion", "eventKey", "product", "webinarKey", "webinarTitle", "webinarCreatorKey", "registrantKey", "sessionKey",
	"experienceType", "recurrenceType", "registrationDate", "joinTime", "timestamp", "status", "joinUrl"}
