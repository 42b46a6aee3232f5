package slack

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/message"
	"github.com/leadgate/leadgate/notify/notifytest"
)

// However many leads a rollup holds, each is named and can be claimed by itself.
func TestRollup_EachIsClaimable(t *testing.T) {
	for _, n := range []int{2, roomyLeads, roomyLeads + 1, message.MostLeads} {
		f := notifytest.NewServer(t)
		named := func(l *lead.Lead, t *lead.Touch) { t.ID, l.Person.Name = lead.NewID(notifytest.Received), "" }
		alerts := notifytest.Crowd(n, named)
		for i, a := range alerts {
			a.Lead.Person.Name = fmt.Sprintf("Ada%d Lovelace%d", i, i)
			a.Touch.Person.Name = a.Lead.Person.Name
		}
		if _, err := open(t, f).Send(t.Context(), alerts); err != nil {
			t.Fatalf("%d leads: %v", n, err)
		}
		sent := f.Got()[0]
		if found := auditMessage(sent.Text, sent.Blocks, testStyle.PublicURL); len(found) > 0 {
			t.Errorf("%d leads: Slack would mind: %q", n, found)
		}
		for i, a := range alerts {
			for _, want := range []string{a.Lead.Person.Name + ",", fmt.Sprintf(`"action_id":"lead.claim.%d"`, i), fmt.Sprintf(`"value":"v1.%s.1"`, a.Lead.ID), "+1 415 555 0100"} {
				if !strings.Contains(string(sent.Blocks), want) {
					t.Errorf("%d leads: lead %d: no %s in the message", n, i, want)
				}
			}
		}
	}
}

// A rollup that Slack refuses is told in smaller ones; so are those after it.
func TestRollup_SmallerWhenRefused(t *testing.T) {
	for _, word := range []string{"msg_blocks_too_long", "metadata_too_large"} {
		f := notifytest.NewServer(t, notifytest.Refuse(word), nil)
		s := open(t, f)
		_, err := s.Send(t.Context(), notifytest.Crowd(message.MostLeads))
		var e *notify.Error
		if !errors.As(err, &e) || e.Class != notify.Again || e.Code != word || e.Ambiguous {
			t.Fatalf("Send = %+v, want %s, to be tried again", err, word)
		}
		if got := s.Most(); got != roomyLeads {
			t.Errorf("Most = %d after a refusal, want %d", got, roomyLeads)
		}
		if _, err := s.Send(t.Context(), notifytest.Crowd(s.Most())); err != nil {
			t.Errorf("Send of the first %d = %v", roomyLeads, err)
		}
		if last := f.Got()[1]; !strings.Contains(string(last.Blocks), `"accessory"`) {
			t.Errorf("the smaller one was sent as %.300s, want the roomy form", last.Blocks)
		}
	}
}

// As text alone every lead still has a line.
func TestRollup_PlainNamesAll(t *testing.T) {
	f := notifytest.NewServer(t, notifytest.Answer(400, "invalid_blocks"), notifytest.Answer(400, "invalid_blocks"), notifytest.Answer(200, "ok"))
	alerts := notifytest.Crowd(message.MostLeads)
	for i, a := range alerts {
		a.Lead.Person.Name = fmt.Sprintf("Ada%dx", i)
	}
	if _, err := openHook(t, f).Send(t.Context(), alerts); err != nil {
		t.Fatal(err)
	}
	var body struct{ Text string }
	if err := json.Unmarshal(f.Got()[2].Body, &body); err != nil {
		t.Fatal(err)
	}
	for i := range alerts {
		if !strings.Contains(body.Text, fmt.Sprintf("Ada%dx", i)) {
			t.Errorf("lead %d is not in the text", i)
		}
	}
}
