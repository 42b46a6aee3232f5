package lead

import "time"

// News is one thing that happened, as those who watch hear of it at once. It
// carries ids, verdicts and names out of the configuration, never anything a
// visitor typed: whoever may see the person reads the lead. Its JSON is the
// stream's.
type News struct {
	ID   string    `json:"id"` // place in the stream of one node; a watcher goes on after it
	Kind NewsKind  `json:"kind"`
	At   time.Time `json:"at"`

	TouchID string `json:"touch_id,omitempty"`
	LeadID  string `json:"lead_id,omitempty"`
	Source  string `json:"source,omitempty"`
	Action  Action `json:"action,omitempty"`
	State   string `json:"state,omitempty"`  // of the touch, or of the delivery
	Target  string `json:"target,omitempty"` // of the delivery

	Change      string `json:"change,omitempty"` // what changed the lead: new, touched, verdict, a verb, or updated
	Temperature string `json:"temperature,omitempty"`
	Stage       string `json:"stage,omitempty"`
	Score       int    `json:"score,omitempty"`
	Status      Status `json:"status,omitempty"`
	By          string `json:"by,omitempty"` // who has the lead
	Revision    int64  `json:"revision,omitempty"`
	Test        bool   `json:"test,omitempty"`
}

// NewsKind is what a piece of news is about.
type NewsKind string

// The kinds of news.
const (
	TouchNews    NewsKind = "touch"    // a touch was accepted, or ended without a lead
	LeadNews     NewsKind = "lead"     // a lead is there or has changed; the store has it
	DeliveryNews NewsKind = "delivery" // a target has a touch, or it was given up
	ResetNews    NewsKind = "reset"    // some news is lost: read again what is shown
)

// About fills in what n says of a lead.
func (n News) About(l *Lead) News {
	n.LeadID, n.Status, n.Score, n.Revision, n.Test = l.ID, l.Status, l.Score, l.Revision, l.Test
	n.Temperature = l.Temperature.String()
	if l.Stage != NoStage {
		n.Stage = l.Stage.String()
	}
	if l.Claim != nil {
		n.By = l.Claim.By
	}
	if len(l.History) > 0 && n.Source == "" {
		past := l.History[len(l.History)-1]
		n.Source, n.Action = past.Source, past.Action
	}
	return n
}
