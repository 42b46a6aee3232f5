package provider

import (
	"net/http"
	"net/url"

	"github.com/leadgate/leadgate/lead"
)

// meta reads the lead ads of Facebook and Instagram. The webhook tells only
// that there is a lead; who it is must be fetched.
var meta = Provider{
	Name:    "meta",
	Title:   "Meta Lead Ads",
	Doc:     "https://developers.facebook.com/docs/marketing-api/guides/lead-ads/retrieving/",
	Verify:  metaMAC.verify,
	Sign:    metaMAC.sign,
	Reply:   metaChallenge,
	Touches: metaTouches,
	Fetch:   &Fetch{Host: "https://graph.facebook.com", Read: metaFetch},
}

var metaMAC = mac{header: "X-Hub-Signature-256", prefix: "sha256="}

// metaChallenge answers the GET with which a subscription begins.
func metaChallenge(r *Request) (*Reply, error) {
	query := r.URL.Query()
	if r.Method != http.MethodGet || query.Get("hub.mode") != "subscribe" {
		return nil, nil
	}
	if equalSecret(query.Get("hub.verify_token"), r.Source.VerifyToken) != nil {
		return &Reply{Status: http.StatusForbidden}, nil
	}
	return &Reply{ContentType: "text/plain; charset=utf-8", Body: []byte(query.Get("hub.challenge"))}, nil
}

func metaTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	if body.get("field_data") != nil {
		return metaWhole(r, body)
	}
	var touches []lead.Touch
	for _, entry := range body.get("entry").list() {
		for _, change := range entry.get("changes").list() {
			if id := change.get("value", "leadgen_id").str(); change.get("field").str() == "leadgen" && id != "" {
				touches = append(touches, metaLead(r, id, change.get("value")))
			}
		}
	}
	return touches, nil
}

func metaLead(r *Request, id string, value *node) lead.Touch {
	t := r.touch("social_ad_form")
	t.NeedsFetch, t.DeliveryID = true, id
	if at, ok := moment(value.get("created_time").str()); ok {
		t.At = r.believed(at)
	}
	for _, key := range []string{"leadgen_id", "form_id", "page_id", "ad_id", "adgroup_id"} {
		setField(&t, key, value.get(key).str())
	}
	return t
}

// metaWhole reads a lead with its answers, as it is fetched, or sent by an
// intermediary that has fetched it.
func metaWhole(r *Request, body *node) ([]lead.Touch, error) {
	t := r.touch("social_ad_form")
	t.DeliveryID = body.get("id").str()
	if at, ok := moment(body.get("created_time").str()); ok {
		t.At = r.believed(at)
	}
	for _, key := range []string{"form_name", "form_id", "campaign_name", "ad_name", "platform"} {
		setField(&t, key, body.get(key).str())
	}
	r.read(&t, body.only("field_data", "custom_disclaimer_responses"))
	return one(t)
}

// metaFetch asks for the lead's answers. The token is a page's, with the
// permission leads_retrieval.
func metaFetch(r *Request, t *lead.Touch, get Get) (lead.Touch, error) {
	whole, err := answered(get("/" + url.PathEscape(t.Fields["leadgen_id"]) +
		"?fields=id,created_time,field_data,custom_disclaimer_responses,form_id,campaign_name,ad_name,platform,is_organic"))
	if err != nil {
		return lead.Touch{}, err
	}
	touches, err := metaWhole(r, whole)
	if err != nil {
		return lead.Touch{}, err
	}
	return touches[0], nil
}
