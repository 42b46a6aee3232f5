package provider

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// linkedIn reads lead gen forms. The webhook tells only that there is a lead;
// who it is must be fetched.
var linkedIn = Provider{
	Name:    "linkedin",
	Title:   "LinkedIn",
	Doc:     "https://learn.microsoft.com/en-us/linkedin/shared/api-guide/webhook-validation",
	Verify:  linkedInMAC.verify,
	Sign:    linkedInMAC.sign,
	Reply:   linkedInChallenge,
	Erase:   linkedInErase,
	Touches: linkedInTouches,
	Fetch:   &Fetch{Host: "https://api.linkedin.com", Header: linkedInVersion, Read: linkedInFetch},
}

// The words are signed in front of the body, and are not in the header.
var linkedInMAC = mac{header: "X-LI-Signature", before: func(*Request, string) string { return "hmacsha256=" }}

// linkedInChallenge answers the GET that comes every two hours. Three failures
// in a row, and LinkedIn blocks the webhook.
func linkedInChallenge(r *Request) (*Reply, error) {
	code := r.URL.Query().Get("challengeCode")
	if r.Method != http.MethodGet || code == "" || len(code) > 200 || len(r.Source.Secrets) == 0 || r.Source.Secrets[0] == "" {
		return nil, nil
	}
	sum := mac{}.sum(&Request{Body: []byte(code)}, r.Source.Secrets[0], "")
	answer, err := json.Marshal(map[string]string{"challengeCode": code, "challengeResponse": fmt.Sprintf("%x", sum)})
	return &Reply{ContentType: "application/json", Body: answer}, err
}

// linkedInErase reads that a lead was deleted: its person is to be forgotten.
func linkedInErase(r *Request) *Erasure {
	body, err := parseObject(r)
	if err != nil || body.get("type").str() != "LEAD_ACTION" || body.get("leadAction").str() != "DELETED" {
		return nil
	}
	response := body.get("leadGenFormResponse").str()
	if response == "" {
		return nil
	}
	return &Erasure{Delivery: linkedInDelivery(response)}
}

// linkedInDelivery names the delivery of a new lead, so that a later DELETED
// finds its touch.
func linkedInDelivery(response string) string { return response + "|CREATED" }

// linkedInTouches reads new leads.
func linkedInTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	if body.get("formResponse") != nil {
		return linkedInWhole(r, body)
	}
	response := body.get("leadGenFormResponse").str()
	if body.get("type").str() != "LEAD_ACTION" || body.get("leadAction").str() != "CREATED" || response == "" {
		return nil, nil
	}
	t := r.touch("social_ad_form")
	t.NeedsFetch, t.DeliveryID = true, linkedInDelivery(response)
	t.Event.ID = body.get("associatedEntity", "event").str()
	if at, ok := moment(body.get("occurredAt").str()); ok {
		t.At = r.believed(at)
	}
	setField(&t, "lead_gen_form_response", response)
	setField(&t, "lead_gen_form", body.get("leadGenForm").str())
	setField(&t, "lead_type", body.get("leadType").str())
	setField(&t, "owner", body.get("owner").first("sponsoredAccount", "organization"))
	setField(&t, "creative", body.get("associatedEntity").first("sponsoredCreative", "associatedCreative"))
	return one(t)
}

// linkedInWhole reads a lead with its answers, as it is fetched, or sent by an
// intermediary that has fetched it. What was asked must be with it as "form",
// for an answer only has its question's id.
func linkedInWhole(r *Request, body *node) ([]lead.Touch, error) {
	t := r.touch("social_ad_form")
	t.DeliveryID = body.get("id").str()
	t.Test = body.get("testLead").yes()
	if at, ok := moment(body.get("submittedAt").str()); ok {
		t.At = r.believed(at)
	}
	r.read(&t, body.only("form", "formResponse"), body.get("form").only("hiddenFields"))
	return one(t)
}

// linkedInVersion asks for the API of three months ago: one comes out each month
// and lives for a year.
func linkedInVersion(now time.Time) map[string]string {
	return map[string]string{"LinkedIn-Version": now.AddDate(0, -3, 0).Format("200601"), "X-Restli-Protocol-Version": "2.0.0"}
}

// linkedInFetch asks for the response together with its form; should the form
// not be with it, for the form as well.
func linkedInFetch(r *Request, t *lead.Touch, get Get) (lead.Touch, error) {
	id := t.Fields["lead_gen_form_response"]
	whole, err := answered(get("/rest/leadFormResponses/" + url.PathEscape(id[strings.LastIndexByte(id, ':')+1:]) +
		"?fields=id,submittedAt,testLead,leadType,leadMetadata,versionedLeadGenFormUrn,formResponse,form:(id,name,hiddenFields,content)"))
	if err != nil {
		return lead.Touch{}, err
	}
	if whole.get("form") == nil {
		_, form, _ := strings.Cut(cmp.Or(whole.get("versionedLeadGenFormUrn").str(), t.Fields["lead_gen_form"]), "leadGenForm:")
		form, _, _ = strings.Cut(form, ",")
		asked, err := answered(get("/rest/leadForms/" + url.PathEscape(form)))
		if err != nil {
			return lead.Touch{}, err
		}
		asked.key = "form"
		whole.kids = append(whole.kids, *asked)
	}
	touches, err := linkedInWhole(r, whole)
	if err != nil {
		return lead.Touch{}, err
	}
	setField(&touches[0], "form_name", whole.get("form", "name").str())
	return touches[0], nil
}
