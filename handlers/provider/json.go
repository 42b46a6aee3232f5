package provider

import (
	"fmt"
	"net/http"
)

// plainJSON is any sender of JSON: a backend of one's own, Zapier, Make, n8n, a
// vendor that nobody listed. It takes forms as well.
var plainJSON = Provider{
	Name:    "json",
	Title:   "JSON",
	Doc:     "https://www.rfc-editor.org/rfc/rfc8259",
	Accepts: http.StatusAccepted,
	Touches: general,
}

// batch splits a body into leads. A list of them may be the whole body, or the
// only member of an object that says so. Anything but objects in it makes the
// whole body malformed: half a list would be a silent loss.
func batch(body *node) ([]node, error) {
	list := body
	if body.sort == object {
		if list = wrappedList(body); list == nil {
			return []node{*body}, nil
		}
	}
	if list.sort != array {
		return nil, fmt.Errorf("%w: neither an object nor a list", ErrMalformed)
	}
	if len(list.kids) == 0 {
		return nil, fmt.Errorf("%w, an empty list", ErrEmpty)
	}
	for i := range list.kids {
		if list.kids[i].sort != object {
			return nil, fmt.Errorf("%w: member %d of the list is no object", ErrMalformed, i+1)
		}
	}
	return list.kids, nil
}

// wrappedList finds {"leads": [{...}, {...}]}.
func wrappedList(body *node) *node {
	if len(body.kids) != 1 || body.kids[0].sort != array || len(body.kids[0].kids) == 0 {
		return nil
	}
	switch list := &body.kids[0]; list.key {
	case "leads", "contacts", "items", "records", "people", "registrants", "subscribers", "rows":
		for i := range list.kids {
			if _, answer := answerIn(&list.kids[i], false); answer || list.kids[i].sort != object {
				return nil
			}
		}
		return list
	}
	return nil
}
