package routing

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/lead"
)

func TestLevels(t *testing.T) {
	alerted := func(kind lead.AlertKind, targets ...string) lead.Past {
		p := lead.Past{Source: "site", Action: "demo_request"}
		for _, to := range targets {
			p.Decisions = append(p.Decisions, lead.Decision{Target: to, Kind: kind})
		}
		return p
	}
	routes := []Route{
		{To: "sales", AtLeast: lead.Hot, Team: "emea", Escalate: []Escalation{{After: 15 * time.Minute, To: "boss"}, {After: 5 * time.Minute, To: "dana"}}},
		{To: "sales", AtLeast: lead.Hot, Escalate: []Escalation{{After: time.Hour, To: "again"}}}, // the same target: the first route counts
		{To: "us", AtLeast: lead.Hot, Escalate: []Escalation{{After: 10 * time.Minute, To: "eli"}}},
		{To: "elsewhere", AtLeast: lead.Hot, Sources: []string{"other"}, Escalate: []Escalation{{After: time.Minute, To: "nobody"}}},
		{To: "crm", AtLeast: lead.Warm, Escalate: []Escalation{{After: time.Minute, To: "nobody"}}},
	}
	for name, tt := range map[string]struct {
		history []lead.Past
		want    []Level
	}{
		"None":    {nil, nil},
		"Copy":    {[]lead.Past{alerted(lead.Copy, "sales")}, nil},
		"Two":     {[]lead.Past{alerted(lead.HotAlert, "sales", "us", "elsewhere", "crm")}, []Level{{5 * time.Minute, "dana", "sales", "emea"}, {10 * time.Minute, "eli", "us", ""}, {15 * time.Minute, "boss", "sales", "emea"}}},
		"Latest":  {[]lead.Past{alerted(lead.HotAlert, "sales"), alerted(lead.JustTurnedHot, "us"), alerted(lead.Repeat, "sales")}, []Level{{10 * time.Minute, "eli", "us", ""}}},
		"Unknown": {[]lead.Past{alerted(lead.HotAlert, "gone")}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, Levels(&lead.Lead{History: tt.history}, routes)); d != "" {
				t.Errorf("Levels (-want +got):\n%s", d)
			}
		})
	}
}

func TestSentence(t *testing.T) {
	if Sentence(WhyMatched) == "" || Sentence("nonsense") != "" {
		t.Errorf("Sentence(%s) = %q, of nonsense %q", WhyMatched, Sentence(WhyMatched), Sentence("nonsense"))
	}
}
