package provider

import (
	"slices"
	"strings"

	"github.com/leadgate/leadgate/lead"
)

// formstack reads Formstack's submissions, in JSON or as a form. Formstack can
// sign, but its pages do not name the header, so nothing is verified here: the
// token in the URL is what protects a source.
var formstack = Provider{
	Name:    "formstack",
	Title:   "Formstack",
	Doc:     "https://developers.formstack.com/docs/webhook-setup",
	Touches: formstackTouches,
}

func formstackTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	t := r.submitted(submission{id: body.get("UniqueID").str(), form: body.get("FormName").str(), formID: body.get("FormID").str()})
	answers := body.without("UniqueID", "FormID", "FormName", "HandshakeKey")
	for i := range answers.kids {
		if parts := formstackParts(answers.kids[i].str()); parts != nil {
			answers.kids[i].sort, answers.kids[i].kids = object, parts
		}
	}
	r.read(&t, answers)
	return one(t)
}

// formstackKeys are the parts of names and addresses.
var formstackKeys = []string{"prefix", "first", "middle", "initial", "last", "suffix", "address", "address2", "city", "state", "zip", "country"}

// formstackParts reads what a form has instead of an object, a line for each
// part: "first = Ada", "last = Quist". Nil: it is a plain text.
func formstackParts(s string) (parts []node) {
	for l := range strings.Lines(s) {
		key, value, ok := strings.Cut(strings.TrimSpace(l), " = ")
		if !ok || !slices.Contains(formstackKeys, key) {
			return nil
		}
		parts = append(parts, node{key: key, sort: text, text: value})
	}
	return parts
}
