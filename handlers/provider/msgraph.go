package provider

import (
	"cmp"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strconv"
	"strings"

	"github.com/leadgate/leadgate/lead"
)

// msgraph reads that somebody registered for a webinar of Microsoft Teams; who
// it was must be fetched. Nothing is signed: the secret is the clientState of
// the subscription, which every notification repeats.
var msgraph = Provider{
	Name:    "msgraph",
	Title:   "Microsoft Graph",
	Doc:     "https://learn.microsoft.com/graph/change-notifications-delivery-webhooks",
	Verify:  msgraphVerify,
	Sign:    msgraphSign,
	Reply:   msgraphChallenge,
	Touches: msgraphTouches,
	Fetch:   &Fetch{Host: "https://graph.microsoft.com", Grant: &msgraphGrant, Read: msgraphFetch},
}

// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
var msgraphGrant = Grant{
	Host:  "https://login.microsoftonline.com",
	Path:  func(tenant string) string { return "/" + tenant + "/oauth2/v2.0/token" },
	Scope: "https://graph.microsoft.com/.default",
}

// msgraphVerify compares the clientState of all notifications. The challenge
// holds none; it is answered whatever its body says, and never read further.
func msgraphVerify(r *Request, secret string) error {
	if msgraphToken(r) != "" {
		return nil
	}
	body, err := parse(r)
	if err != nil || len(body.get("value").list()) == 0 {
		return fmt.Errorf("%w: no clientState", ErrSignature)
	}
	for _, notification := range body.get("value").list() {
		if err := equalSecret(notification.get("clientState").str(), secret); err != nil {
			return err
		}
	}
	return nil
}

// msgraphToken is the challenge's token. Verify and Reply must agree on what a
// challenge is: what is let pass as one must never be read as a delivery.
func msgraphToken(r *Request) string {
	if token := r.query("validationToken"); len(token) <= 4096 {
		return token
	}
	return ""
}

func msgraphSign(r *Request, secret string) {
	var body struct {
		Value []map[string]any `json:"value"`
	}
	if json.Unmarshal(r.Body, &body) != nil {
		return // what is no notification has no place for it
	}
	for _, notification := range body.Value {
		notification["clientState"] = secret
	}
	r.Body, _ = json.Marshal(body) // was JSON: cannot fail
}

// msgraphChallenge repeats the token that Graph sends when a subscription is
// made, as a text in which no page could hide.
func msgraphChallenge(r *Request) (*Reply, error) {
	token := msgraphToken(r)
	if token == "" {
		return nil, nil
	}
	return &Reply{ContentType: "text/plain; charset=utf-8", Body: []byte(html.EscapeString(token))}, nil
}

func msgraphTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	var touches []lead.Touch
	for _, n := range body.get("value").list() {
		change, subscription, what := n.get("changeType").str(), n.get("subscriptionId").str(), n.get("resourceData")
		path := cmp.Or(what.get("@odata.id").str(), n.get("resource").str())
		if change != "created" && change != "updated" || after(path, "registrations") == "" && !strings.HasSuffix(path, "/registrations") {
			continue // of the subscription itself, or of the webinar
		}
		t := r.did("webinar_registered", "") // or cancelled, when it was updated: the fetch shows which
		t.NeedsFetch = true
		t.Event.ID = after(path, "webinars")
		id := what.get("id").str()
		setField(&t, "registration_id", cmp.Or(after(path, "registrations"), id[strings.LastIndexByte(id, '/')+1:]))
		setField(&t, "tenant_id", n.get("tenantId").str())
		setField(&t, "change", change)
		t.DeliveryID = deliveryID(subscription, id, change)
		if change == "updated" {
			// A registration is updated more than once.
			t.DeliveryID = deliveryID(subscription, id, change, cmp.Or(n.get("id").str(), strconv.FormatInt(r.Now.Unix(), 10)))
		}
		touches = append(touches, t)
	}
	return touches, nil
}

// msgraphStatus are the states of a registration that are no registering.
var msgraphStatus = map[string]lead.Action{
	"canceled": "webinar_cancelled", "rejectedByOrganizer": "webinar_registration_denied",
	"pendingApproval": "webinar_registration_pending", "waitlisted": "webinar_registration_pending",
}

func msgraphFetch(r *Request, t *lead.Touch, get Get) (lead.Touch, error) {
	whole, err := answered(get("/v1.0/solutions/virtualEvents/webinars/" + url.PathEscape(t.Event.ID) + "/registrations/" + url.PathEscape(t.Fields["registration_id"])))
	if err != nil {
		return lead.Touch{}, err
	}
	got := lead.Touch{Action: msgraphStatus[whole.get("status").str()]}
	for _, a := range whole.get("registrationQuestionAnswers").list() {
		value := cmp.Or(a.get("value").str(), a.get("booleanValue").str())
		if choices := a.get("multiChoiceValues"); !choices.blank() {
			value = said(choices, nil)
		}
		setField(&got, cmp.Or(a.get("displayName").str(), a.get("questionId").str()), value)
	}
	r.read(&got, whole.only("firstName", "lastName", "email"))
	return got, nil
}

// after returns the part of a path that follows a name.
func after(path, name string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts[:len(parts)-1] {
		if part == name {
			return parts[i+1]
		}
	}
	return ""
}
