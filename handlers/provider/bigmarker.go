package provider

import (
	"strings"

	"github.com/leadgate/leadgate/lead"
)

// bigmarker reads registrations. BigMarker signs nothing, and does not say for
// which webinar somebody registered: put that into the URL, as
// ?event=ID&title=NAME.
var bigmarker = Provider{
	Name:    "bigmarker",
	Title:   "BigMarker",
	Doc:     "https://bigmarker.zendesk.com/hc/en-us/articles/360061468331",
	Touches: bigmarkerTouches,
}

func bigmarkerTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	person := body.get("registration")
	if person == nil || person.sort != object {
		return nil, nil // attendance, whose shape is not published
	}
	at := person.get("time_stamp").str()
	t := r.did("webinar_registered", at)
	t.Event = lead.Event{ID: r.query("event"), Title: r.query("title")}
	if id := deliveryID(person.get("bmid").str(), person.get("email").str(), at); id != "" {
		t.DeliveryID = id + "|" + t.Event.ID
	}
	r.read(&t, bigmarkerAnswers(person.without("bmid", "time_stamp")))
	return one(t)
}

// bigmarkerAnswers gives the owner's own questions their names back.
func bigmarkerAnswers(person *node) *node {
	for i := range person.kids {
		if name, ok := strings.CutPrefix(person.kids[i].key, "custom_field_"); ok {
			person.kids[i].key = strings.ReplaceAll(name, "_", " ")
		}
	}
	return person
}
