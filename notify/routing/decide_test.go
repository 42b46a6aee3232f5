package routing

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/lead"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// story is a touch and what was known before it, set by the options below.
type story func(*Asked)

func asked(routes []Route, stories ...story) Asked {
	in := Asked{
		Lead:   &lead.Lead{ID: "L1", Status: lead.New, Verdict: lead.Verdict{Temperature: lead.Hot, Stage: lead.SQL, Score: 90}},
		Touch:  &lead.Touch{ID: "T9", State: lead.Accepted, Source: "site", Action: "demo_request"},
		Routes: routes, Now: noon,
	}
	for _, s := range stories {
		s(&in)
	}
	return in
}

func now(t lead.Temperature) story { return func(in *Asked) { in.Lead.Temperature = t } }

func knownAs(t lead.Temperature) story {
	return func(in *Asked) { in.Known, in.Before.Temperature = true, t }
}

func aloneIs(t lead.Temperature) story {
	return func(in *Asked) { in.Alone = &lead.Verdict{Temperature: t} }
}

func status(s lead.Status) story { return func(in *Asked) { in.Lead.Status = s } }

func state(s lead.State) story { return func(in *Asked) { in.Touch.State = s } }

func alertedAgo(d time.Duration, targets ...string) story {
	return func(in *Asked) {
		in.Lead.AlertedAt, in.Lead.Alerts = noon.Add(-d), map[string]string{}
		for _, t := range targets {
			in.Lead.Alerts[t] = "C1/1.1"
		}
	}
}

func onItsWay(d time.Duration, target string) story {
	return func(in *Asked) {
		in.Lead.AlertedAt = noon.Add(-d)
		in.Lead.History = []lead.Past{{ID: "T1", Decisions: []lead.Decision{{Target: target, Why: WhyMatched, Kind: lead.HotAlert}}}}
	}
}

func claimedBy(who string) story {
	return func(in *Asked) { in.Lead.Status, in.Lead.Claim = lead.Claimed, &lead.Claim{By: who, At: noon} }
}

func test(in *Asked) { in.Touch.Test = true }

func erased(in *Asked) { in.Lead = nil }

func notALead(in *Asked) { in.Lead.NotALead = true }

func supportNow(in *Asked) { in.Alone = &lead.Verdict{NotALead: true} }

func sameTouchRan(in *Asked) {
	in.Lead.History = []lead.Past{{ID: "T9", Decisions: []lead.Decision{{Target: "sales", Kind: lead.HotAlert}}}}
}

func TestDecide(t *testing.T) {
	sales := Route{To: "sales", AtLeast: lead.Hot}
	crm := Route{To: "crm", AtLeast: lead.Cold}
	one := []Route{sales}
	agreed := []Route{{To: "sales", AtLeast: lead.Hot, Consent: true}}
	consented := func(answers ...lead.Consent) story {
		return func(in *Asked) {
			for _, c := range answers {
				in.Lead.History = append(in.Lead.History, lead.Past{Consent: c})
			}
		}
	}
	both := []Route{sales, crm}
	sends := func(target, why string, kind lead.AlertKind) lead.Decision {
		return lead.Decision{Target: target, Why: why, Kind: kind}
	}
	no := func(target, why string) lead.Decision { return lead.Decision{Target: target, Why: why} }
	day := 24 * time.Hour

	for _, tt := range []struct {
		name string
		in   Asked
		want []lead.Decision
	}{
		{"NewAndHot", asked(one), []lead.Decision{sends("sales", "matched", lead.HotAlert)}},
		{"NewAndHot_EveryMatchingRouteFires", asked(both), []lead.Decision{sends("sales", "matched", lead.HotAlert), sends("crm", "matched", lead.Copy)}},
		{"Warm_OnlyTheCRM", asked(both, now(lead.Warm)), []lead.Decision{no("sales", "too_cool"), sends("crm", "matched", lead.Copy)}},
		{"Cold_OnlyTheCRM", asked(both, now(lead.Cold)), []lead.Decision{no("sales", "too_cool"), sends("crm", "matched", lead.Copy)}},
		{"NoRoute", asked(nil), []lead.Decision{no("", "no_route")}},

		{"KnownWarm_HeatedUp", asked(one, knownAs(lead.Warm), aloneIs(lead.Warm)), []lead.Decision{sends("sales", "matched", lead.JustTurnedHot)}},
		{"KnownWarm_AsksForADemo", asked(one, knownAs(lead.Warm), aloneIs(lead.Hot)), []lead.Decision{sends("sales", "matched", lead.HotAlert)}},
		{"KnownCold_TurnedHotSomehow", asked(one, knownAs(lead.Cold)), []lead.Decision{sends("sales", "matched", lead.JustTurnedHot)}},
		{"KnownHot_ButTheTargetWasNotAlerted", asked(one, knownAs(lead.Hot)), []lead.Decision{sends("sales", "matched", lead.HotAlert)}},
		{"New_HotByItsFirstTouchAndFields", asked(one, aloneIs(lead.Warm)), []lead.Decision{sends("sales", "matched", lead.HotAlert)}},

		{"AlertedAnHourAgo", asked(one, knownAs(lead.Hot), alertedAgo(time.Hour, "sales")), []lead.Decision{sends("sales", "repeat", lead.Repeat)}},
		{"AlertedADayAgo", asked(one, knownAs(lead.Hot), alertedAgo(day, "sales")), []lead.Decision{sends("sales", "matched", lead.HotAlert)}},
		{"AlertedJustUnderADayAgo", asked(one, knownAs(lead.Hot), alertedAgo(day-time.Second, "sales")), []lead.Decision{sends("sales", "repeat", lead.Repeat)}},
		{"AlertedElsewhereOnly", asked(both, knownAs(lead.Hot), alertedAgo(time.Hour, "managers")),
			[]lead.Decision{sends("sales", "matched", lead.HotAlert), sends("crm", "matched", lead.Copy)}},
		{"AlertStillOnItsWay", asked(one, knownAs(lead.Hot), onItsWay(time.Minute, "sales")), []lead.Decision{sends("sales", "repeat", lead.Repeat)}},
		{"AlertOfAnotherTargetOnItsWay", asked(one, knownAs(lead.Hot), onItsWay(time.Minute, "managers")), []lead.Decision{sends("sales", "matched", lead.HotAlert)}},
		{"TheSameTouchAgain_IsNoRepeatOfItself", asked(one, sameTouchRan), []lead.Decision{sends("sales", "matched", lead.HotAlert)}},
		{"Alerted_CooledAndHeatedAgain", asked(one, knownAs(lead.Warm), aloneIs(lead.Warm), alertedAgo(9*day, "sales")), []lead.Decision{sends("sales", "matched", lead.JustTurnedHot)}},
		{"StillHotAfterDays_ASmallTouch", asked(one, knownAs(lead.Hot), aloneIs(lead.Warm), alertedAgo(3*day, "sales")), []lead.Decision{sends("sales", "repeat", lead.Repeat)}},
		{"StillHotAfterDays_AsksAgain", asked(one, knownAs(lead.Hot), aloneIs(lead.Hot), alertedAgo(3*day, "sales")), []lead.Decision{sends("sales", "matched", lead.HotAlert)}},
		{"StillHot_ViewsAPage", asked(both, knownAs(lead.Hot), aloneIs(lead.Cold), alertedAgo(time.Hour, "sales")), []lead.Decision{no("sales", "quiet"), sends("crm", "matched", lead.Copy)}},
		{"ClaimedADayAgo", asked(one, knownAs(lead.Hot), claimedBy("Dana"), alertedAgo(2*day, "sales")), []lead.Decision{sends("sales", "was_claimed", lead.Repeat)}},
		{"ClaimedLongAgo", asked(one, knownAs(lead.Hot), claimedBy("Dana"), alertedAgo(20*day, "sales")), []lead.Decision{sends("sales", "matched", lead.HotAlert)}},
		{"ClaimedInTheInbox_TheTargetWasNotAlerted", asked(one, knownAs(lead.Warm), aloneIs(lead.Hot), claimedBy("Dana")), []lead.Decision{sends("sales", "matched", lead.HotAlert)}},
		{"ClosedLongAgo_ComesBack", asked(one, knownAs(lead.Warm), aloneIs(lead.Hot), status(lead.Closed), alertedAgo(90*day, "sales")), []lead.Decision{sends("sales", "matched", lead.HotAlert)}},

		{"ConsentRequired_NotAsked", asked(agreed), []lead.Decision{no("sales", "no_consent")}},
		{"ConsentRequired_Given", asked(agreed, consented(lead.Given)), []lead.Decision{sends("sales", "matched", lead.HotAlert)}},
		{"ConsentRequired_GivenBeforeAndNotAskedSince", asked(agreed, consented(lead.Given, "")), []lead.Decision{sends("sales", "matched", lead.HotAlert)}},
		{"ConsentRequired_TakenBack", asked(agreed, consented(lead.Given, lead.Refused)), []lead.Decision{no("sales", "no_consent")}},
		{"ConsentRequired_AndTooCool", asked(agreed, now(lead.Warm)), []lead.Decision{no("sales", "too_cool")}},
		{"ConsentRequired_AnotherRouteDoesNotAsk", asked([]Route{agreed[0], sales}), []lead.Decision{sends("sales", "matched", lead.HotAlert)}},

		{"OtherSource", asked([]Route{{To: "sales", AtLeast: lead.Hot, Sources: []string{"zoom"}}}), []lead.Decision{no("sales", "other_source")}},
		{"ThisSource", asked([]Route{{To: "sales", AtLeast: lead.Hot, Sources: []string{"zoom", "site"}}}), []lead.Decision{sends("sales", "matched", lead.HotAlert)}},
		{"OtherAction", asked([]Route{{To: "sales", AtLeast: lead.Hot, Actions: []lead.Action{"quote_request"}}}), []lead.Decision{no("sales", "other_action")}},
		{"ThisAction", asked([]Route{{To: "sales", AtLeast: lead.Hot, Actions: []lead.Action{"demo_request"}}}), []lead.Decision{sends("sales", "matched", lead.HotAlert)}},
		{"TwoRoutesToOneTarget_AskedOnce", asked([]Route{sales, sales}), []lead.Decision{sends("sales", "matched", lead.HotAlert)}},
		{"TwoRoutesToOneTarget_TheSecondMatches", asked([]Route{{To: "sales", AtLeast: lead.Hot, Sources: []string{"zoom"}}, sales}), []lead.Decision{sends("sales", "matched", lead.HotAlert)}},
		{"TwoRoutesToOneTarget_AnAlertBeatsACopy", asked([]Route{{To: "sales", AtLeast: lead.Warm}, sales}), []lead.Decision{sends("sales", "matched", lead.HotAlert)}},
		{"TwoRoutesToOneTarget_TheNearestNo", asked([]Route{{To: "sales", Sources: []string{"zoom"}}, sales}, now(lead.Warm)), []lead.Decision{no("sales", "too_cool")}},

		{"Test", asked(both, test), []lead.Decision{no("", "test")}},
		{"QuarantinedTouch", asked(both, state(lead.Quarantined)), []lead.Decision{no("", "quarantined")}},
		{"QuarantinedLead", asked(both, status(lead.HeldInQuarantine)), []lead.Decision{no("", "quarantined")}},
		{"Junk", asked(both, status(lead.Junk)), []lead.Decision{no("", "junk")}},
		{"NotALead", asked(both, notALead), []lead.Decision{no("", "not_a_lead")}},
		{"AHotLeadAsksSupport", asked(both, knownAs(lead.Hot), supportNow), []lead.Decision{no("", "not_a_lead")}},
		{"Merged", asked(both, state(lead.Merged)), []lead.Decision{no("", "merged")}},
		{"Unread", asked(both, state(lead.Unread), erased), []lead.Decision{no("", "unread")}},
		{"Erased", asked(both, erased), []lead.Decision{no("", "erased")}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := Decide(tt.in)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Decide (-want +got):\n%s", diff)
			}
			for _, d := range got {
				if Sentence(d.Why) == "" {
					t.Errorf("the reason %q has no sentence", d.Why)
				}
			}
		})
	}
}
