package provider

import (
	"crypto/sha1"
	"net/url"

	"github.com/leadgate/leadgate/lead"
)

// webex reads who came to and left a meeting or webinar. Webex tells of no
// registrations by itself.
var webex = Provider{
	Name:    "webex",
	Title:   "Webex",
	Doc:     "https://developer.webex.com/docs/api/guides/webhooks",
	Verify:  webexMAC.verify,
	Sign:    webexMAC.sign,
	Touches: webexTouches,
	Fetch:   &Fetch{Host: "https://webexapis.com", Read: webexFetch},
}

var webexMAC = mac{header: "X-Spark-Signature", hash: sha1.New}

// webexActions are the events of participants that are touches.
var webexActions = map[string]lead.Action{"joined": "webinar_attended", "left": "webinar_left"}

func webexTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	person, event := body.get("data"), body.get("event").str()
	action, ok := webexActions[event]
	if !ok || body.get("resource").str() != "meetingParticipants" || person.get("host").yes() || person.get("coHost").yes() {
		return nil, nil // meetings and recordings are about no person, and the host is no lead
	}
	t := r.did(action, person.first(event+"Time", "joinedTime", "created"))
	t.DeliveryID = deliveryID(body.get("id").str(), person.get("id").str(), event)
	t.Event = lead.Event{ID: person.get("meetingId").str(), Title: person.get("meetingTitle").str(), Start: person.get("meetingStartTime").str()}
	r.read(&t, person.only("email", "displayName"))
	if t.Person.Email == "" {
		t.NeedsFetch = true
		setField(&t, "participant_id", person.get("id").str())
	}
	return one(t)
}

func webexFetch(r *Request, t *lead.Touch, get Get) (lead.Touch, error) {
	whole, err := answered(get("/v1/meetingParticipants/" + url.PathEscape(t.Fields["participant_id"])))
	if err != nil {
		return lead.Touch{}, err
	}
	var got lead.Touch
	got.Event.Title = whole.get("meetingTitle").str()
	r.read(&got, whole.only("email", "displayName"))
	return got, nil
}
