package provider

import (
	"fmt"
	"strings"

	"github.com/leadgate/leadgate/lead"
)

// ringcentral reads registrants of RingCentral Webinar. Nothing is signed: the
// secret is the verification token of the subscription, which every
// notification repeats in a header.
var ringcentral = Provider{
	Name:    "ringcentral",
	Title:   "RingCentral Webinar",
	Doc:     "https://developers.ringcentral.com/guide/webinar/events",
	Verify:  ringcentralVerify,
	Sign:    func(r *Request, secret string) { r.Header.Set("Verification-Token", secret) },
	Reply:   ringcentralChallenge,
	Touches: ringcentralTouches,
}

// ringcentralVerify lets the challenge pass, which has no token yet; it is
// answered and never read further.
func ringcentralVerify(r *Request, secret string) error {
	if r.Header.Get("Validation-Token") != "" {
		return nil
	}
	got, err := header(r, "Verification-Token")
	if err != nil {
		return err
	}
	return equalSecret(got, secret)
}

// ringcentralChallenge repeats the header that RingCentral sends when a
// subscription is made. The whole answer must stay under 1024 bytes.
func ringcentralChallenge(r *Request) (*Reply, error) {
	token := r.Header.Get("Validation-Token")
	switch {
	case token == "":
		return nil, nil
	case len(token) > 512:
		return nil, fmt.Errorf("%w: Validation-Token is too long to repeat", ErrSignature)
	}
	return &Reply{ContentType: "application/json", Header: map[string]string{"Validation-Token": token}}, nil
}

// ringcentralTouches reads a notification about a registrant; those about a
// session are about no person. The members around the registrant are not
// published: they are read where they are expected, and not needed.
func ringcentralTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	about := body.get("body")
	if !strings.Contains(body.get("event").str(), "/registrants") || about == nil || about.sort != object {
		return nil, nil
	}
	person := about
	if inner := about.get("registrant"); inner != nil && inner.sort == object {
		person = inner
	}
	action := lead.Action("webinar_registered")
	if change := about.first("eventType", "changeType"); strings.Contains(change, "elete") || webinarAction(change) == "webinar_cancelled" {
		action = "webinar_cancelled"
	} else if person.get("participantId").str() != "" {
		action = "webinar_attended" // the id of who was there
	}
	t := r.did(action, body.get("timestamp").str())
	t.DeliveryID = body.get("uuid").str()
	t.Event = lead.Event{ID: about.first("webinarId", "sessionId"), Title: about.first("webinarTitle", "title")}
	for _, name := range []string{"webinar", "session"} {
		if e := about.get(name); e != nil && t.Event.ID == "" {
			t.Event = lead.Event{ID: e.get("id").str(), Title: e.get("title").str(), Start: e.first("scheduledStartTime", "startTime")}
		}
	}
	r.read(&t, person.without(ringcentralOwn...))
	return one(t)
}

// ringcentralOwn are members about a person that are RingCentral's own, or the
// person's private links.
var ringcentralOwn = []string{"id", "eventType", "changeType", "webinar", "session", "webinarId", "sessionId", "webinarTitle", "title", "joinUri", "cancellationUri", "visitorId", "participantId",
	"creationTime", "lastModifiedTime", "registrationTime", "ipAddress"}
