package rules

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/leadgate/leadgate/lead"
)

// TestRules_Conditions writes each condition into one rule about a touch and
// shows it somebody whom it fits and somebody whom it does not.
func TestRules_Conditions(t *testing.T) {
	page := did("page_view", 0)
	with := func(change func(*lead.Past)) lead.Past {
		p := page
		change(&p)
		return p
	}
	tests := []struct {
		when       string
		who        lead.Person
		fits       lead.Past
		notWho     lead.Person
		fitsNot    lead.Past
		inSections string // where the condition may stand
	}{
		{"source: [blog, shop]", ann, did("page_view", 0, "source: shop"), ann, did("page_view", 0, "source: forum"), "touch history fit"},
		{"known: true", ann, page, nobody, page, "touch history fit"},
		{"known: false", nobody, page, ann, page, "touch history fit"},
		{"has: [company, phone]", boss, page, lead.Person{Company: "Acme"}, page, "touch history fit"},
		{"has: title", boss, page, lead.Person{Title: " "}, page, "touch history fit"},
		{"has: name", lead.Person{Name: "Ann"}, page, ann, page, "touch history fit"},
		{"email: [work, free]", hobby, page, burner, page, "touch history fit"},
		{"email_domain: ['@ACME.example', other.example]", lead.Person{Email: "x@eu.acme.example"}, page, lead.Person{Email: "x@notacme.example"}, page, "touch history fit"},
		{"title: [vp, head of]", lead.Person{Title: "Head of Purchasing"}, page, lead.Person{Title: "Headhunter"}, page, "touch history fit"},
		{"company: gmbh", lead.Person{Company: "Acme GmbH & Co."}, page, lead.Person{Company: "Acme Ltd"}, page, "touch history fit"},
		{"company_size: {at_least: 50, at_most: 1000}", ann, did("page_view", 0, "No. of employees: 201-500"), ann, did("page_view", 0, "No. of employees: 1-20"), "touch history fit"},
		{"company_size: {at_least: 50}", ann, did("page_view", 0, "Mitarbeiterzahl: 10.000+"), ann, did("page_view", 0, "Company size: small"), "touch history fit"},
		{"country: [DE, Germany]", ann, did("page_view", 0, "Land: de"), ann, did("page_view", 0, "Country: Germany and France"), "touch history fit"},
		{"fields: {label: budget, at_least: 10000}", ann, did("page_view", 0, "Budget: 25,000 - 50,000"), ann, did("page_view", 0, "Budget: 5k"), "touch history fit"},
		{"fields: {label: budget, is: [large, huge]}", ann, did("page_view", 0, "budget: Huge!"), ann, did("page_view", 0, "budget: not huge"), "touch history fit"},
		{"fields: {label_words: role, words: decision*}", ann, did("page_view", 0, "role_in_purchase_process: Decision Maker"), ann, did("page_view", 0, "role_in_purchase_process: Influencer"), "touch history fit"},
		{"fields: {label_words: call, label_unless: email, yes: true}", ann, did("page_view", 0, "May we call?: Yes"), ann, did("page_view", 0, "May we email or call?: Yes"), "touch history fit"},
		{"fields: {label: start, within: 2w}", ann, did("page_view", 0, "Start: in 10 days"), ann, did("page_view", 0, "Start: in 3 weeks"), "touch history fit"},
		{"fields: {label: wish, question: true}", ann, did("page_view", 0, "Wish: Can it fly?"), ann, did("page_view", 0, "Wish: It can fly."), "touch history fit"},
		{"fields: {label: wish, words: fly, longest: 3}", ann, did("page_view", 0, "Wish: to fly"), ann, did("page_view", 0, "Wish: to fly over the sea"), "touch history fit"},
		{"fields: [{label: a, is: x}, {label: b, is: y}]", ann, did("page_view", 0, "a: x", "b: y"), ann, did("page_view", 0, "a: x", "b: z"), "touch history fit"},
		{"message: {words: [help me]}", ann, did("page_view", 0, "message: Please HELP me!"), ann, did("page_view", 0, "message: help yourself"), "touch history fit"},
		{"message: {question: true, longest: 5}", ann, did("page_view", 0, "message: How so?"), ann, did("page_view", 0, "message: How would one ever do all that?"), "touch history fit"},
		{"page: [/enterprise, /Security]", ann, did("page_view", 0, "page: https://acme.example/security/"), ann, did("page_view", 0, "page: https://acme.example/?from=/security"), "touch history fit"},
		{"utm: {source: google, medium: [cpc, ppc]}", ann, with(func(p *lead.Past) { p.UTM = lead.UTM{Source: "Google", Medium: "ppc"} }),
			ann, with(func(p *lead.Past) { p.UTM = lead.UTM{Source: "google", Medium: "email"} }), "touch history fit"},
		{"event: [scale]", ann, did("page_view", 0, "event: How to Scale"), ann, did("page_view", 0, "event: Scales of fish"), "touch history fit"},
		{"marks: [free_mail, links]", ann, with(func(p *lead.Past) { p.Marks = []string{"links"} }), ann, page, "touch history fit"},
		{"age: {at_most: 36h}", ann, did("page_view", 1), ann, did("page_view", 2), "touch"},
		{"age: {at_least: 2d}", ann, did("page_view", 3), ann, did("page_view", 1), "touch"},
		{"touches: {action: page_*, at_most: 1, within: 2d}", ann, did("page_view", 1), ann, did("ebook_download", 1), "history fit"},
		{"last_touch: {at_least: 2d}", ann, did("page_view", 3), ann, did("page_view", 1), "history fit"},
		{"last_touch: {at_most: 2d}", ann, did("page_view", 1), ann, did("page_view", 3), "history fit"},
	}
	tested := map[string]bool{}
	for _, tt := range tests {
		key, _, _ := strings.Cut(tt.when, ":")
		tested[key] = true
		for _, section := range []string{"touch", "history", "fit"} {
			src := "extends: default\n" + section + "_rules: [{name: tested, when: {" + tt.when + "}, tags: tested, because: it fits}]"
			if !strings.Contains(tt.inSections, section) {
				if _, err := Parse("test.yaml", []byte(src)); err == nil {
					t.Errorf("%s: %s is allowed", section, tt.when)
				}
				continue
			}
			r := mustParse(t, src)
			if v := r.Classify(leadOf(tt.who, tt.fits), noon); !slices.Contains(v.Tags, "tested") {
				t.Errorf("%s: %s does not fit %+v, %+v", section, tt.when, tt.who, tt.fits)
			}
			if v := r.Classify(leadOf(tt.notWho, tt.fitsNot), noon); slices.Contains(v.Tags, "tested") {
				t.Errorf("%s: %s fits %+v, %+v", section, tt.when, tt.notWho, tt.fitsNot)
			}
		}
	}
	for _, k := range slices.Concat(conditionKinds, touchConditions, historyConditions) {
		if !tested[k.key] {
			t.Errorf("no test of the condition %s", k.key)
		}
	}
}

// TestRules_Effects shows what a rule does to a touch that would be warm MQL 30.
func TestRules_Effects(t *testing.T) {
	tests := []struct {
		name, rules string
		want        class
		reasons     string
	}{
		{"Points", "touch_rules: [{name: x, when: {known: true}, points: 12, because: so}]", class{lead.Warm, lead.MQL, 42}, "white paper 30, so 12"},
		{"PointsDown", "touch_rules: [{name: x, when: {known: true}, points: -20, because: so}]", class{lead.Cold, lead.MQL, 10}, "white paper 30, so -20"},
		{"PointsEndAtZero", "touch_rules: [{name: x, when: {known: true}, points: -90, because: so}]", class{lead.Cold, lead.MQL, 0}, "white paper 30, so -30"},
		{"AtLeastScore", "touch_rules: [{name: x, when: {known: true}, at_least: {score: 66, stage: SQL}, because: so}]", class{lead.Warm, lead.SQL, 66}, "so 36, white paper 30"},
		{"AtLeastTemperature", "touch_rules: [{name: x, when: {known: true}, at_least: {temperature: hot}, because: so}]", class{lead.Hot, lead.MQL, 70}, "so 40, white paper 30"},
		{"AtLeastLess", "touch_rules: [{name: x, when: {known: true}, at_least: {score: 5, stage: IQL}, because: so}]", class{lead.Warm, lead.MQL, 30}, "white paper 30, so 0"},
		{"AtMostTemperature", "touch_rules: [{name: x, when: {known: true}, at_most: {temperature: cold, stage: IQL}, because: so}]", class{lead.Cold, lead.IQL, 19}, "white paper 30, so -11"},
		{"RaisedThenHeld", "touch_rules: [{name: y, when: {known: true}, at_most: {temperature: warm}, because: but}, {name: x, when: {known: true}, at_least: {score: 90}, because: so}]",
			class{lead.Warm, lead.MQL, 69}, "so 60, white paper 30, but -21"},
		{"AddedThenRaised", "touch_rules: [{name: x, when: {known: true}, at_least: {score: 40}, because: so}, {name: y, when: {known: true}, points: 7, because: and}]",
			class{lead.Warm, lead.MQL, 40}, "white paper 30, and 7, so 3"},
		{"OtherAction", "touch_rules: [{name: x, when: {action: webinar_*}, points: 12, because: so}]", class{lead.Warm, lead.MQL, 30}, "white paper 30"},
		{"Unless", "touch_rules: [{name: x, when: {known: true}, unless: {has: company, email: work}, points: 12, because: so}]", class{lead.Warm, lead.MQL, 30}, "white paper 30"},
		{"NotALead", "touch_rules: [{name: x, when: {known: true}, not_a_lead: true, because: so}]", class{}, "so 0"},
		{"HistoryPoints", "history_rules: [{name: x, when: {touches: {at_least: 1}}, points: 50, because: so}]", class{lead.Hot, lead.MQL, 80}, "so 50, white paper 30"},
		{"HistoryAtLeast", "history_rules: [{name: x, when: {touches: {at_least: 1}}, at_least: {temperature: hot, stage: SQL}, because: so}]", class{lead.Hot, lead.SQL, 70}, "so 40, white paper 30"},
		{"HistoryAtMost", "history_rules: [{name: x, when: {known: true}, at_most: {temperature: cold, stage: IQL}, because: so}]", class{lead.Cold, lead.IQL, 19}, "white paper 19, so 0"},
		{"HistoryEndsAt100", "history_rules: [{name: x, when: {known: true}, points: 100, because: so}]", class{lead.Hot, lead.MQL, 100}, "so 100, white paper 0"},
		{"HistoryNotALead", "history_rules: [{name: x, when: {known: true}, not_a_lead: true, because: so}]", class{}, "so 0"},
		{"FitPoints", "fit_rules: [{name: x, when: {known: true}, points: 14, because: so}]", class{lead.Warm, lead.MQL, 44}, "white paper 30, so 14"},
		{"FitMakesSQL", "fit_rules: [{name: x, when: {known: true}, points: 15, because: so}]", class{lead.Warm, lead.SQL, 45}, "white paper 30, so 15"},
		{"FitIsBounded", "fit_rules: [{name: x, when: {known: true}, points: 20, because: so}, {name: y, when: {known: true}, points: 15, because: and}]", class{lead.Warm, lead.SQL, 50}, "white paper 30, so 20, and 0"},
		{"FitStage", "fit_rules: [{name: x, when: {known: true}, at_least: {stage: SQL}, because: so}]", class{lead.Warm, lead.SQL, 30}, "white paper 30, so 0"},
		{"FitAtMost", "fit_rules: [{name: x, when: {known: true}, at_most: {temperature: cold}, because: so}]", class{lead.Cold, lead.MQL, 19}, "white paper 19, so 0"},
		{"FitNotALead", "fit_rules: [{name: x, when: {email_domain: acme.example}, not_a_lead: true, because: so}]", class{}, "so 0"},
		{"Scale", "score: {warm: 31, fit: 5, half_life: 7d, window: 1d, further: 10%}", class{lead.Cold, lead.MQL, 30}, "white paper 30"},
		{"ActionAgain", "actions: {whitepaper_download: {score: 71, stage: SQL, because: so}}", class{lead.Hot, lead.SQL, 71}, "so 71"},
		{"ActionAddsNothing", "actions: {whitepaper_download: {adds: nothing, because: so}}", class{}, "so 0"},
	}
	var off string
	for _, x := range Default().fit {
		off += ", {name: " + x.name + ", off: true}"
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src := "extends: default\n" + tt.rules
			if strings.Contains(src, "fit_rules: [") {
				src = strings.TrimSuffix(src, "]") + off + "]"
			} else {
				src += "\nfit_rules: [" + off[2:] + "]"
			}
			v := mustParse(t, src).Classify(leadOf(ann, did("whitepaper_download", 0)), noon)
			if got := classOf(v); got != tt.want {
				t.Errorf("Classify() = %v, want %v", got, tt.want)
			}
			if v.NotALead != strings.Contains(tt.rules, "not_a_lead") {
				t.Errorf("NotALead = %v", v.NotALead)
			}
			if diff := cmp.Diff(tt.reasons, short(v.Reasons)); diff != "" {
				t.Errorf("reasons (-want +got):\n%s", diff)
			}
		})
	}
}

func short(reasons []lead.Reason) string {
	var parts []string
	for _, x := range reasons {
		parts = append(parts, strings.TrimPrefix(x.Because, "downloaded a ")+" "+strconv.Itoa(x.Points))
	}
	return strings.Join(parts, ", ")
}
