package provider

import (
	"cmp"

	"github.com/leadgate/leadgate/lead"
)

// webinargeek reads subscriptions to webinars. WebinarGeek signs if a secret is
// set there. Neither the names of its events nor the shape of their bodies are
// published: both are read by what is in them.
var webinargeek = Provider{
	Name:    "webinargeek",
	Title:   "WebinarGeek",
	Doc:     "https://help.webinargeek.com/en/articles/8890733-webhooks",
	Verify:  webinargeekMAC.verify,
	Sign:    webinargeekMAC.sign,
	Touches: webinargeekTouches,
}

var webinargeekMAC = mac{header: "Signature"}

func webinargeekTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	event := body.first("event", "event_type", "trigger", "type")
	action := webinarAction(event)
	if event == "" {
		action = "webinar_registered" // what the URL was given to
	}
	person := body
	for _, name := range []string{"entity", "data", "payload", "subscription", "subscriber"} {
		if inner := person.get(name); inner != nil && inner.sort == object {
			person = inner
		}
	}
	if action == "" || person.get("email").str() == "" {
		return nil, nil // a webinar that was changed, or a test
	}
	t := r.did(action, cmp.Or(body.first("created_at", "timestamp"), person.get("created_at").str()))
	t.DeliveryID = r.Header.Get("ID")
	t.Event = lead.Event{ID: person.get("webinar_id").str(), Title: person.get("webinar_title").str()}
	for _, n := range []*node{person, body} {
		if about := n.get("webinar"); about != nil && t.Event.Title == "" {
			t.Event = lead.Event{ID: cmp.Or(about.get("id").str(), t.Event.ID), Title: about.first("title", "name"), Start: about.first("date", "start_date", "starts_at")}
		}
	}
	r.read(&t, person.without(webinargeekOwn...))
	return one(t)
}

// webinargeekOwn are members about a person that are WebinarGeek's own, or the
// person's private links.
var webinargeekOwn = []string{"id", "event", "event_type", "trigger", "type", "webinar", "webinar_id", "webinar_title", "broadcast", "broadcast_id", "episode", "episode_id",
	"watch_link", "viewing_link", "confirmation_link", "unsubscribe_link", "created_at", "updated_at", "timestamp"}
