package provider

import (
	"strings"

	"github.com/leadgate/leadgate/lead"
)

// What the sender calls a test is one: by a flag, by its mode, by the name of
// the event, or by the words that testing tools fill in. What says that it is
// none is none.

var (
	testFlags  = set(`test, is test, test lead, is test lead, test mode, testmode, testing, test submission, is test submission, test event, is test event, sandbox, is sandbox, dummy, is dummy, simulated, is simulated, test request, test webhook, is sample, preview, is preview`)
	liveFlags  = set(`live, livemode, live mode, is live, production, is production`)
	modeLabels = set(`mode, form mode, env, environment, lead type, submission type, delivery type, run mode, execution mode`)
	testModes  = set(`test, testing, sandbox, development, dev, staging, preview, demo mode, debug, dummy, sample`)
	testEvents = set(`test, ping, webhook test, test webhook, webhook ping, test event, event test, test ping, webhook verification, test notification, test lead, lead test, test delivery`)
	testWords  = []string{"<test lead:", "dummy data for", "test lead data"}
)

// testMark reads one pair: yes, this is a test; no, it is none.
func testMark(p *pair) ternary {
	if len(p.value) > 120 || len(p.key) > 40 || p.party >= 0 && !strings.HasPrefix(p.value, "<") && !strings.Contains(p.value, "test lead") {
		return unsaid
	}
	switch label := normalText(p.key); {
	case testFlags[label]:
		if p.value == "test" || p.value == "Test" {
			return yes
		}
		return yesNo(p.value)
	case liveFlags[label]:
		switch yesNo(p.value) {
		case yes:
			return no
		case no:
			return yes
		}
	case p.answer:
	case modeLabels[label] && testModes[normalText(p.value)], happeningLabels[label] && testEvents[normalText(p.value)]:
		return yes
	}
	if has(strings.ToLower(p.value), testWords) {
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
