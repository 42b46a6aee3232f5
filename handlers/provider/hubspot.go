package provider

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// hubspot reads the webhooks of workflows, which carry the contact, and those
// of apps, which carry only its id.
var hubspot = Provider{
	Name:    "hubspot",
	Title:   "HubSpot",
	Doc:     "https://developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests",
	Verify:  hubspotVerify,
	Sign:    hubspotV3(rawURI).sign,
	Touches: hubspotTouches,
	Fetch:   &Fetch{Host: "https://api.hubapi.com", Read: hubspotFetch},
}

// hubspotV3 is the newest of three signatures. It covers the address too.
func hubspotV3(uri func(*url.URL) string) mac {
	return mac{
		header: "X-HubSpot-Signature-v3", base64: true, stamp: "X-HubSpot-Request-Timestamp", millis: true, window: 5 * time.Minute,
		before: func(r *Request, _ string) string { return r.Method + uri(r.URL) },
		after:  func(_ *Request, stamp string) string { return stamp },
	}
}

func rawURI(u *url.URL) string { return u.String() }

// decodedURI is the address with these characters decoded, as HubSpot asks.
func decodedURI(u *url.URL) string { return hubspotDecoded.Replace(u.String()) }

var hubspotDecoded = strings.NewReplacer("%3A", ":", "%2F", "/", "%3F", "?", "%40", "@", "%21", "!", "%24", "$", "%27", "'", "%28", "(", "%29", ")", "%2A", "*", "%2C", ",", "%3B", ";",
	"%3a", ":", "%2f", "/", "%3f", "?", "%2a", "*", "%2c", ",", "%3b", ";")

// hubspotVerify takes the newest signature that is there. The older two come
// in one header; another header tells which one it is.
func hubspotVerify(r *Request, secret string) error {
	if r.Header.Get("X-HubSpot-Signature-v3") != "" {
		err := hubspotV3(rawURI).verify(r, secret)
		if errors.Is(err, ErrSignature) {
			err = hubspotV3(decodedURI).verify(r, secret)
		}
		return err
	}
	got, err := header(r, "X-HubSpot-Signature")
	if err != nil {
		return err
	}
	signed := secret
	switch version := r.Header.Get("X-HubSpot-Signature-Version"); version {
	case "v1":
	case "v2":
		signed += r.Method + rawURI(r.URL)
	default:
		return fmt.Errorf("%w: version %.10q", ErrSignature, version)
	}
	sum := sha256.Sum256(append([]byte(signed), r.Body...))
	mine, err := hex.DecodeString(got)
	if secret == "" || err != nil || subtle.ConstantTimeCompare(mine, sum[:]) != 1 {
		return fmt.Errorf("%w: X-HubSpot-Signature", ErrSignature)
	}
	return nil
}

func hubspotTouches(r *Request) ([]lead.Touch, error) {
	body, err := parse(r)
	if err != nil {
		return nil, err
	}
	if body.sort != array && body.get("subscriptionType") == nil {
		return hubspotContact(r, body)
	}
	notices := body.list()
	if body.sort == object {
		notices = []node{*body}
	}
	var touches []lead.Touch
	for i := range notices {
		if t, ok := hubspotNotice(r, &notices[i]); ok {
			touches = append(touches, t)
		}
	}
	return touches, nil
}

// hubspotNotice reads one of an app's batch. Only new contacts are touches:
// a change of a property says nothing about what the person did.
func hubspotNotice(r *Request, n *node) (lead.Touch, bool) {
	kind := n.get("subscriptionType").str()
	if kind != "contact.creation" && (kind != "object.creation" || n.get("objectTypeId").str() != "0-1") {
		return lead.Touch{}, false
	}
	t := r.submitted(submission{id: n.get("portalId").str() + "/" + n.get("subscriptionId").str() + "/" + n.get("eventId").str(), at: n.get("occurredAt").str()})
	t.NeedsFetch = true
	setField(&t, "object_id", n.get("objectId").str())
	setField(&t, "portal_id", n.get("portalId").str())
	setField(&t, "change_source", n.get("changeSource").str())
	return t, true
}

// hubspotContact reads the contact of a workflow: the old nested form, or the
// flat properties that its maker chose.
func hubspotContact(r *Request, body *node) ([]lead.Touch, error) {
	t := r.touch("contact_form")
	setField(&t, "contact_id", body.first("vid", "objectId", "hs_object_id"))
	if body.get("vid") == nil || body.get("properties") == nil {
		r.read(&t, body.without("objectId", "hs_object_id", "vid"))
		return one(t)
	}
	if sent := body.get("form-submissions").list(); len(sent) > 0 { // the latest comes first
		setField(&t, "form_name", sent[0].get("title").str())
		t.PageURL = sent[0].get("page-url").str()
	}
	r.read(&t, hubspotProperties(body.get("properties")))
	for _, profile := range body.get("identity-profiles").list() { // an address may be there alone
		for _, identity := range profile.get("identities").list() {
			if address, ok := email(identity.get("value").str()); ok && t.Person.Email == "" {
				t.Person.Email = address
			}
		}
	}
	return one(t)
}

// hubspotProperties are the current values of properties, without what they
// were before.
func hubspotProperties(properties *node) *node {
	flat := &node{sort: object}
	for _, p := range properties.list() {
		if strings.HasPrefix(p.key, "hs_") && p.key != "hs_analytics_source" && p.key != "hs_google_click_id" && p.key != "hs_facebook_click_id" {
			continue // HubSpot's own bookkeeping, of which there are hundreds
		}
		if v := p.get("value"); v != nil {
			value := *v
			value.key = p.key
			flat.kids = append(flat.kids, value)
		}
	}
	return flat
}

// hubspotFetch asks for the contact, whose properties are flat there.
func hubspotFetch(r *Request, t *lead.Touch, get Get) (lead.Touch, error) {
	whole, err := answered(get("/crm/v3/objects/contacts/" + url.PathEscape(t.Fields["object_id"]) +
		"?properties=email,firstname,lastname,phone,mobilephone,company,jobtitle,website,city,country,industry,message,hs_analytics_source,hs_google_click_id,hs_facebook_click_id"))
	if err != nil {
		return lead.Touch{}, err
	}
	var got lead.Touch
	r.read(&got, whole.get("properties").without("createdate", "lastmodifieddate", "hs_object_id"))
	return got, nil
}
