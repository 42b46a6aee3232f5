package provider

import (
	"github.com/leadgate/leadgate/lead"
)

// basin reads Basin's submissions, bare or in an envelope. Those that Basin
// takes for spam it does not send.
var basin = Provider{
	Name:    "basin",
	Title:   "Basin",
	Doc:     "https://docs.usebasin.com/",
	Verify:  basinMAC.verify,
	Sign:    basinMAC.sign,
	Touches: basinTouches,
}

var basinMAC = mac{header: "X-Basin-Signature", prefix: "sha256="}

func basinTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	answers, id, at := body, body.get("id").str(), body.get("created_at").str()
	if sent := body.get("data"); sent != nil && sent.sort == object {
		answers = sent
		if id == "" {
			id = sent.get("id").str()
		}
	}
	t := r.submitted(submission{id: id, at: at, form: body.get("form_name").str()})
	r.read(&t, answers.without("id", "created_at", "form_name"))
	return one(t)
}
