package provider

import (
	"fmt"

	"github.com/leadgate/leadgate/lead"
)

// submission is what a form builder tells about a filled form beside the
// answers. All of it is optional.
type submission struct {
	id     string // of the delivery
	at     string // when it was sent off, as moment reads it
	form   string // what the form is called
	formID string
}

// submitted begins the touch of a filled form.
func (r *Request) submitted(s submission) lead.Touch {
	t := r.touch("contact_form")
	t.DeliveryID = s.id
	if at, ok := moment(s.at); ok {
		t.At = r.believed(at)
	}
	setField(&t, "form_name", s.form)
	setField(&t, "form_id", s.formID)
	return t
}

// markPartial is set where somebody has begun a form and not sent it off. The
// whole form may follow as a delivery of its own.
const markPartial = "partial"

// parseObject is parse for vendors that send one object and nothing else.
func parseObject(r *Request) (*node, error) {
	body, err := parse(r)
	if err == nil && body.sort != object {
		return nil, fmt.Errorf("%w: not an object", ErrMalformed)
	}
	return body, err
}
