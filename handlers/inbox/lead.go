package inbox

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
)

var idPattern = regexp.MustCompile(`^[0-9A-Z]{26}$`)

// leadView is the page of one lead.
type leadView struct {
	row
	Touches []receipt   // the latest first
	Hidden  int         // older touches that are not shown
	Idle    []lead.Line // rules that did not count, those that nearly did first
	Preview Preview

	Into     *kin  // the lead that this one was merged into
	Parts    []kin // leads that were merged into this one
	CanMerge bool  // the reader may merge, and undo it
	CanJudge bool  // the reader may have the lead judged again
}

// Preview is the alert of a lead as Slack would show it, as plain text.
type Preview struct {
	Header string
	Lines  []string // deadline, ways to reach the person, who that is
	Quote  string
	Facts  []PreviewFact
	Why    string
	Next   string
	Click  []string // what its buttons say
}

// PreviewFact is one thing to know, with its name.
type PreviewFact struct{ Name, Text string }

// mostTouches are shown on a lead's page.
const mostTouches = 20

// LeadPage answers the links of alerts.
func (s *Pages) LeadPage(c echo.Context) error {
	return s.showLeadPage(c, http.StatusOK, "")
}

// showLeadPage writes the page with a sentence about what was just tried.
func (s *Pages) showLeadPage(c echo.Context, status int, sentence string) error {
	id := c.Param("id")
	if !idPattern.MatchString(id) {
		return problem.Problem{Code: problem.NotFound, Detail: "No lead has this id."}
	}
	ctx := c.Request().Context()
	l, err := s.o.Reader.Lead(ctx, id)
	away := s.standsIn(err)
	if away {
		if held, herr := s.o.Standby.HeldLead(id); herr == nil {
			l, err = held, nil
		}
	}
	if errors.Is(err, lead.ErrNotFound) || isAway(err) { // an alert can be older than its lead in the store, and links to a touch
		t, terr := s.o.Reader.Touch(ctx, id)
		if terr == nil && t.LeadID != "" && t.LeadID != id {
			return c.Redirect(http.StatusSeeOther, "/l/"+t.LeadID)
		}
		if terr == nil {
			l = &lead.Lead{ID: t.ID, Person: t.Person, Status: lead.New, Touches: []string{t.ID}, History: []lead.Past{lead.PastOf(t)}, CreatedAt: t.ReceivedAt, Test: t.Test}
			err = nil
		}
	}
	if err != nil {
		return fmt.Errorf("read lead: %w", err)
	}
	v := leadView{row: newRow(l, session.Of(c), "/l/"+id, s.o.Now())}
	writes := v.Me.Right >= session.Write
	v.CanMerge, v.CanJudge = writes, writes && l.MergedInto == ""
	if l.MergedInto != "" {
		v.Into = &s.kinOf(c, l.MergedInto)[0]
	}
	v.Parts = s.kinOf(c, l.Absorbed[:min(len(l.Absorbed), mostTouches)]...)
	v.Hidden = max(0, len(l.Touches)-mostTouches)
	for i := len(l.Touches) - 1; i >= v.Hidden; i-- {
		t, err := s.o.Reader.Touch(ctx, l.Touches[i])
		if away = away || s.standsIn(err); errors.Is(err, lead.ErrNotFound) || s.standsIn(err) {
			continue // past its retention, or this node does not hold it
		}
		if err != nil {
			return fmt.Errorf("read touch: %w", err)
		}
		r := receiptOf(t, s.o.Means)
		r.Back, r.CanWrite = v.Back, writes
		r.Resends = writes && t.State == lead.Settled && !t.Test && l.MergedInto == ""
		if t.RequestID != "" {
			if req, err := s.o.Request(t.RequestID); err == nil { // else it is on another node, or past its time
				r.Raw = s.rawOf(req)
			}
		}
		v.Touches = append(v.Touches, r)
	}
	v.Idle = slices.DeleteFunc(s.o.Rules().Explain(l, s.o.Now()), func(x lead.Line) bool { return x.Counted || !x.Near })
	if l.MergedInto == "" && len(v.Touches) > 0 {
		v.Preview = s.o.Preview(l, v.Touches[0].Touch)
	}
	f := s.frame(c, "inbox", v.Who, v)
	if sentence != "" {
		f.Said = sentence
	}
	if away || f.Away != nil {
		f.held()
	}
	return s.render(c, status, "lead", f)
}

// kin is a lead that is part of another.
type kin struct{ ID, Who string }

// kinOf names the leads of these ids, by their ids where they cannot be read.
func (s *Pages) kinOf(c echo.Context, ids ...string) (all []kin) {
	for _, id := range ids {
		k := kin{id, id}
		if l, err := s.o.Reader.Lead(c.Request().Context(), id); err == nil {
			k.Who = whoIs(l.Person)
		}
		all = append(all, k)
	}
	return all
}

// receipt is a touch as its page shows it: what was said, each hop with its
// time, who was told, and the request as it came.
type receipt struct {
	*lead.Touch
	Hops  []hop
	Said  []fact
	Needs string // why its person is not known yet; empty: nothing is missing
	Raw   *rawRequest

	Back     string // where its forms lead back to
	CanWrite bool   // the reader may send them
	Resends  bool   // the reader may have its targets told again
}

// hop is one step of a touch with the time since the one before.
type hop struct {
	lead.Step
	Word  string  // the step in plain words
	Since float64 // milliseconds since the step before
	Means string  // what its reason means
}

type fact struct{ Name, Text string }

// hopWords say what each step is.
var hopWords = map[lead.StepName]string{
	lead.StepAccepted: "on disk", lead.StepQueued: "in the queue", lead.StepPicked: "picked up", lead.StepClassified: "judged",
	lead.StepDecided: "decided", lead.StepSent: "told", lead.StepAttempt: "attempt failed", lead.StepFailed: "given up",
	lead.StepMerged: "merged", lead.StepQuarantine: "held back", lead.StepSettled: "done",
	lead.StepReclassified: "judged again", lead.StepAbsorbed: "took in", lead.StepMergedTo: "merged into", lead.StepUnmerged: "parted from",
}

// stepWord is a step in plain words.
func stepWord(s lead.StepName) string {
	return cmp.Or(hopWords[s], string(s))
}

// receiptOf makes a touch ready to be shown. means explains a
// reason.
func receiptOf(t *lead.Touch, means func(string) string) receipt {
	r := receipt{Touch: t, Said: saidBy(t), Needs: t.Unnamed()}
	before := 0.0
	for _, s := range t.Trail {
		h := hop{Step: s, Word: stepWord(s.Step), Since: max(s.MS-before, 0)}
		if s.Why != "" {
			h.Means = means(s.Why)
		}
		r.Hops = append(r.Hops, h)
		before = s.MS
	}
	return r
}

// saidBy lists what a touch says besides the person and the message.
func saidBy(t *lead.Touch) (facts []fact) {
	add := func(name, text string) {
		if text != "" {
			facts = append(facts, fact{name, text})
		}
	}
	add("Event starts", t.Event.Start)
	add("Page", t.PageURL)
	for _, u := range []fact{{"UTM source", t.UTM.Source}, {"UTM medium", t.UTM.Medium}, {"UTM campaign", t.UTM.Campaign}, {"UTM term", t.UTM.Term}, {"UTM content", t.UTM.Content}} {
		add(u.Name, u.Text)
	}
	for _, name := range slices.Sorted(maps.Keys(t.ClickIDs)) {
		add(name, t.ClickIDs[name])
	}
	add("Consent", strings.ReplaceAll(string(t.Consent), "_", " "))
	for _, name := range slices.Sorted(maps.Keys(t.Fields)) {
		add(name, t.Fields[name])
	}
	add("Marks", strings.Join(t.Marks, ", "))
	if t.Repeats > 0 {
		add("Sent again", fmt.Sprintf("%d times", t.Repeats))
	}
	return facts
}

// rawRequest is a request as it came, without what could open a door.
type rawRequest struct {
	Header []fact
	Body   string
	Curl   string
}

// rawOf shows a request. What the source's secrets are, and whatever stands
// under a name that sounds like one, is masked.
func (s *Pages) rawOf(req *lead.Request) *rawRequest {
	raw := &rawRequest{Body: string(req.Body)}
	path := "/in/" + req.Source
	if g := s.o.Sources.Find(req.Source); g != nil {
		hidden := append([]string{g.Token, g.VerifyToken}, g.View.Secrets...)
		for _, secret := range append(hidden, slices.Collect(maps.Values(g.Source.Header))...) {
			if secret != "" {
				raw.Body = strings.ReplaceAll(raw.Body, secret, masked)
			}
		}
		if g.Token != "" {
			path += "/TOKEN"
		}
	}
	raw.Body = strings.ToValidUTF8(maskBody(raw.Body), "\ufffd")
	var b strings.Builder
	b.WriteString("curl -X POST " + shellQuote(s.o.Public.String()+path))
	for _, name := range slices.Sorted(maps.Keys(req.Header)) {
		raw.Header = append(raw.Header, fact{name, req.Header[name]})
		b.WriteString(" \\\n  -H " + shellQuote(name+": "+req.Header[name]))
	}
	b.WriteString(" \\\n  --data-raw " + shellQuote(raw.Body))
	raw.Curl = b.String()
	return raw
}

const masked = "[secret]"

// secretNames are what fields with secrets are called. The value of such a
// field ends at a quote in JSON, at & in a form.
var (
	secretNames = `[\w.\-]*(?:secret|password|passwd|token|api_?key|google_key|handshake_?key|signature|captcha[\w\-]*|authorization)[\w.\-]*`
	secretJSON  = regexp.MustCompile(`(?i)("` + secretNames + `"\s*:\s*)"(?:[^"\\]|\\.)*"`)
	secretForm  = regexp.MustCompile(`(?i)((?:^|&)` + secretNames + `=)[^&]*`)
)

func maskBody(body string) string {
	body = secretJSON.ReplaceAllString(body, `${1}"`+masked+`"`)
	return secretForm.ReplaceAllString(body, "${1}"+masked)
}

// shellQuote makes s one word of a POSIX shell.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
