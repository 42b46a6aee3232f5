package provider

import (
	"strings"

	"github.com/leadgate/leadgate/lead"
)

// standardWebhooks reads any sender that follows the specification.
var standardWebhooks = Provider{
	Name:    "standardwebhooks",
	Title:   "Standard Webhooks",
	Doc:     "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md",
	Verify:  standardWebhooksMAC.verify,
	Sign:    standardWebhooksMAC.sign,
	Touches: func(r *Request) ([]lead.Touch, error) { return standardTouches(r, standardWebhooksMAC) },
}

// svix reads what comes through Svix, which has its own names for the headers.
var svix = Provider{
	Name:    "svix",
	Title:   "Svix",
	Doc:     "https://docs.svix.com/receiving/verifying-payloads/how-manual",
	Verify:  svixMAC.verify,
	Sign:    svixMAC.sign,
	Touches: func(r *Request) ([]lead.Touch, error) { return standardTouches(r, svixMAC) },
}

var (
	standardWebhooksMAC = standardMAC{prefix: "webhook"}
	svixMAC             = standardMAC{prefix: "svix"}
)

// standardTouches reads the specification's {type, timestamp, data}. Types are
// each sender's own; only those that say that somebody went are no touches.
func standardTouches(r *Request, m standardMAC) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	kind := body.first("type", "event", "event_type", "eventType")
	if strings.HasSuffix(kind, "deleted") || strings.HasSuffix(kind, "unsubscribed") {
		return nil, nil
	}
	t := r.submitted(submission{id: r.Header.Get(m.prefix + "-id"), at: body.get("timestamp").str()})
	setField(&t, "event_type", kind)
	if data := body.get("data"); data != nil && data.sort == object {
		body = data
	}
	r.read(&t, body.without("type", "event", "event_type", "eventType"))
	return one(t)
}
