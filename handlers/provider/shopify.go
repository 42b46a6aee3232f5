package provider

import (
	"cmp"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// shopify reads new customers.
var shopify = Provider{
	Name:    "shopify",
	Title:   "Shopify",
	Doc:     "https://shopify.dev/docs/apps/build/webhooks/subscribe/https",
	Verify:  shopifyMAC.verify,
	Sign:    shopifyMAC.sign,
	Erase:   shopifyErase,
	Touches: shopifyTouches,
	Sample:  shopifySample,
}

var shopifyMAC = mac{header: "X-Shopify-Hmac-Sha256", base64: true}

// shopifyErase reads the privacy topics that every app has to heed:
// https://shopify.dev/docs/apps/build/compliance/privacy-law-compliance.
// What customers/data_request asks for, `leadgate export` gives.
func shopifyErase(r *Request) *Erasure {
	topic := r.Header.Get("X-Shopify-Topic")
	if topic != "customers/redact" && topic != "shop/redact" {
		return nil
	}
	body, err := parseObject(r)
	if err != nil {
		return nil
	}
	if topic == "shop/redact" {
		shop := body.get("shop_domain").str()
		if shop == "" {
			shop = r.Header.Get("X-Shopify-Shop-Domain")
		}
		return &Erasure{Field: "shop", Value: shop}
	}
	return &Erasure{Email: body.get("customer", "email").str(), Phone: body.get("customer", "phone").str()}
}

// shopifyTouches reads customers.
func shopifyTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	if cmp.Or(r.Header.Get("X-Shopify-Topic"), "customers/create") != "customers/create" || body.get("id").blank() {
		return nil, nil
	}
	t := r.submitted(submission{id: r.Header.Get("X-Shopify-Webhook-Id"), at: body.get("created_at").str()})
	t.Test = r.Header.Get("X-Shopify-Test") == "true"
	setField(&t, "customer_id", body.get("id").str())
	setField(&t, "shop", r.Header.Get("X-Shopify-Shop-Domain"))
	address := body.get("default_address")
	if all := body.get("addresses").list(); address.blank() && len(all) > 0 {
		address = &all[0]
	}
	t.Person.Company = address.get("company").str()
	r.read(&t, body.only("email", "first_name", "last_name", "phone", "note", "tags", "email_marketing_consent"), address.only("phone", "city", "province", "country"))
	return one(t)
}

func shopifySample(now time.Time) Sample {
	type parts = map[string]any
	s := jsonSample(parts{
		"id": now.UnixNano(), "created_at": now.UTC().Format(time.RFC3339), "email": "femke.aalders@tulpenhof.example", "first_name": "Femke", "last_name": "Aalders",
		"phone": "+31 20 555 0166", "note": "Wholesale prices for 60 shops, please.", "tags": "wholesale", "verified_email": true,
		"default_address":         parts{"company": "Tulpenhof", "city": "Utrecht", "country": "Netherlands"},
		"email_marketing_consent": parts{"state": "subscribed", "opt_in_level": "single_opt_in", "consent_updated_at": nil},
	})
	s.Header = map[string]string{"X-Shopify-Topic": "customers/create", "X-Shopify-Shop-Domain": "sample.myshopify.com", "X-Shopify-Webhook-Id": now.UTC().Format("sample-20060102150405.000000000")}
	return s
}
