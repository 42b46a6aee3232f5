package provider

import (
	"strconv"
	"strings"

	"github.com/leadgate/leadgate/lead"
)

// cvent reads what invitees and their guests did. Cvent signs nothing, but sends
// the Authorization header that its owner chose: name it with the source's
// header setting, header: {Authorization: ...}. The GET with which Cvent checks
// a URL needs no answer of its own.
var cvent = Provider{
	Name:    "cvent",
	Title:   "Cvent",
	Doc:     "https://developers.cvent.com/docs/webhooks/overview",
	Touches: cventTouches,
}

// cventActions are events as the vendor's pages name them.
var cventActions = map[string]lead.Action{
	"InviteeOrGuestCancelled":               "webinar_cancelled",
	"InviteeAttendsCventSession":            "webinar_attended",
	"InviteeAbandonedRegistrationInAnEvent": "webinar_abandoned",
	"InviteeSubstitutedInAnEvent":           "webinar_registered",
}

// cventAction is what an event means. The names of the others were not to be
// read, but what they are about stands in them; sessions are parts of an event
// and manual ones tell again what was told.
func cventAction(event string) lead.Action {
	if action := cventActions[event]; action != "" {
		return action
	}
	has := func(word string) bool { return strings.Contains(event, word) }
	switch {
	case !strings.HasPrefix(event, "Invitee"), has("Session"), has("Email"), has("ubscribe"), has("Order"), has("Modified"):
		return ""
	case has("NoShow"):
		return "webinar_no_show"
	case has("Accepted"), has("Regist"):
		return "webinar_registered"
	case has("Participant"), has("Attend"):
		return "webinar_attended"
	}
	return ""
}

func cventTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	action := cventAction(body.get("eventType").str())
	if action == "" {
		return nil, nil
	}
	var touches []lead.Touch
	for i, message := range body.get("message").list() {
		t := r.did(action, body.get("messageTime").str())
		t.DeliveryID = deliveryID(body.get("messageStub").str(), strconv.Itoa(i))
		about := message.get("eventForInvitee")
		t.Event = lead.Event{ID: message.get("eventStub").str(), Title: about.get("eventTitle").str(), Start: about.get("eventStartDate").str()}
		r.read(&t, message.without(cventOwn...))
		touches = append(touches, t)
	}
	return touches, nil
}

// cventOwn are members of a message that are Cvent's own.
var cventOwn = []string{"eventForInvitee", "eventStub", "accountStub", "contactStub", "contactTypeStub", "inviteeStub", "contactSourceId", "referenceId", "sessionStub",
	"createdDate", "updatedDate", "lastActivityDate", "registrationDate", "confirmationNumber", "profileImageUrl", "isGuest"}
