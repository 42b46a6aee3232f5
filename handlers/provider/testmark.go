package provider

import (
	"slices"
	"strings"

	"github.com/leadgate/leadgate/lead"
)

// What the sender calls a test is one: by a flag, by its mode, by the name of
// the event, or by the words that testing tools fill in. What says that it is
// none is none.

// testModes are modes, and testEvents names of events, that say so.
var (
	testModes  = []string{"test", "testing", "sandbox", "development", "dev", "staging", "preview", "demo mode", "debug", "dummy", "sample"}
	testEvents = []string{"test", "ping", "webhook test", "test webhook", "webhook ping", "test event", "event test", "test ping", "webhook verification", "test notification", "test lead", "lead test", "test delivery"}
)

// testMark reads one pair: yes, this is a test; no, it is none.
func testMark(p *pair) ternary {
	if v := strings.TrimLeft(p.value, "<"); strings.HasPrefix(v, "test lead: dummy data") || strings.HasPrefix(v, "dummy data for ") {
		return yes // what a testing tool fills in
	}
	sign := p.sign
	switch {
	case sign == 0 || p.party >= 0:
	case sign&signalTest != 0:
		if strings.EqualFold(p.value, "test") {
			return yes
		}
		return yesNo(p.value)
	case sign&signalLive != 0 && yesNo(p.value) == no:
		return yes
	case p.answer:
	case sign&signalMode != 0 && slices.Contains(testModes, told(p.value)), sign&signalHappened != 0 && slices.Contains(testEvents, told(p.value)):
		return yes
	}
	return unsaid
}

// tests marks t as a test when the body says so anywhere.
func (c *chooser) tests(t *lead.Touch) {
	for i := range c.pairs {
		if p := &c.pairs[i]; p.place != placeOurs && testMark(p) == yes {
			t.Test = true
			return
		}
	}
}
