package provider

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/leadgate/leadgate/lead"
)

// netlify reads Netlify's forms: the outgoing webhook, and what a function for
// submission-created gets and passes on.
var netlify = Provider{
	Name:    "netlify",
	Title:   "Netlify Forms",
	Doc:     "https://docs.netlify.com/forms/notifications/",
	Verify:  netlifyVerify,
	Sign:    netlifySign,
	Touches: netlifyTouches,
}

// Netlify signs with a JSON Web Token that names the body's digest. It has no
// time; repeats are caught by their ids.
const (
	netlifyHeader = "X-Webhook-Signature"
	netlifyIssuer = "netlify"
)

type netlifyClaims struct {
	Issuer string `json:"iss"`
	SHA256 string `json:"sha256"` // of the body, in hex
}

func netlifyVerify(r *Request, secret string) error {
	if secret == "" {
		return fmt.Errorf("%w: no secret", ErrSignature)
	}
	token, err := header(r, netlifyHeader)
	if err != nil {
		return err
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return fmt.Errorf("%w: not a token", ErrSignature)
	}
	var head struct {
		Algorithm string `json:"alg"`
	}
	if err := netlifyPart(parts[0], &head); err != nil || head.Algorithm != "HS256" {
		return fmt.Errorf("%w: the algorithm is not HS256", ErrSignature) // "none" would let anybody in
	}
	got, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || subtle.ConstantTimeCompare(got, netlifySum(parts[0]+"."+parts[1], secret)) != 1 {
		return fmt.Errorf("%w: %s", ErrSignature, netlifyHeader)
	}
	var claims netlifyClaims
	if err := netlifyPart(parts[1], &claims); err != nil || claims.Issuer != netlifyIssuer {
		return fmt.Errorf("%w: not issued by Netlify", ErrSignature)
	}
	digest, err := hex.DecodeString(claims.SHA256)
	if want := sha256.Sum256(r.Body); err != nil || subtle.ConstantTimeCompare(digest, want[:]) != 1 {
		return fmt.Errorf("%w: signed for another body", ErrSignature)
	}
	return nil
}

func netlifyPart(part string, into any) error {
	b, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, into)
}

func netlifySum(signed, secret string) []byte {
	return mac{}.sum(&Request{Body: []byte(signed)}, secret, "")
}

func netlifySign(r *Request, secret string) {
	claims, _ := json.Marshal(netlifyClaims{Issuer: netlifyIssuer, SHA256: fmt.Sprintf("%x", sha256.Sum256(r.Body))}) // two texts: cannot fail
	signed := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString(claims)
	r.Header.Set(netlifyHeader, signed+"."+base64.RawURLEncoding.EncodeToString(netlifySum(signed, secret)))
}

func netlifyTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	sent := body
	if inner := body.get("payload"); inner != nil {
		sent = inner
	}
	t := r.submitted(submission{id: sent.first("id"), at: sent.first("created_at"), form: sent.first("form_name"), formID: sent.first("form_id")})
	r.read(&t, netlifyParts(sent)...)
	return one(t)
}

// netlifyParts are the fields with their labels, then what has none: the page,
// and what Netlify itself made of the name.
func netlifyParts(sent *node) []*node {
	labelled := sent.get("ordered_human_fields")
	data, guessed := sent.get("data"), &node{sort: object}
	for _, f := range labelled.list() {
		data = data.without(f.get("name").str())
	}
	for _, key := range []string{"email", "name", "first_name", "last_name", "company"} {
		if n := sent.get(key); n != nil {
			guessed.kids = append(guessed.kids, *n)
		}
	}
	return []*node{labelled, data, guessed}
}
