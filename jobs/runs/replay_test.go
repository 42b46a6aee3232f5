package runs

import (
	"testing"

	"github.com/leadgate/leadgate/lead"
)

func TestCompare(t *testing.T) {
	unread := &lead.Touch{State: lead.Unread, Error: "no field holds an e-mail address"}
	read := &lead.Touch{State: lead.Accepted, Person: lead.Person{Email: "ada@brandt-druck.example"}}
	for name, tc := range map[string]struct {
		old, now *lead.Touch
		want     string
		why      string
	}{
		"StillUnread":      {unread, unread, replayUnread, unread.Error},
		"UnreadNow":        {&lead.Touch{State: lead.Settled}, unread, replayUnread, unread.Error},
		"NewAndUnread":     {nil, unread, replayUnread, unread.Error},
		"ReadNow":          {unread, read, replayRead, ""},
		"FoundNow":         {nil, read, replayFound, ""},
		"OnItsWay":         {&lead.Touch{State: lead.Accepted}, read, replayWaiting, "it is on its way; try again when it has settled"},
		"InQuarantine":     {&lead.Touch{State: lead.Quarantined}, read, replayHeld, "it is in quarantine; release its lead instead"},
		"Corrected":        {&lead.Touch{State: lead.Settled}, read, replayCorrected, ""},
		"SaysTheSameAgain": {&lead.Touch{State: lead.Settled, Person: read.Person}, read, replayUnchanged, ""},
	} {
		if got, why, _ := compare(tc.old, tc.now); got != tc.want || why != tc.why {
			t.Errorf("%s: compare = %s %q, want %s %q", name, got, why, tc.want, tc.why)
		}
	}
}
