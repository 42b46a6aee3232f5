package provider

import (
	"time"

	"github.com/leadgate/leadgate/lead"
)

// webflow reads form submissions of both versions of Webflow's API. Hooks that
// were made by an app or with a site token are signed; those made in the
// dashboard are not, and their source says unsigned.
var webflow = Provider{
	Name:    "webflow",
	Title:   "Webflow",
	Doc:     "https://developers.webflow.com/data/docs/working-with-webhooks",
	Verify:  webflowMAC.verify,
	Sign:    webflowMAC.sign,
	Touches: webflowTouches,
}

// The time is in milliseconds, whatever some tutorials say.
var webflowMAC = mac{
	header: "X-Webflow-Signature", stamp: "X-Webflow-Timestamp", millis: true, window: 5 * time.Minute,
	before: func(_ *Request, stamp string) string { return stamp + ":" },
}

func webflowTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	sent := body // version 1 has no envelope
	if trigger := body.get("triggerType").str(); trigger != "" {
		if trigger != "form_submission" {
			return nil, nil
		}
		sent = body.get("payload")
	}
	t := r.submitted(submission{id: sent.first("id", "_id"), at: sent.first("submittedAt", "d"), form: sent.first("name"), formID: sent.first("formId")})
	r.read(&t, sent.get("data")) // the name beside it is the form's
	return one(t)
}
