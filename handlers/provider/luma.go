package provider

import (
	"strings"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// luma reads the guests of events.
var luma = Provider{
	Name:    "luma",
	Title:   "Luma",
	Doc:     "https://help.luma.com/p/webhooks",
	Verify:  lumaVerify,
	Sign:    lumaMAC.sign,
	Touches: lumaTouches,
}

// The secret is used whole, with its whsec_.
var lumaMAC = mac{
	header: "Webhook-Signature", listed: true, window: 5 * time.Minute,
	before: func(_ *Request, stamp string) string { return stamp + "." },
}

// lumaVerify takes either of the two signatures that are told of: Luma's own
// "t=...,v1=..." and the one of Standard Webhooks, which begins with "v1,".
func lumaVerify(r *Request, secret string) error {
	if strings.HasPrefix(r.Header.Get("Webhook-Signature"), "v1,") {
		return standardMAC{prefix: "webhook"}.verify(r, secret)
	}
	return lumaMAC.verify(r, secret)
}

func lumaTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	event, guest := body.get("type").str(), body.get("data")
	action, at := lumaAction(event, guest)
	if action == "" {
		return nil, nil
	}
	t := r.did(action, at)
	// A guest is updated for many reasons; what they did is told once.
	t.DeliveryID = deliveryID(event, guest.get("id").str(), string(action))
	if id := r.Header.Get("Webhook-Id"); id != "" && event == "guest.registered" {
		t.DeliveryID = id // who registers again does it anew
	}
	about := guest.get("event")
	t.Event = lead.Event{ID: about.get("id").str(), Title: about.get("name").str(), Start: about.get("start_at").str()}
	r.read(&t, guest.without(lumaOwn...), lumaAnswers(guest.get("registration_answers")))
	return one(t)
}

// lumaAction tells what a guest did, and when; empty for what is no touch: an
// invitation is not the guest's doing, and a ticket comes with its guest.
func lumaAction(event string, guest *node) (action lead.Action, at string) {
	switch event {
	case "guest.registered":
		switch guest.get("approval_status").str() {
		case "pending_approval", "waitlist":
			return "webinar_registration_pending", guest.get("registered_at").str()
		case "declined":
			return "webinar_registration_denied", ""
		case "invited":
			return "", ""
		}
		return "webinar_registered", guest.get("registered_at").str()
	case "guest.updated":
		if at := lumaAttended(guest); at != "" {
			return "webinar_attended", at
		}
		switch guest.get("approval_status").str() {
		case "approved":
			return "webinar_registration_approved", ""
		case "declined":
			return "webinar_registration_denied", ""
		}
	}
	return "", ""
}

// lumaAttended is when a guest came: online by the link, or at the door.
func lumaAttended(guest *node) string {
	if at := guest.get("joined_at").str(); at != "" {
		return at
	}
	for _, ticket := range guest.get("event_tickets").list() {
		if at := ticket.get("checked_in_at").str(); at != "" {
			return at
		}
	}
	return ""
}

// lumaAnswers leaves one answer of each question, for Luma gives some of them
// several times over.
func lumaAnswers(list *node) *node {
	answers := node{sort: array}
	for _, a := range list.list() {
		value := "value"
		if a.get(value).blank() {
			value = "answer"
		}
		if v := a.get(value); v != nil && v.sort == object {
			answers.kids = append(answers.kids, node{sort: object, kids: v.kids}) // {company, job_title}
			continue
		}
		answers.kids = append(answers.kids, *a.only("label", "question_type", value))
	}
	return &answers
}

// lumaOwn are members about a guest that are Luma's own, or read apart.
var lumaOwn = []string{"id", "user_id", "registration_answers", "event", "event_ticket", "event_tickets", "event_ticket_orders", "approval_status", "check_in_qr_code", "eth_address", "solana_address",
	"invited_at", "joined_at", "registered_at", "created_at"}
