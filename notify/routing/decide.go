// Package routing decides which targets get a touch, and why.
//
// Decide is one pure function of a lead, its touch and the routes. Its reasons are
// words that the trail, a metric's label, the inbox and the docs share. Levels are
// who is alerted next while a lead stays unclaimed.
//
// It must not know what a target is, nor send anything. To add a reason, add a Why
// constant and its sentence; to add a condition to routes, add a field to Route
// and its case to decideRoute.
package routing

import (
	"time"

	"github.com/leadgate/leadgate/lead"
)

// The reasons of a decision. The same word is used in the trail, in the metric's
// label, in the inbox and in the docs; Sentence says what each one means.
const (
	WhyMatched     = "matched"
	WhyRepeat      = "repeat"
	WhyClaimed     = "was_claimed"
	WhyQuiet       = "quiet"
	WhyTooCool     = "too_cool"
	WhyOtherAction = "other_action"
	WhyOtherSource = "other_source"
	WhyNoConsent   = "no_consent"
	WhyNoRoute     = "no_route"
	WhyNotALead    = "not_a_lead"
	WhyJunk        = "junk"
	WhyQuarantined = "quarantined"
	WhyTest        = "test"
	WhyMerged      = "merged"
	WhyUnread      = "unread"
	WhyResent      = "resent"
	WhyImported    = "imported"
	WhyErased      = "erased"
	WhyNotFetched  = "not_fetched"
)

var sentences = map[string]string{
	WhyMatched:     "The route wants this lead.",
	WhyRepeat:      "The target was alerted to this person before, so this goes to the thread of that alert.",
	WhyClaimed:     "Somebody has this lead, so this goes to the thread of its alert.",
	WhyQuiet:       "The target was alerted to this person before, and this touch is too small to say so again.",
	WhyTooCool:     "The lead is cooler than the route wants.",
	WhyOtherAction: "The route wants other actions.",
	WhyOtherSource: "The route wants other sources.",
	WhyNoConsent:   "The route wants people who agreed to be contacted.",
	WhyNoRoute:     "No route is configured.",
	WhyNotALead:    "This is no lead: a support request, an application, a vendor's pitch.",
	WhyJunk:        "Somebody marked this person as junk.",
	WhyQuarantined: "Held in quarantine until somebody releases it.",
	WhyTest:        "Marked as a test; tests alert nobody.",
	WhyMerged:      "A repeat of a touch that was received a moment before.",
	WhyUnread:      "The body could not be read, so nobody is known to tell of.",
	WhyResent:      "Somebody had the target told again.",
	WhyImported:    "Came with an import that alerts nobody.",
	WhyErased:      "The person was erased.",
	WhyNotFetched:  "The target takes people, and who this is has to be fetched from the vendor first.",
}

// Sentence explains a reason of a decision in one sentence; empty for an unknown
// word.
func Sentence(why string) string { return sentences[why] }

// Route sends the leads that match to a target.
type Route struct {
	To       string // a target's name
	AtLeast  lead.Temperature
	Sources  []string      // empty: all
	Actions  []lead.Action // empty: all
	Consent  bool          // only people who agreed to be contacted and have not withdrawn it
	Team     string
	Escalate []Escalation
}

// Escalation alerts the next level while a lead is unclaimed.
type Escalation struct {
	After time.Duration
	To    string
}

const (
	// repeatFor is how long after an alert the same person's next touches go to
	// its thread; after that the channel gets a new alert.
	repeatFor = 24 * time.Hour
	// claimedFor is the same for a claimed lead: who claimed it follows the
	// thread, the channel need not.
	claimedFor = 14 * 24 * time.Hour
)

// Asked is the input of Decide.
type Asked struct {
	Lead   *lead.Lead    // with this touch and its new verdict; nil: the person was erased
	Touch  *lead.Touch   // what happened
	Before lead.Verdict  // the lead's before this touch
	Known  bool          // the lead had touches before
	Alone  *lead.Verdict // the touch's own, without history; nil: not known
	Routes []Route
	Now    time.Time
}

// Decide says which targets get a touch, and why. Each target that a route names
// has one decision, in the order of the routes; without any, one decision without
// a target says why. It is pure.
func Decide(in Asked) []lead.Decision {
	if why := noTarget(in); why != "" {
		return []lead.Decision{{Why: why}}
	}
	var out []lead.Decision
	at := map[string]int{}
	for _, r := range in.Routes {
		d := decideRoute(in, r)
		i, decided := at[r.To]
		switch {
		case !decided:
			at[r.To] = len(out)
			out = append(out, d)
		case weight(d) > weight(out[i]):
			out[i] = d
		}
	}
	return out
}

// noTarget returns the reason why no route has to be decided on; empty: none.
func noTarget(in Asked) string {
	switch l, t := in.Lead, in.Touch; {
	case t.State == lead.Unread:
		return WhyUnread
	case t.State == lead.Merged:
		return WhyMerged
	case t.State == lead.Quarantined:
		return WhyQuarantined
	case t.Test:
		return WhyTest
	case t.Silent:
		return WhyImported
	case l == nil:
		return WhyErased
	case l.Status == lead.HeldInQuarantine:
		return WhyQuarantined
	case l.Status == lead.Junk:
		return WhyJunk
	case l.NotALead, in.Alone != nil && in.Alone.NotALead:
		return WhyNotALead
	case len(in.Routes) == 0:
		return WhyNoRoute
	}
	return ""
}

// decideRoute decides for one route alone.
func decideRoute(in Asked, r Route) lead.Decision {
	d := lead.Decision{Target: r.To}
	switch {
	case !wants(r.Sources, in.Touch.Source):
		d.Why = WhyOtherSource
	case !wants(r.Actions, in.Touch.Action):
		d.Why = WhyOtherAction
	case in.Lead.Temperature < r.AtLeast:
		d.Why = WhyTooCool
	case r.AtLeast < lead.Hot && in.Touch.NeedsFetch:
		d.Why = WhyNotFetched // it gets the copy once the person is known
	case r.Consent && in.Lead.Consent() != lead.Given:
		d.Why = WhyNoConsent
	case r.AtLeast < lead.Hot:
		d.Why, d.Kind = WhyMatched, lead.Copy
	default:
		d.Why, d.Kind = alert(in, r.To)
	}
	return d
}

func wants[T comparable](wanted []T, got T) bool {
	for _, w := range wanted {
		if w == got {
			return true
		}
	}
	return len(wanted) == 0
}

// alert decides how a target is alerted to a hot lead that its route wants.
func alert(in Asked, target string) (why string, kind lead.AlertKind) {
	fresh := lead.HotAlert
	if in.Known && in.Before.Temperature < lead.Hot && (in.Alone == nil || in.Alone.Temperature < lead.Hot) {
		fresh = lead.JustTurnedHot
	}
	if !alerted(in, target) {
		return WhyMatched, fresh
	}
	since := in.Now.Sub(in.Lead.AlertedAt)
	still := in.Before.Temperature == lead.Hot
	switch {
	case still && in.Alone != nil && in.Alone.Temperature == lead.Cold:
		return WhyQuiet, ""
	case taken(in.Lead) && since < claimedFor:
		return WhyClaimed, lead.Repeat
	case since < repeatFor, still && in.Alone != nil && in.Alone.Temperature < lead.Hot:
		return WhyRepeat, lead.Repeat
	}
	return WhyMatched, fresh
}

// alerted reports whether the target was alerted to the lead by an earlier touch: it
// has a receipt, or the alert is still in flight.
func alerted(in Asked, target string) bool {
	if in.Lead.Alerts[target] != "" {
		return true
	}
	for _, past := range in.Lead.History {
		for _, d := range past.Decisions {
			if past.ID != in.Touch.ID && d.Target == target && d.IsAlert() {
				return true
			}
		}
	}
	return false
}

func taken(l *lead.Lead) bool {
	return l.Claim != nil && (l.Status == lead.Claimed || l.Status == lead.Contacted)
}

// weight orders the answers of several routes to one target: an alert before a
// copy before the refusal that came closest.
func weight(d lead.Decision) int {
	switch {
	case d.Sends() && d.Kind != lead.Copy:
		return 5
	case d.Sends():
		return 4
	}
	switch d.Why {
	case WhyQuiet, WhyNoConsent:
		return 3
	case WhyTooCool:
		return 2
	case WhyOtherAction:
		return 1
	}
	return 0
}
