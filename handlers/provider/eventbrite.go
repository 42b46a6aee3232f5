package provider

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"

	"github.com/leadgate/leadgate/lead"
)

// eventbrite reads that somebody ordered or came; who it was must be fetched.
// Eventbrite signs nothing, so the address that it sends may be anybody's: only
// the ids in it are kept, never the address.
var eventbrite = Provider{
	Name:    "eventbrite",
	Title:   "Eventbrite",
	Doc:     "https://www.eventbrite.com/platform/docs/webhooks",
	Touches: eventbriteTouches,
	Fetch:   &Fetch{Host: "https://www.eventbriteapi.com", Read: eventbriteFetch},
}

// eventbriteActions are the events that are touches; all others are known not
// to be. An order that is updated tells its attendees' updates again.
var eventbriteActions = map[string]lead.Action{
	"order.placed":       "webinar_registered",
	"attendee.updated":   "webinar_registered", // or cancelled: the fetch shows which
	"barcode.checked_in": "webinar_attended",
	"order.refunded":     "webinar_cancelled",
}

var (
	eventbriteOrder    = regexp.MustCompile(`^https://www\.eventbriteapi\.com/v3/orders/(\d{1,20})/?$`)
	eventbriteAttendee = regexp.MustCompile(`^https://www\.eventbriteapi\.com/v3/events/(\d{1,20})/attendees/(\d{1,20})/?$`)
)

func eventbriteTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	event, address := body.get("config", "action").str(), body.get("api_url").str()
	action, ok := eventbriteActions[event]
	if !ok {
		return nil, nil
	}
	t := r.did(action, "")
	t.NeedsFetch = true
	setField(&t, "eventbrite_action", event)
	id := ""
	if m := eventbriteOrder.FindStringSubmatch(address); m != nil {
		id = m[1]
		setField(&t, "order_id", id)
	} else if m := eventbriteAttendee.FindStringSubmatch(address); m != nil {
		t.Event.ID, id = m[1], m[2]
		setField(&t, "attendee_id", id)
	} else {
		return nil, fmt.Errorf("%w: api_url is neither an order nor an attendee of Eventbrite", ErrMalformed)
	}
	t.DeliveryID = deliveryID(event, id)
	if event == "attendee.updated" {
		// Sent twice for one order, within a second, and again for each change.
		t.DeliveryID = deliveryID(event, id, strconv.FormatInt(r.Now.Unix(), 10))
	}
	return one(t)
}

// eventbriteFetch asks for the order or the attendee. Of an order for several
// people it is the buyer: the others come as attendees of their own.
func eventbriteFetch(r *Request, t *lead.Touch, get Get) (lead.Touch, error) {
	path := "/v3/orders/" + url.PathEscape(t.Fields["order_id"]) + "/?expand=attendees,event"
	if id := t.Fields["attendee_id"]; id != "" {
		path = "/v3/events/" + url.PathEscape(t.Event.ID) + "/attendees/" + url.PathEscape(id) + "/?expand=event"
	}
	whole, err := answered(get(path))
	if err != nil {
		return lead.Touch{}, err
	}
	person := whole
	if attendees := whole.get("attendees").list(); len(attendees) == 1 {
		person = &attendees[0]
	}
	var got lead.Touch
	event := whole.get("event")
	got.Event = lead.Event{ID: cmp.Or(whole.get("event_id").str(), event.get("id").str()), Title: event.get("name", "text").str(), Start: event.get("start", "utc").str()}
	if whole.get("cancelled").yes() || whole.get("refunded").yes() {
		got.Action = "webinar_cancelled"
	}
	got.UTM.Source = cmp.Or(person.get("affiliate").str(), whole.get("affiliate").str())
	setField(&got, "ticket", person.get("ticket_class_name").str())
	r.read(&got, eventbriteProfile(person), person.only("answers"))
	return got, nil
}

// eventbriteProfile is what Eventbrite tells about a person, without what sales
// has no use for. Until the person has filled the form in, it says so in place
// of each answer.
func eventbriteProfile(person *node) *node {
	profile := person
	if inner := person.get("profile"); inner != nil {
		profile = inner
	}
	profile = profile.only("name", "email", "first_name", "last_name", "job_title", "company", "cell_phone", "work_phone", "website")
	profile.kids = slices.DeleteFunc(profile.kids, func(n node) bool { return n.str() == "Info Requested" })
	return profile
}
