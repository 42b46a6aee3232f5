package provider

import (
	"strings"

	"github.com/leadgate/leadgate/lead"
)

// did begins the touch of somebody of whom a webinar platform tells. What the
// source is configured for stands for signing up; a cancellation stays one.
func (r *Request) did(action lead.Action, at string) lead.Touch {
	t := lead.Touch{Action: action}
	if action == "webinar_registered" {
		t = r.touch(action)
	}
	if when, ok := moment(at); ok {
		t.At = r.believed(when)
	}
	return t
}

// deliveryID names a delivery by all of a few parts; with one missing it could
// be somebody else's, and there is none.
func deliveryID(parts ...string) string {
	for _, part := range parts {
		if part == "" {
			return ""
		}
	}
	return strings.Join(parts, "|")
}

// query is a parameter of the address that a delivery came to.
func (r *Request) query(name string) string {
	if r.URL == nil {
		return ""
	}
	return r.URL.Query().Get(name)
}

// webinarWords tell the names of events apart where a vendor does not publish
// them; the first that is in a name decides.
var webinarWords = []struct {
	word   string
	action lead.Action
}{
	{"unsubscri", "webinar_cancelled"}, {"cancel", "webinar_cancelled"}, {"abandon", "webinar_abandoned"},
	{"no show", "webinar_no_show"}, {"noshow", "webinar_no_show"}, {"not attend", "webinar_no_show"}, {"not watch", "webinar_no_show"}, {"missed", "webinar_no_show"},
	{"replay", "webinar_replay_watched"}, {"left", "webinar_left"},
	{"watch", "webinar_attended"}, {"attended", "webinar_attended"}, {"joined", "webinar_attended"},
	{"subscri", "webinar_registered"}, {"regist", "webinar_registered"}, {"attendee added", "webinar_registered"},
}

// webinarAction is what an event of an unpublished name means; empty if that
// is not to be seen.
func webinarAction(event string) lead.Action {
	name := normalText(event)
	for _, w := range webinarWords {
		if strings.Contains(name, w.word) {
			return w.action
		}
	}
	return ""
}
