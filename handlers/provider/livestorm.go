package provider

import (
	"cmp"

	"github.com/leadgate/leadgate/lead"
)

// livestorm reads what people did about a session. Livestorm signs nothing.
var livestorm = Provider{
	Name:    "livestorm",
	Title:   "Livestorm",
	Doc:     "https://developers.livestorm.co/docs/webhooks-1",
	Touches: livestormTouches,
}

// livestormActions are the events that are touches; all others are known not
// to be. People come without an event where somebody passes on what the API
// says of them.
var livestormActions = map[string]lead.Action{
	"":                      "webinar_registered",
	"people.registered":     "webinar_registered",
	"people.attended":       "webinar_attended",
	"people.not_attended":   "webinar_no_show",
	"people.watched_replay": "webinar_replay_watched",
}

func livestormTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	person := body.get("data")
	event := person.get("meta", "webhook", "event").str()
	who, about := person.get("attributes"), person.get("attributes", "registrant_detail")
	action, ok := livestormActions[event]
	if !ok || person.get("type").str() != "people" || who.get("role").str() == "team_member" || about.get("is_guest_speaker").yes() {
		return nil, nil
	}
	t := r.did(action, cmp.Or(about.get("updated_at").str(), who.get("updated_at").str()))
	t.DeliveryID = deliveryID(cmp.Or(event, "people"), person.get("id").str(), about.get("session_id").str())
	t.Event.ID = about.get("event_id").str()
	for _, count := range []string{"messages_count", "questions_count", "votes_count"} {
		if n := who.get(count).str(); n != "0" {
			setField(&t, count, n)
		}
	}
	answers := about.without("event_id", "session_id", "created_at", "updated_at", "password_key", "connection_link", "is_highlighted", "is_guest_speaker",
		"attended", "has_viewed_replay", "browser_version", "browser_name", "os_name", "os_version", "screen_height", "screen_width")
	if action == "webinar_registered" {
		answers = answers.without("attendance_rate", "attendance_duration") // nobody has been there yet
	}
	known := who.only("first_name", "last_name", "email", "timezone")
	if placeholder(known.get("email").str()) {
		known = known.without("email") // they gave none, unless it is among the answers
	}
	r.read(&t, &node{sort: object, kids: append(known.list(), answers.list()...)})
	return one(t)
}
