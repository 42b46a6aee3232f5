package provider

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
)

// standardMAC is the signature of the Standard Webhooks specification, which
// several vendors use under header names of their own: HMAC-SHA256 over
// "id.timestamp.body" with the decoded secret, in a list of "v1,<base64>".
type standardMAC struct {
	prefix string // of the three headers: webhook, svix
}

const standardWindow = 5 * time.Minute

func (m standardMAC) verify(r *Request, secret string) error {
	key, err := standardKey(secret)
	if err != nil {
		return err
	}
	id, err := header(r, m.prefix+"-id")
	if err != nil {
		return err
	}
	if strings.Contains(id, ".") || len(id) > 256 {
		return fmt.Errorf("%w: the id is not one", ErrSignature) // the dot parts what is signed
	}
	stamp, err := header(r, m.prefix+"-timestamp")
	if err != nil {
		return err
	}
	signatures, err := header(r, m.prefix+"-signature")
	if err != nil {
		return err
	}
	want, ok := m.sum(r, key, id, stamp), 0
	for i, s := range strings.Fields(signatures) {
		version, value, _ := strings.Cut(s, ",")
		got, err := base64.StdEncoding.DecodeString(value)
		if version == "v1" && err == nil && i < 8 {
			ok |= subtle.ConstantTimeCompare(got, want)
		}
	}
	if ok != 1 {
		return fmt.Errorf("%w: %s-signature", ErrSignature, m.prefix)
	}
	return mac{window: standardWindow}.fresh(stamp, r.Now)
}

func (m standardMAC) sum(r *Request, key []byte, id, stamp string) []byte {
	sum := hmac.New(sha256.New, key)
	sum.Write([]byte(id + "." + stamp + "."))
	sum.Write(r.Body)
	return sum.Sum(nil)
}

// sign signs as the vendor would at r.Now; an id that is already there stays.
func (m standardMAC) sign(r *Request, secret string) {
	key, err := standardKey(secret)
	if err != nil {
		return // what is signed with no key cannot be valid
	}
	if r.Header.Get(m.prefix+"-id") == "" {
		sum := sha256.Sum256(r.Body)
		r.Header.Set(m.prefix+"-id", fmt.Sprintf("msg_%x", sum[:12]))
	}
	stamp := fmt.Sprint(r.Now.Unix())
	r.Header.Set(m.prefix+"-timestamp", stamp)
	r.Header.Set(m.prefix+"-signature", "v1,"+base64.StdEncoding.EncodeToString(m.sum(r, key, r.Header.Get(m.prefix+"-id"), stamp)))
}

// standardKey decodes whsec_<base64>.
func standardKey(secret string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || len(key) == 0 {
		return nil, fmt.Errorf("%w: the configured secret is not whsec_ and base64", ErrSignature)
	}
	return key, nil
}
