package lead

import (
	"testing"
	"time"
)

func TestQuery_Matches(t *testing.T) {
	at := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	hot, warm := Hot, Warm
	ada := Lead{ID: "l1", Status: Claimed, Claim: &Claim{By: "Dana"}, CreatedAt: at, Verdict: Verdict{Temperature: Hot},
		Person:  Person{Email: "ada@mail.example", Name: "Ada Quell", FirstName: "Ada", Company: "Quell Ltd"},
		History: []Past{{Source: "contact", Consent: Refused}, {Source: "webinar"}}}
	with := func(change func(*Lead)) *Lead { l := ada; change(&l); return &l }
	held := with(func(l *Lead) { l.Status = HeldInQuarantine })
	free := with(func(l *Lead) { l.Status, l.Claim = New, nil })
	for _, c := range []struct {
		name string
		q    Query
		l    *Lead
		want bool
	}{
		{"All", Query{}, &ada, true},
		{"Merged", Query{}, with(func(l *Lead) { l.MergedInto = "l2" }), false},
		{"Held", Query{}, held, false},
		{"HeldAsked", Query{Status: HeldInQuarantine}, held, true},
		{"Hot", Query{Temperature: &hot}, &ada, true},
		{"Warm", Query{Temperature: &warm}, &ada, false},
		{"Status", Query{Status: Contacted}, &ada, false},
		{"Source", Query{Source: "webinar"}, &ada, true},
		{"OtherSource", Query{Source: "shop"}, &ada, false},
		{"Email", Query{Email: " ADA@mail.example"}, &ada, true},
		{"OtherEmail", Query{Email: "bob@mail.example"}, &ada, false},
		{"Text", Query{Text: " quell LTD "}, &ada, true},
		{"OtherText", Query{Text: "zebra"}, &ada, false},
		{"ClaimedBy", Query{ClaimedBy: "Dana"}, &ada, true},
		{"ClaimedByOther", Query{ClaimedBy: "Lee"}, &ada, false},
		{"ClaimedByNobody", Query{ClaimedBy: "Dana"}, free, false},
		{"Unclaimed", Query{Unclaimed: true}, &ada, false},
		{"UnclaimedFree", Query{Unclaimed: true}, free, true},
		{"Consent", Query{Consent: Given}, &ada, false},
		{"Since", Query{Since: at}, &ada, true},
		{"SinceLater", Query{Since: at.Add(time.Second)}, &ada, false},
		{"Two", Query{Temperature: &hot, Source: "shop"}, &ada, false},
	} {
		if got := c.q.Matches(c.l); got != c.want {
			t.Errorf("%s: Matches = %v, want %v", c.name, got, c.want)
		}
	}
}

func TestTouchQuery_Matches(t *testing.T) {
	at := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	touch := Touch{Source: "contact", State: Settled, ReceivedAt: at}
	merged := touch
	merged.State = Merged
	for _, c := range []struct {
		name string
		q    TouchQuery
		t    *Touch
		want bool
	}{
		{"All", TouchQuery{}, &touch, true},
		{"AllButMerged", TouchQuery{}, &merged, false},
		{"Merged", TouchQuery{State: Merged}, &merged, true},
		{"Source", TouchQuery{Source: "shop"}, &touch, false},
		{"Since", TouchQuery{Since: at}, &touch, true},
		{"SinceLater", TouchQuery{Since: at.Add(time.Second)}, &touch, false},
	} {
		if got := c.q.Matches(c.t); got != c.want {
			t.Errorf("%s: Matches = %v, want %v", c.name, got, c.want)
		}
	}
}
