package provider

import (
	"crypto/sha1" // what Intercom signs with; an HMAC with it still holds
	"strings"

	"golang.org/x/net/html"

	"github.com/leadgate/leadgate/lead"
)

// intercom reads new contacts and the conversations that people begin.
var intercom = Provider{
	Name:    "intercom",
	Title:   "Intercom",
	Doc:     "https://developers.intercom.com/docs/webhooks/setting-up-webhooks",
	Verify:  intercomMAC.verify,
	Sign:    intercomMAC.sign,
	Touches: intercomTouches,
}

var intercomMAC = mac{header: "X-Hub-Signature", prefix: "sha1=", hash: sha1.New}

func intercomTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	item := body.get("data", "item")
	t := r.submitted(submission{id: body.get("id").str(), at: body.get("created_at").str()})
	switch body.get("topic").str() {
	case "contact.created", "contact.lead.created", "contact.lead.added_email", "contact.lead.signed_up", "contact.added_email", "contact.signed_up", "contact.user.created", "user.created":
		setField(&t, "contact_id", item.get("id").str())
	case "conversation.user.created":
		setField(&t, "conversation_id", item.get("id").str())
		t.Message = plainText(item.get("source", "body").str())
		t.PageURL = item.get("source", "url").str()
		if person := item.get("source", "author"); person != nil {
			item = person
		} else {
			item = item.get("user")
		}
	default:
		return nil, nil
	}
	for _, key := range []string{"companies", "data"} { // the one in some versions, the other in others
		if all := item.get("companies", key).list(); len(all) > 0 {
			t.Person.Company = all[0].get("name").str()
		}
	}
	r.read(&t, item.only("email", "phone", "name", "custom_attributes", "referrer", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"),
		item.get("location_data").only("city_name", "country_name"))
	if !t.Person.Reachable() {
		return nil, nil // a visitor; should they leave an address, that comes as contact.lead.added_email
	}
	return one(t)
}

// plainText is what a person wrote, without the tags that an editor puts
// around it.
func plainText(markup string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(markup))
	for {
		switch z.Next() {
		case html.ErrorToken: // the end
			return strings.TrimSpace(b.String())
		case html.TextToken:
			b.Write(z.Text())
		case html.StartTagToken, html.SelfClosingTagToken:
			if name, _ := z.TagName(); (string(name) == "p" || string(name) == "br" || string(name) == "li") && b.Len() > 0 {
				b.WriteByte('\n')
			}
		}
	}
}
