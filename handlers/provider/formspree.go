package provider

import (
	"time"

	"github.com/leadgate/leadgate/lead"
)

// formspree reads Formspree's submissions, bare or in an envelope. They have
// no id.
var formspree = Provider{
	Name:    "formspree",
	Title:   "Formspree",
	Doc:     "https://help.formspree.io/",
	Verify:  formspreeMAC.verify,
	Sign:    formspreeMAC.sign,
	Touches: formspreeTouches,
}

// How old a signature may be is nowhere told; five minutes is what everybody
// else allows who signs like this.
var formspreeMAC = mac{
	header: "Formspree-Signature", listed: true, window: 5 * time.Minute,
	before: func(_ *Request, stamp string) string { return stamp + "." },
}

func formspreeTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	answers, s := body, submission{}
	if sent := body.get("submission"); sent != nil {
		answers, s.formID = sent, body.get("form").str()
	}
	t := r.submitted(s)
	r.read(&t, answers)
	return one(t)
}
