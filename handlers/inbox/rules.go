package inbox

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/api"
	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/rules"
	"github.com/leadgate/leadgate/lead/strictyaml"
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

// effectView is the part of the page of rules where other rules are tried on past
// leads.
type effectView struct {
	Text     string // the rules file
	Days     []int  // that can be looked back on
	Day      int    // how many of them
	Wrong    string // why it could not be tried
	Mistakes []mistake
	Result   *lead.Rehearsal
	Alerts   float64 // a day, more than now
	Turns    []turnCount
	Leads    []lead.Turn // that change, those that did something last first
	More     int         // that change and are not listed
}

// mistake is one place of a rules file that cannot stay as it is.
type mistake struct {
	strictyaml.Mistake
	Quote string // its line, with a caret below the place
}

// turnCount is how many leads change from one class to another.
type turnCount struct {
	Name  string // "warm MQL -> hot SQL"
	Leads int
}

const (
	turnsListed = 50  // leads that change are listed by name
	lineQuoted  = 160 // characters of a line with a mistake
)

var effectDays = []int{7, 30, 90}

func (s *Pages) effectView() *effectView {
	return &effectView{Text: s.o.Rules().Source(), Days: effectDays, Day: 30}
}

// RulesEffect answers POST /rules/effect: what other rules would have made of past
// leads. Nothing is changed.
func (s *Pages) RulesEffect(c echo.Context) error {
	_ = api.Patient(c)
	v := s.rulesView()
	e := v.Effect
	e.Text = strings.ReplaceAll(c.FormValue("rules"), "\r\n", "\n")
	if n, err := strconv.Atoi(c.FormValue("days")); err == nil && slices.Contains(effectDays, n) {
		e.Day = n
	}
	p, err := s.tryEffect(c.Request().Context(), e)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if p != nil {
		e.Wrong, status = p.Detail, p.Code.Status()
		if p.Retry > 0 {
			c.Response().Header().Set("Retry-After", strconv.Itoa(p.Retry))
		}
	}
	return s.render(c, status, "rules", s.frame(c, "rules", "Rules", v))
}

// tryEffect fills in what the rules of e would do, or says what keeps it from that.
func (s *Pages) tryEffect(ctx context.Context, e *effectView) (*problem.Problem, error) {
	if len(e.Text) > api.MaxRules {
		e.Text = ""
		return &problem.Problem{Code: problem.TooLarge, Detail: "A rules file has at most 1 MiB."}, nil
	}
	set, err := rules.Parse("rules.yaml", []byte(e.Text))
	var broken *strictyaml.Error
	if errors.As(err, &broken) {
		for _, m := range broken.Mistakes {
			e.Mistakes = append(e.Mistakes, mistake{m, quote(m)})
		}
		return &problem.Problem{Code: problem.BadRules, Detail: "These rules cannot be used as they are. Nothing was tried."}, nil
	}
	if err != nil {
		return nil, err
	}
	all := &turned{}
	r, err := s.o.API.Rehearse(ctx, set, s.o.Now().AddDate(0, 0, -e.Day), lead.Walk{Turn: all.add})
	if err != nil {
		if p := problem.Of(err); p.Code != problem.Internal {
			return &p, nil
		}
		return nil, err
	}
	e.Result, e.Leads, e.More = &r, all.latest, r.Turned-len(all.latest)
	e.Alerts = r.Alerts.AfterPerDay - r.Alerts.BeforePerDay
	for name, n := range r.Turns {
		e.Turns = append(e.Turns, turnCount{name, n})
	}
	slices.SortFunc(e.Turns, func(a, b turnCount) int { return cmp.Or(b.Leads-a.Leads, strings.Compare(a.Name, b.Name)) })
	return nil, nil
}

// turned keeps the leads of a walk that did something last.
type turned struct{ latest []lead.Turn }

func (k *turned) add(t lead.Turn) error {
	at, _ := slices.BinarySearchFunc(k.latest, t, func(a, b lead.Turn) int {
		return cmp.Or(b.At.Compare(a.At), strings.Compare(a.LeadID, b.LeadID))
	})
	if at < turnsListed {
		k.latest = slices.Insert(k.latest, at, t)
		k.latest = k.latest[:min(len(k.latest), turnsListed)]
	}
	return nil
}

// quote is the line of a mistake with a caret below the place; of a long line the
// part around it.
func quote(m strictyaml.Mistake) string {
	source, column := []rune(m.Source), max(m.Column-1, 0)
	if from := column - lineQuoted/2; len(source) > lineQuoted && from > 0 {
		source, column = source[min(from, len(source)):], lineQuoted/2
	}
	source = source[:min(len(source), lineQuoted)]
	indent := slices.Clone(source[:min(column, len(source))])
	for i, r := range indent {
		if r != '\t' {
			indent[i] = ' '
		}
	}
	return string(source) + "\n" + string(indent) + "^"
}
