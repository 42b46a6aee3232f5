package provider

import (
	"cmp"

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
