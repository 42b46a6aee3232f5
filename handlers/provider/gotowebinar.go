package provider

import (
	"cmp"
	"fmt"
	"strings"
	"time"

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
	Sample:  gotowebinarSample,
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

func gotowebinarSample(now time.Time) Sample {
	at := now.UTC().Format(time.RFC3339)
	return jsonSample(map[string]any{
		"eventName": "registrant.added", "eventVersion": "1.0.0", "product": "g2w", "eventKey": fmt.Sprintf("sample-%d", now.UnixNano()),
		"firstName": "Runa", "lastName": "Steinsdottir", "email": "runa.steinsdottir@hafnarvogur.example", "phone": "+354 555 0142",
		"organization": "Hafnarvogur Seafood", "jobTitle": "Sales Director", "Industry": "Food", "numberOfEmployees": "100-499", "purchasingTimeFrame": "Within 3 months",
		"comments": "Does it work with our phone system?", "responses": [][]any{{"Which CRM do you use?", "shortAnswer", []string{"A spreadsheet"}}},
		"registrationDate": at, "timestamp": at, "status": "APPROVED", "webinarKey": int64(4511665432126990001), "webinarTitle": "Answer leads within five minutes",
		"registrantKey": int64(2457606543231990001), "joinUrl": "https://meet.example/join/sample",
	})
}
