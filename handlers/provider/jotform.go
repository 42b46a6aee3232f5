package provider

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/leadgate/leadgate/lead"
)

// jotform reads submissions of Jotform's forms. Jotform does not sign.
var jotform = Provider{
	Name:    "jotform",
	Title:   "Jotform",
	Doc:     "https://www.jotform.com/help/245-how-to-setup-a-webhook-with-jotform/",
	Touches: jotformTouches,
}

// jotformTouches reads rawRequest; webhookURL beside it is our own address with
// its token, and is not kept.
func jotformTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	t := r.submitted(submission{id: body.get("submissionID").str(), form: body.get("formTitle").str(), formID: body.get("formID").str()})
	raw := body.get("rawRequest")
	if raw == nil {
		r.read(&t, body.without(jotformOwn...)) // a forwarder that has unpacked it
		return one(t)
	}
	answers := raw
	if raw.sort == text {
		if answers, err = parseJSON([]byte(raw.text)); err != nil {
			return nil, fmt.Errorf("rawRequest: %w", err)
		}
	}
	r.read(&t, jotformLabelled(answers.without(jotformOwn...), body.get("pretty").str()))
	return one(t)
}

// jotformLabelled gives answers the labels that people saw. rawRequest has only
// their first words, q9_howCan; "pretty" has them whole, but cannot be taken
// apart by itself, for labels and answers may have commas and colons in them.
// So each answer is looked up in it, and its label must begin with those words.
func jotformLabelled(answers *node, pretty string) *node {
	labelled, rest := node{sort: array}, node{sort: object}
	for _, n := range answers.list() {
		value := clean(said(&n, nil))
		_, words, _ := strings.Cut(n.key, "_")
		label := jotformLabel(pretty, words, value)
		if n.sort == object || value == "" || label == "" {
			rest.kids = append(rest.kids, n)
			continue
		}
		key := node{key: "key", sort: text, text: n.key}
		n.key = "value"
		labelled.kids = append(labelled.kids, node{sort: object, kids: []node{{key: "label", sort: text, text: label}, key, n}})
	}
	return &node{sort: object, kids: append(rest.kids, node{key: "answers", sort: array, kids: labelled.kids})}
}

const longestLabel = 300 // bytes; who asks more than that in a label is not looked up

// jotformLabel finds "label:value" where the label begins with some words. A
// label may have commas of its own.
func jotformLabel(pretty, words, value string) string {
	before, _, ok := strings.Cut(pretty, ":"+value)
	if words = lettersOnly(words); !ok || words == "" {
		return ""
	}
	before = strings.ToValidUTF8(before[max(0, len(before)-longestLabel):], "")
	start := len(before)
	for range 3 {
		start = strings.LastIndex(before[:max(start, 0)], ", ")
		label := strings.TrimPrefix(before[max(start, 0):], ", ")
		if strings.HasPrefix(lettersOnly(label), words) {
			return label
		}
	}
	return ""
}

// lettersOnly leaves letters and digits, in lower case.
func lettersOnly(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// jotformOwn is what Jotform's pages add to the answers.
var jotformOwn = []string{
	"slug", "jsExecutionTracker", "submitSource", "submitDate", "buildDate", "uploadServerUrl", "eventObserver", "temp_upload", "file_server",
	"preview", "path", "event_id", "validatedNewRequiredFieldIDs", "action", "webhookURL", "username", "formID", "type", "customParams",
	"product", "formTitle", "customTitle", "submissionID", "event", "documentID", "teamID", "subject", "isSilent", "customBody", "fromTable",
	"appID", "pretty", "unread", "parent",
}
