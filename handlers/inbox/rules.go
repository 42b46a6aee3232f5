package inbox

import (
	"cmp"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/lead"
)

// rulesView is the page of the rules in force.
type rulesView struct {
	Version string
	Actions []actionLine
	Others  []lead.Line // rules about the person and the touch, beyond the action
	Sources []string
	Source  string // tried
	Payload string // tried
	Wrong   string // why it could not be tried
	Tried   []trial
	Effect  *effectView // nil: rules cannot be tried on past leads
}

// actionLine is what an action alone makes of a lead.
type actionLine struct {
	Action lead.Action
	lead.Verdict
}

// trial is what the rules make of one touch of a payload.
type trial struct {
	Touch   *lead.Touch
	Verdict lead.Verdict
	Lines   []lead.Line // that counted, then those that nearly did
}

// RulesPage answers GET /rules.
func (s *Pages) RulesPage(c echo.Context) error {
	return s.render(c, http.StatusOK, "rules", s.frame(c, "rules", "Rules", s.rulesView()))
}

func (s *Pages) rulesView() rulesView {
	r, now := s.o.Rules(), s.o.Now()
	v := rulesView{Version: r.Version(), Effect: s.effectView()}
	for _, a := range r.Actions() {
		v.Actions = append(v.Actions, actionLine{a, r.ClassifyTouch(&lead.Touch{Action: a, State: lead.Accepted, At: now, ReceivedAt: now}, now)})
	}
	nobody := &lead.Lead{History: []lead.Past{{Action: "contact_form", At: now}}} // for whom hardly anything counts
	for _, line := range r.Explain(nobody, now) {
		if !line.Counted && !r.Knows(lead.Action(line.Rule)) {
			for i, m := range line.Missed {
				line.Missed[i] = strings.TrimPrefix(m, "not so: ")
			}
			v.Others = append(v.Others, line)
		}
	}
	for _, g := range s.o.Sources.All() {
		v.Sources = append(v.Sources, g.Name)
	}
	return v
}

// maxTry is how much of a payload can be tried.
const maxTry = 64 << 10

// TryRules answers POST /rules/try: a payload is read as the source would, and
// judged as a first touch. Nothing is kept and nobody hears of it.
func (s *Pages) TryRules(c echo.Context) error {
	v := s.rulesView()
	v.Source, v.Payload = c.FormValue("source"), c.FormValue("payload")
	g := s.o.Sources.Find(v.Source)
	status := http.StatusUnprocessableEntity
	switch {
	case g == nil:
		v.Wrong = "There is no source of this name."
	case len(v.Payload) > maxTry:
		v.Wrong, v.Payload = "This is too much to try; 64 KiB are enough.", ""
	case strings.TrimSpace(v.Payload) == "":
		v.Wrong = "Paste the body of a request: JSON, or name=Ada&email=ada@acme.example."
	default:
		now := s.o.Now().UTC()
		body := strings.TrimSpace(v.Payload)
		touches, err := s.o.Intake.Try(g, []byte(body), now)
		if err != nil {
			v.Wrong = problem.Sentence(err, "")
			break
		}
		if len(touches) == 0 {
			v.Wrong = "It is an event of " + cmp.Or(g.Format.Title, g.Format.Name) + " that is about nobody."
		}
		status = http.StatusOK
		for _, t := range touches {
			v.Tried = append(v.Tried, s.try(t, now))
		}
	}
	return s.render(c, status, "rules", s.frame(c, "rules", "Rules", v))
}

func (s *Pages) try(t *lead.Touch, now time.Time) trial {
	l := &lead.Lead{Person: t.Person, Touches: []string{t.ID}, History: []lead.Past{lead.PastOf(t)}, CreatedAt: now}
	one := trial{Touch: t, Verdict: s.o.Rules().Classify(l, now)}
	for _, line := range s.o.Rules().Explain(l, now) {
		if line.Counted || line.Near {
			one.Lines = append(one.Lines, line)
		}
	}
	return one
}
