package kind

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"
	"time"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/message"
)

// surrounding is what a template writes into. Values are escaped for it: nothing
// that a visitor typed can end a string, begin a field, or add a line.
type surrounding int

const (
	inJSON   surrounding = iota // within the quotes of a JSON string; json writes a whole value
	inForm                      // a form's body
	inURL                       // a path, or a query
	inHeader                    // one line
	inWords                     // nothing is escaped; for conditions
)

// escapers are the functions that end every pipeline of a surrounding.
var escapers = template.FuncMap{"_json": jsonInside, "_form": percent, "_url": urlPart, "_header": oneLine}

var templateFuncs = template.FuncMap{"json": jsonValue, "query": percent}

// fillMost bounds what a template writes.
const fillMost = 256 << 10

// compile parses a template. Its errors quote the template and no value.
func compile(name, text string, in surrounding) (*template.Template, error) {
	t, err := template.New(name).Funcs(escapers).Funcs(templateFuncs).Parse(text)
	if err != nil {
		return nil, plainer(err)
	}
	for _, each := range t.Templates() {
		escapeNodes(each.Tree, each.Tree.Root, in)
	}
	return t, nil
}

// escapeNodes ends every pipeline that writes something with the escaper of its
// surrounding, unless it ends with that one's own function.
func escapeNodes(tree *parse.Tree, n parse.Node, in surrounding) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n == nil {
			return
		}
		for _, each := range n.Nodes {
			escapeNodes(tree, each, in)
		}
	case *parse.IfNode:
		escapeNodes(tree, n.List, in)
		escapeNodes(tree, n.ElseList, in)
	case *parse.RangeNode:
		escapeNodes(tree, n.List, in)
		escapeNodes(tree, n.ElseList, in)
	case *parse.WithNode:
		escapeNodes(tree, n.List, in)
		escapeNodes(tree, n.ElseList, in)
	case *parse.ActionNode:
		name, own := escaperOf(in)
		if name == "" || len(n.Pipe.Decl) > 0 {
			return
		}
		last := n.Pipe.Cmds[len(n.Pipe.Cmds)-1]
		if id, ok := last.Args[0].(*parse.IdentifierNode); ok && id.Ident == own {
			return
		}
		n.Pipe.Cmds = append(n.Pipe.Cmds, &parse.CommandNode{NodeType: parse.NodeCommand, Pos: n.Pos,
			Args: []parse.Node{parse.NewIdentifier(name).SetTree(tree).SetPos(n.Pos)}})
	}
}

// escaperOf is the function that is added, and the one that makes it needless.
func escaperOf(in surrounding) (name, own string) {
	switch in {
	case inJSON:
		return "_json", "json"
	case inForm:
		return "_form", "query"
	case inURL:
		return "_url", ""
	case inHeader:
		return "_header", ""
	}
	return "", ""
}

func jsonValue(v any) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "", errors.New("json of something that is none")
	}
	return strings.TrimSpace(b.String()), nil
}

func jsonInside(v any) (string, error) {
	s, err := jsonValue(fmt.Sprint(v))
	if err != nil {
		return "", err
	}
	return s[1 : len(s)-1], nil
}

// urlPart escapes a value in a URL, unless query has. A value of dots alone would
// be a step in the path, also if the dots were escaped once.
func urlPart(v any) string {
	s, ok := v.(percented)
	if !ok {
		s = percent(v)
	}
	if s == "." || s == ".." {
		return strings.Repeat("%252E", len(s))
	}
	return string(s)
}

// percented is text that percent has escaped.
type percented string

// percent escapes for any part of a URL and for a form's body.
func percent(v any) percented {
	return percented(strings.ReplaceAll(url.QueryEscape(fmt.Sprint(v)), "+", "%20"))
}

func oneLine(v any) string { return message.Line(fmt.Sprint(v), 1000) }

// fill executes a template. The error contains no value.
func fill(t *template.Template, s slots) (string, error) {
	w := &boundedWriter{most: fillMost}
	if err := t.Execute(w, s); err != nil {
		if w.full {
			return "", errors.New("it writes more than 256 KiB")
		}
		return "", plainer(err)
	}
	return w.String(), nil
}

type boundedWriter struct {
	bytes.Buffer
	most int
	full bool
}

func (w *boundedWriter) Write(p []byte) (int, error) {
	if w.Len()+len(p) > w.most {
		w.full = true
		return 0, errors.New("too long")
	}
	return w.Buffer.Write(p)
}

// plainer removes the package's prefix and values from an error: text/template
// quotes a value that is not iterable, and functions quote their arguments.
func plainer(err error) error {
	text := strings.TrimPrefix(err.Error(), "template: ")
	if exec := (template.ExecError{}); errors.As(err, &exec) {
		where, what, _ := strings.Cut(text, ">: ")
		if where += ">"; !strings.HasPrefix(what, "can't evaluate field") {
			what = "this cannot be done with the value"
		}
		text = where + ": " + what
	}
	return errors.New(message.Line(text, 300))
}

// jsonAt finds a value in JSON by a path of names and numbers: results.0.id.
// Empty if there is none, or none that is a single value.
func jsonAt(body []byte, path string) string {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return ""
	}
	for step := range strings.SplitSeq(path, ".") {
		switch at := v.(type) {
		case map[string]any:
			v = at[step]
		case []any:
			var n int
			if _, err := fmt.Sscanf(step, "%d", &n); err != nil || n < 0 || n >= len(at) {
				return ""
			}
			v = at[n]
		default:
			return ""
		}
	}
	switch v.(type) {
	case string, json.Number, bool:
		return message.Line(fmt.Sprint(v), 200)
	}
	return ""
}

// usesReceipt reports whether any of these templates uses the receipt.
func usesReceipt(texts ...string) bool {
	return slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(s, ".Receipt") })
}

// slots is what the templates of an http target are filled with: the lead as it
// is, and the touch that it is sent for. Unknown is empty.
type slots struct {
	LeadID  string
	TouchID string
	Kind    string // hot_alert, just_turned_hot, copy, ...
	slotPerson
	slotTouch
	slotVerdict
	Owner   string            // who claimed the lead
	URL     string            // of the lead in the inbox
	Receipt string            // what the target returned for this lead before; empty: it does not know the lead
	Got     map[string]string // what the calls before this one kept, by their names
}

// slotPerson is of the lead, else of the touch.
type slotPerson struct{ Email, Name, FirstName, LastName, Phone, Company, Title string }

type slotTouch struct {
	Action   string // demo_request
	Label    string // demo request
	Source   string // the source's name
	Message  string // the person's own words
	PageURL  string
	At       string // when it happened, RFC 3339 in UTC
	Consent  string // given, refused, not_asked
	Test     bool
	Event    struct{ ID, Title, Start string }
	UTM      struct{ Source, Medium, Campaign, Term, Content string }
	ClickIDs map[string]string // {{.ClickIDs.gclid}}
	Fields   map[string]string // everything else that was sent: {{index .Fields "Team size"}}
}

type slotVerdict struct {
	Temperature string // cold, warm, hot
	Stage       string // IQL, MQL, SQL
	Score       int    // 0..100
	Why         string // the rules that counted, in words
	NextStep    string
}

func slotsOf(a notify.Alert, s message.Style) slots {
	s = s.WithDefaults()
	l, t := a.Lead, a.Touch
	p, q := l.Person, t.Person
	m := message.Compose(a, s)
	out := slots{LeadID: l.ID, TouchID: t.ID, Kind: string(a.Kind),
		slotPerson: slotPerson{Email: cmp.Or(p.Email, q.Email), FirstName: cmp.Or(p.FirstName, q.FirstName), LastName: cmp.Or(p.LastName, q.LastName),
			Phone: cmp.Or(p.Phone, q.Phone), Company: cmp.Or(p.Company, q.Company), Title: cmp.Or(p.Title, q.Title), Name: message.PersonOf(l, t).Name},
		slotTouch: slotTouch{Action: string(t.Action), Label: s.Label(t.Action), Source: t.Source, Message: t.Message, PageURL: t.PageURL, At: t.At.UTC().Format(time.RFC3339),
			Consent: string(cmp.Or(t.Consent, lead.NotAsked)), Test: t.Test, ClickIDs: t.ClickIDs, Fields: t.Fields},
		slotVerdict: slotVerdict{Temperature: l.Temperature.String(), Score: l.Score, Why: m.Why, NextStep: l.NextStep},
		Owner:       m.Owner, URL: m.URL, Receipt: a.Receipt, Got: map[string]string{}}
	out.Event.ID, out.Event.Title, out.Event.Start = t.Event.ID, t.Event.Title, t.Event.Start
	out.UTM.Source, out.UTM.Medium, out.UTM.Campaign, out.UTM.Term, out.UTM.Content = t.UTM.Source, t.UTM.Medium, t.UTM.Campaign, t.UTM.Term, t.UTM.Content
	if l.Stage != lead.NoStage {
		out.Stage = l.Stage.String()
	}
	if hasNoID(out.Receipt) {
		out.Receipt = ""
	}
	return out
}

// samples are what templates are tried with when the configuration is read:
// everything known, with characters that break out of careless ones, and next
// to nothing.
func samples() []slots {
	full := slotsOf(notify.Alert{Kind: lead.HotAlert, Receipt: "0031",
		Lead: &lead.Lead{ID: "01HXSAMPLE0000000000000001", Person: lead.Person{Email: "ada+x@example.com", Name: "Ada \"Countess\" O'Neil & Co", FirstName: "Ada",
			LastName: "O'Neil \"Countess\" & Co", Phone: "+14155550100", Company: "Brandt \\ {{.}} <GmbH>, 100 %", Title: "VP\nSales"},
			Verdict: lead.Verdict{Temperature: lead.Hot, Stage: lead.SQL, Score: 90, NextStep: "Call now"}},
		Touch: &lead.Touch{ID: "01HXSAMPLE0000000000000001", Action: "demo_request", Source: "contact", Message: "Hello,\n\"quotes\" & \\ back\tslashes: {\"a\": 1}, 50 %",
			PageURL: "https://www.example.com/?a=b&c=d", Fields: map[string]string{"Seats": "3\"00"}, ClickIDs: map[string]string{"gclid": "x&y"}},
	}, message.Style{PublicURL: "https://leads.example.com"})
	bare := slotsOf(notify.Alert{Kind: lead.Copy, Lead: &lead.Lead{ID: "01HXSAMPLE0000000000000002"}, Touch: &lead.Touch{ID: "01HXSAMPLE0000000000000002", Person: lead.Person{Email: "ada@example.com"}}}, message.Style{})
	return []slots{full, bare}
}
