package inbox

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/leadgate/leadgate/lead"
)

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
