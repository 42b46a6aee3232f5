package provider

import (
	"cmp"

	"github.com/leadgate/leadgate/lead"
)

// airmeet reads registrants and attendees. Airmeet signs nothing. Whether a
// body names its trigger is not published: give each trigger a source, and the
// source its action.
var airmeet = Provider{
	Name:    "airmeet",
	Title:   "Airmeet",
	Doc:     "https://help.airmeet.com/support/solutions/articles/82000878498",
	Touches: airmeetTouches,
}

func airmeetTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	person := body
	if inner := body.get("data"); inner != nil && inner.sort == object {
		person = inner
	}
	address := person.get("email").str()
	if address == "" {
		return nil, nil // a recording, or a poll that nobody signed
	}
	trigger := cmp.Or(body.first("trigger", "triggerName", "event", "type"), "registrant.added")
	action := webinarAction(trigger)
	if action == "" {
		return nil, nil
	}
	at := ""
	if action == "webinar_registered" {
		at = person.first("registrationTime", "registrationDateTime") // who joins is told with it, too
	}
	t := r.did(action, at)
	t.Action = cmp.Or(r.Source.Action, t.Action)
	t.Event = lead.Event{ID: person.first("airmeet_id", "airmeetId"), Title: person.first("airmeetName", "airmeet_name"), Start: person.first("start_time", "startTime")}
	t.DeliveryID = deliveryID(t.Event.ID, address, string(t.Action), trigger)
	r.read(&t, person.without(airmeetOwn...))
	return one(t)
}

// airmeetOwn are members about a person that are Airmeet's own, or the person's
// private links.
var airmeetOwn = []string{"id", "user_id", "userId", "trigger", "triggerName", "event", "type", "airmeet_id", "airmeetId", "airmeetName", "airmeet_name", "start_time", "startTime", "end_time",
	"registrationTime", "registrationDateTime", "entryLink", "registrationLink"}
