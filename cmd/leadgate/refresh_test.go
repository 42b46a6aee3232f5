package main

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// shown waits until the message about somebody shows a text, and returns it.
func (s *fakeSlack) shown(t *testing.T, about, text string) slackMessage {
	t.Helper()
	var now slackMessage
	awaitFor(t, fmt.Sprintf("the message about %s to show %q", about, text), 15*time.Second, func() bool {
		posted := s.about(about)
		if len(posted) == 0 {
			return false
		}
		now = s.shows(posted[0])
		return strings.Contains(now.Body, text)
	})
	return now
}

// TestProgram_MessageFollowsItsLead acts on a lead through the API and looks
// at what stands in Slack, also when Slack or the program is away meanwhile.
func TestProgram_MessageFollowsItsLead(t *testing.T) {
	t.Parallel()
	slack := newFakeSlack(t)
	p := newProcess(t, append(slack.env(), "LEADGATE_SLACK_SIGNING_SECRET=s3cret")...)
	p.config("sources:\n  - {name: demo, provider: json, action: demo_request}\n")
	p.start()
	touch := p.settled(p.lead("demo", "Grace Hopper").ID)
	id := touch.LeadID

	p.act(id, "claim", "Dana")
	if m := slack.shown(t, "Grace Hopper", "Dana has Grace Hopper"); !strings.Contains(m.Body, "lead.unclaim") || strings.Contains(m.Body, `"lead.claim"`) {
		t.Errorf("the claimed message has the wrong buttons: %s", m.Body)
	}
	p.act(id, "unclaim", "Dana")
	slack.shown(t, "Grace Hopper", `"lead.claim"`)

	// Slack refuses while the program is killed: the next start goes on.
	slack.fail("500", "500", "500", "500", "500", "500", "500", "500")
	p.act(id, "claim", "Eva")
	p.await("a rewrite that Slack refuses", 5*time.Second, func() bool { slack.mu.Lock(); defer slack.mu.Unlock(); return len(slack.faults) < 8 })
	p.kill()
	slack.mu.Lock()
	slack.faults = nil
	slack.mu.Unlock()
	p.start()
	slack.shown(t, "Grace Hopper", "Eva has Grace Hopper")
	if n := len(slack.about("Grace Hopper")); n != 1 {
		t.Errorf("Slack has %d messages about her, want 1", n)
	}
}
