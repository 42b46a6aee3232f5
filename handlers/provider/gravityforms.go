package provider

import (
	"strings"

	"github.com/leadgate/leadgate/lead"
)

// gravityforms reads entries of Gravity Forms. An entry has the numbers of its
// fields and no labels, so a source should map them (fields: {name: "1"}) or
// the hook should send selected fields under names of one's own.
var gravityforms = Provider{
	Name:    "gravityforms",
	Title:   "Gravity Forms",
	Doc:     "https://docs.gravityforms.com/category/add-ons-gravity-forms/webhooks-add-on/",
	Touches: gravityTouches,
}

// gravityOwn is what an entry has besides the answers.
var gravityOwn = []string{
	"id", "form_id", "post_id", "date_created", "date_updated", "is_starred", "is_read", "ip", "user_agent", "currency", "payment_status", "payment_date",
	"payment_amount", "payment_method", "transaction_id", "is_fulfilled", "created_by", "transaction_type", "status", "source_id", "submission_speeds",
}

func gravityTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	answers := body
	s := submission{formID: body.get("form_id").str()}
	if s.formID != "" { // an entry, not fields that somebody selected
		s.id = body.get("id").str()
		answers = body.without(gravityOwn...)
	}
	t := r.submitted(s)
	first, last := gravityName(answers)
	t.Person.FirstName, t.Person.LastName = answers.get(first).str(), answers.get(last).str()
	r.read(&t, answers.without(first, last))
	return one(t)
}

// gravityName finds the keys of a name: its parts are n.2 to n.8. An address has
// n.1 and n.5 as well, and so has a list of boxes.
func gravityName(answers *node) (first, last string) {
	for _, n := range answers.list() {
		id, ok := strings.CutSuffix(n.key, ".3")
		if ok && numeric(id) && answers.get(id+".6") != nil && answers.get(id+".1") == nil && answers.get(id+".5") == nil {
			return n.key, id + ".6"
		}
	}
	return "", ""
}

func numeric(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
