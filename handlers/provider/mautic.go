package provider

import (
	"github.com/leadgate/leadgate/lead"
)

// mautic reads submitted forms, several in one delivery when its queue is on.
// What a submission holds is not in Mautic's own pages.
var mautic = Provider{
	Name:    "mautic",
	Title:   "Mautic",
	Doc:     "https://docs.mautic.org/en/5.x/webhooks/webhooks.html",
	Verify:  mauticMAC.verify,
	Sign:    mauticMAC.sign,
	Touches: mauticTouches,
}

var mauticMAC = mac{header: "Webhook-Signature", base64: true}

// mauticTouches reads forms only. That Mautic made a contact of them comes as
// mautic.lead_post_save_new, and is as true of an import.
func mauticTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	var touches []lead.Touch
	all := body.get("mautic.form_on_submit")
	if all != nil && all.sort == object {
		all = &node{sort: array, kids: []node{*all}}
	}
	for _, sent := range all.list() {
		s := sent.get("submission")
		if s == nil {
			continue
		}
		t := r.submitted(submission{id: s.get("id").str(), at: sent.get("timestamp").str(), form: s.get("form", "name").str(), formID: s.get("form", "id").str()})
		t.PageURL = s.get("referer").str()
		r.read(&t, s.get("results"))
		touches = append(touches, t)
	}
	return touches, nil
}
