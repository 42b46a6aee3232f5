package provider

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/leadgate/leadgate/lead"
)

// googleAds reads lead forms. Google takes any 4xx as final.
var googleAds = Provider{
	Name:    "googleads",
	Title:   "Google Ads",
	Doc:     "https://developers.google.com/google-ads/webhook/docs/implementation",
	Verify:  googleAdsVerify,
	Sign:    googleAdsSign,
	Touches: googleAdsTouches,
}

// googleAdsVerify compares the key in the body, once spelled Google_key on
// Google's own page.
func googleAdsVerify(r *Request, secret string) error {
	body, err := parse(r)
	if err != nil {
		return fmt.Errorf("%w: no key, for the body cannot be read", ErrSignature)
	}
	key := ""
	for _, kid := range body.list() {
		if strings.EqualFold(kid.key, "google_key") {
			key = kid.text
		}
	}
	return equalSecret(key, secret)
}

// googleAdsSign puts the key into the body.
func googleAdsSign(r *Request, secret string) {
	key, _ := json.Marshal(secret) // a string: cannot fail
	r.Body = bytes.Replace(r.Body, []byte(`"google_key":""`), append([]byte(`"google_key":`), key...), 1)
}

func googleAdsTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	columns := body.get("user_column_data")
	if columns.blank() {
		return nil, nil
	}
	t := r.touch("social_ad_form")
	t.Test = body.get("is_test").yes()
	if !t.Test {
		t.DeliveryID = body.get("lead_id").str() // the test button sends one id again and again
	}
	if at, ok := moment(body.get("lead_submit_time").str()); ok {
		t.At = r.believed(at)
	}
	for _, key := range []string{"form_id", "campaign_id", "adgroup_id", "creative_id", "asset_group_id", "lead_stage"} {
		if s := body.get(key).str(); s != "0" { // none
			setField(&t, key, s)
		}
	}
	r.read(&t, body.only("user_column_data", "gcl_id"))
	return one(t)
}
