package provider

import (
	"fmt"
	"net/url"

	"github.com/leadgate/leadgate/lead"
)

// wufoo reads entries of Wufoo's forms. The hook should send its metadata too:
// without them a field is called Field3 and nothing else.
var wufoo = Provider{
	Name:    "wufoo",
	Title:   "Wufoo",
	Doc:     "https://wufoo.github.io/docs/",
	Verify:  wufooVerify,
	Sign:    wufooSign,
	Touches: wufooTouches,
}

// wufooVerify compares the key that Wufoo was given with the one it sends.
func wufooVerify(r *Request, secret string) error {
	body, err := parse(r)
	if err != nil {
		return fmt.Errorf("%w: no key in an unreadable body", ErrSignature)
	}
	return equalSecret(body.get("HandshakeKey").str(), secret)
}

func wufooSign(r *Request, secret string) {
	r.Body = fmt.Appendf(r.Body[:len(r.Body):len(r.Body)], "&HandshakeKey=%s", url.QueryEscape(secret))
}

func wufooTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	form := &node{}
	if n, err := parseJSON([]byte(body.get("FormStructure").str())); err == nil {
		form = n // without metadata there is none
	}
	s := submission{form: form.get("Name").str(), formID: form.get("Hash").str()}
	if entry := body.get("EntryId").str(); s.formID != "" && entry != "" {
		s.id = s.formID + "/" + entry // the number alone is another lead's in another form
	}
	t := r.submitted(s)
	r.read(&t, body.without("EntryId", "DateCreated", "CreatedBy", "IP", "HandshakeKey", "FormStructure"))
	return one(t)
}
