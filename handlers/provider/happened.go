package provider

import (
	"strings"

	"github.com/leadgate/leadgate/lead"
)

// What happened: a sender without a file of its own tells it by the name of an
// event (booking.cancelled), by a state (attendance: missed) or by a flag
// (canceled: true). To read one more, add its word to
// happenings, or its label to signalLists.

// happenings are the words, in the order in which they decide; the first that is
// in a name does. Where a sign-up and a booking part ways, demo is the booking's.
var happenings = []struct {
	word          string
	webinar, demo lead.Action
}{
	{"unsubscri", "webinar_cancelled", "webinar_cancelled"}, {"opted out", "webinar_cancelled", "webinar_cancelled"},
	{"cancel", "webinar_cancelled", "demo_cancelled"}, {"withdrawn", "webinar_cancelled", "demo_cancelled"},
	{"reschedul", "webinar_registered", "demo_rescheduled"}, {"postponed", "webinar_registered", "demo_rescheduled"},
	{"no show", "webinar_no_show", "demo_no_show"}, {"noshow", "webinar_no_show", "demo_no_show"}, {"not attend", "webinar_no_show", "demo_no_show"}, {"not show", "webinar_no_show", "demo_no_show"}, {"missed", "webinar_no_show", "demo_no_show"}, {"absent", "webinar_no_show", "demo_no_show"},
	{"abandon", "webinar_abandoned", ""}, {"replay", "webinar_replay_watched", ""}, {"left", "webinar_left", ""},
	{"watched", "webinar_attended", ""}, {"attended", "webinar_attended", "meeting_held"}, {"joined", "webinar_attended", "meeting_held"}, {"checked in", "webinar_attended", "meeting_held"}, {"check in", "webinar_attended", "meeting_held"},
	{"registered", "webinar_registered", "demo_booked"}, {"registration", "webinar_registered", "demo_booked"}, {"signed up", "webinar_registered", "demo_booked"},
	{"booked", "", "demo_booked"}, {"created", "", "demo_booked"}, {"confirmed", "", "demo_booked"}, {"scheduled", "", "demo_booked"}, {"new ", "", "demo_booked"},
}

// What is told of, where the name of an event says it.
var (
	demoWords     = []string{"booking", "book", "appointment", "meeting", "demo", "invitee", "reservation", "consultation", "calendar", "slot"}
	webinarTopics = []string{"webinar", "registra", "registrant", "attendee", "session", "conference", "workshop", "seminar", "training", "class", "participant", "event"}
	otherTopics   = []string{"call", "payment", "order", "invoice", "subscription", "ticket", "deal", "task", "message", "charge", "email", "mail", "conversation", "chat"}
)

// happened decides what the person of t did, if the body tells it. What a source
// of webinars or bookings is configured for stands for signing up; a cancellation
// stays one. A source of anything else is configured for that alone.
func (c *chooser) happened(t *lead.Touch) {
	action := lead.Action("")
	for i := range c.pairs {
		p := &c.pairs[i]
		sign := p.sign
		if sign&(signalHappened|signalFlag) == 0 || p.party >= 0 || c.elsewhere(p) || p.place == placeOurs || p.place == placeThing || p.place == placeForm {
			continue
		}
		name := ""
		switch {
		case sign&signalHappened != 0:
			name = told(p.value)
		case yesNo(p.value) == yes:
			name = normalText(p.key)
		}
		if name == "" {
			continue
		}
		if found := c.happening(name); found != "" && (action == "" || action == "demo_booked" || action == "webinar_registered") {
			action = found
		}
	}
	if action == "" {
		return
	}
	configured := string(c.r.Source.Action)
	scheduled := strings.HasPrefix(configured, "webinar_") || strings.HasPrefix(configured, "demo_") || strings.HasPrefix(configured, "meeting_")
	if configured == "" || scheduled && action != "demo_booked" && action != "webinar_registered" {
		t.Action = action
	}
	if t.Event.Start == "" {
		c.start(t)
	}
}

// happening is the action of a name; empty if it tells none.
func (c *chooser) happening(name string) lead.Action {
	demo := has(name, demoWords)
	if !demo && !has(name, webinarTopics) {
		if has(name, otherTopics) {
			return "" // a missed call
		}
		demo = !c.calendar() && c.mentions("demo", "booking", "appointment", "meeting", "consultation")
	}
	for _, h := range happenings {
		if !strings.Contains(name, h.word) {
			continue
		}
		if demo && h.demo != "" {
			return h.demo
		}
		return h.webinar
	}
	return ""
}

// calendar says that the body holds a webinar or a session.
func (c *chooser) calendar() bool {
	for i := range c.owners {
		if c.owners[i].place == placeEvent {
			return true
		}
	}
	return false
}

// mentions says that a word stands in a label or in a short value.
func (c *chooser) mentions(words ...string) bool {
	for i := range c.pairs {
		if p := &c.pairs[i]; len(p.value) < 60 && (has(normalText(p.path), words) || has(normalText(p.value), words)) {
			return true
		}
	}
	return false
}

// start takes the start of what was booked from a label that says only when.
func (c *chooser) start(t *lead.Touch) {
	for i := range c.pairs {
		p := &c.pairs[i]
		if p.sign&signalStart != 0 && looksDated(p.value) {
			t.Event.Start = p.value
			p.spent = true
			return
		}
	}
}
