package provider

import (
	"crypto/sha256"
	"fmt"

	"github.com/leadgate/leadgate/lead"
)

// framer reads the forms of Framer's sites. Nothing in a delivery says which
// form it was, so each form has a source of its own.
var framer = Provider{
	Name:    "framer",
	Title:   "Framer",
	Doc:     "https://www.framer.com/help/articles/framer-form-webhook-setup/",
	Verify:  framerVerify,
	Sign:    framerSign,
	Touches: framerTouches,
}

const framerID = "Framer-Webhook-Submission-Id"

var framerMAC = mac{
	header: "Framer-Signature", prefix: "sha256=",
	after: func(r *Request, _ string) string { return r.Header.Get(framerID) },
}

// framerVerify insists on the id, which is signed behind the body.
func framerVerify(r *Request, secret string) error {
	if _, err := header(r, framerID); err != nil {
		return err
	}
	return framerMAC.verify(r, secret)
}

func framerSign(r *Request, secret string) {
	if r.Header.Get(framerID) == "" {
		sum := sha256.Sum256(r.Body)
		r.Header.Set(framerID, fmt.Sprintf("%x", sum[:16]))
	}
	framerMAC.sign(r, secret)
}

func framerTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	t := r.submitted(submission{id: r.Header.Get(framerID)})
	r.read(&t, body)
	return one(t)
}
