package provider

import (
	"crypto/sha1"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

const signedBody = `{"name":"Ada Lovelace","email":"ada@example.com"}`

func signed(body string, headers ...string) *Request {
	r := &Request{Method: http.MethodPost, Header: http.Header{}, Body: []byte(body), Now: time.Unix(1726000000, 0)}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

// TestMAC_Constructions are the signatures of vendors that differ in one thing
// each, over one body.
func TestMAC_Constructions(t *testing.T) {
	for _, c := range []struct {
		name, secret string
		mac          mac
		headers      []string
	}{
		{"Base64Prefixed", "typeform-test-secret", mac{header: "Typeform-Signature", prefix: "sha256=", base64: true},
			[]string{"Typeform-Signature", "sha256=hV/fLkMjKIE3B4z+08I2RkQM8HNWHhr4BYAeitY6LHg="}},
		{"HexPrefixed", "basin-test-secret", mac{header: "X-Basin-Signature", prefix: "sha256="},
			[]string{"X-Basin-Signature", "sha256=79e0a78e2f0f09f362702610a2a3dba76d31e9fbefd5785b444b9ff739a9b302"}},
		{"HexUpperCase", "basin-test-secret", mac{header: "X-Basin-Signature", prefix: "sha256="},
			[]string{"X-Basin-Signature", "sha256=79E0A78E2F0F09F362702610A2A3DBA76D31E9FBEFD5785B444B9FF739A9B302"}},
		{"TextInFront", "linkedin-test-client-secret", mac{header: "X-LI-Signature", before: func(*Request, string) string { return "hmacsha256=" }},
			[]string{"X-LI-Signature", "7c98b2b0874fd2036047636a2015741ab3efa7770781dec67f8fd190081eee8e"}},
		{"TextBehind", "framer-test-secret-0123456789abcdef0123", mac{header: "Framer-Signature", prefix: "sha256=", after: func(r *Request, _ string) string { return r.Header.Get("Framer-Webhook-Submission-Id") }},
			[]string{"Framer-Signature", "sha256=63c459d2a07621a4fa7969661ce4cc81f90726f19cb89d313892dadca4ae0b28", "Framer-Webhook-Submission-Id", "f3d1c0b2-1111-4a5b-9c8d-123456789abc"}},
		{"SHA1", "intercom-test-client-secret", mac{header: "X-Hub-Signature", prefix: "sha1=", hash: sha1.New},
			[]string{"X-Hub-Signature", "sha1=e9defce6ed8360e6d844892d76a41e74a16381e1"}},
		{"Milliseconds", "webflow-test-secret", mac{header: "X-Webflow-Signature", stamp: "X-Webflow-Timestamp", millis: true, window: 5 * time.Minute, before: func(_ *Request, stamp string) string { return stamp + ":" }},
			[]string{"X-Webflow-Signature", "de1c4d3a43becd534373bfe523b753d223d190fd938c432844291077d0c553a5", "X-Webflow-Timestamp", "1726000000000"}},
		{"Listed", "formspree_secret", listedMAC,
			[]string{"Formspree-Signature", "t=1726000000,v1=fa8227bd1b7f19cfabe357c58deb5b0066446db7d3b58a6eddd91f22f17efffd"}},
		{"ListedTwice", "formspree_secret", listedMAC,
			[]string{"Formspree-Signature", "t=1726000000, v1=00, v1=fa8227bd1b7f19cfabe357c58deb5b0066446db7d3b58a6eddd91f22f17efffd"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := signed(signedBody, c.headers...)
			if err := c.mac.verify(r, c.secret); err != nil {
				t.Errorf("verify = %v", err)
			}
			if err := c.mac.verify(r, c.secret+"x"); !errors.Is(err, ErrSignature) {
				t.Errorf("verify with another secret = %v", err)
			}
			if err := c.mac.verify(r, ""); !errors.Is(err, ErrSignature) {
				t.Errorf("verify without a secret = %v", err)
			}
			own := signed(signedBody, "Framer-Webhook-Submission-Id", "id-1")
			c.mac.sign(own, c.secret)
			if err := c.mac.verify(own, c.secret); err != nil {
				t.Errorf("verify = %v for its own signature", err)
			}
		})
	}
}

var listedMAC = mac{header: "Formspree-Signature", listed: true, window: 5 * time.Minute, before: func(_ *Request, stamp string) string { return stamp + "." }}

func TestMAC_Window(t *testing.T) {
	for name, c := range map[string]struct {
		off  time.Duration
		want error
	}{
		"Now": {0, nil}, "AtTheEdge": {5 * time.Minute, nil}, "Stale": {5*time.Minute + time.Second, ErrStale},
		"AheadAtTheEdge": {-5 * time.Minute, nil}, "Ahead": {-5*time.Minute - time.Second, ErrStale},
	} {
		r := signed(signedBody)
		listedMAC.sign(r, "s")
		r.Now = r.Now.Add(c.off)
		if err := listedMAC.verify(r, "s"); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: verify = %v, want %v", name, err, c.want)
		}
	}
}

func TestMAC_Refuses(t *testing.T) {
	good := signed(signedBody)
	listedMAC.sign(good, "s")
	value := good.Header.Get("Formspree-Signature")
	for name, values := range map[string][]string{
		"None": nil, "Empty": {""}, "Twice": {value, value}, "NoTime": {value[strings.Index(value, "v1="):]}, "NoSignature": {"t=1726000000"},
		"TimeIsNoNumber": {"t=now,v1=00"}, "NotHex": {"t=1726000000,v1=zz"}, "Short": {value[:len(value)-2]}, "OtherVersion": {strings.Replace(value, "v1", "v0", 1)},
	} {
		r := signed(signedBody)
		r.Header["Formspree-Signature"] = values
		if err := listedMAC.verify(r, "s"); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: verify = %v", name, err)
		}
	}
	r := signed(signedBody, "X-Basin-Signature", "79e0a78e2f0f09f362702610a2a3dba76d31e9fbefd5785b444b9ff739a9b302")
	if err := (mac{header: "X-Basin-Signature", prefix: "sha256="}).verify(r, "basin-test-secret"); !errors.Is(err, ErrSignature) {
		t.Errorf("without its prefix: verify = %v", err)
	}
	r = signed(signedBody, "S", "00")
	if err := (mac{header: "S", stamp: "T"}).verify(r, "s"); !errors.Is(err, ErrSignature) {
		t.Errorf("without the header of the time: verify = %v", err)
	}
}

// TestStandardMAC holds against the vector that the specification publishes.
func TestStandardMAC(t *testing.T) {
	const secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", `{"test": 2432232314}`
	const signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	for _, c := range []struct {
		name, id, stamp, signature, secret string
		now                                int64
		want                               error
	}{
		{"Published", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", signature, secret, 1614265330, nil},
		{"SecretWithoutPrefix", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", signature, secret[6:], 1614265330, nil},
		{"OneOfThree", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v2,x " + signature, secret, 1614265330, nil},
		{"OtherVersion", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", "v1a" + signature[2:], secret, 1614265330, ErrSignature},
		{"OtherID", "msg_other", "1614265330", signature, secret, 1614265330, ErrSignature},
		{"DotInID", "msg.p5", "1614265330", signature, secret, 1614265330, ErrSignature},
		{"LongID", strings.Repeat("m", 257), "1614265330", signature, secret, 1614265330, ErrSignature},
		{"NoID", "", "1614265330", signature, secret, 1614265330, ErrSignature},
		{"NoTime", "msg_p5jXN8AQM9LWM0D4loKWxJek", "", signature, secret, 1614265330, ErrSignature},
		{"NoSignature", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", "", secret, 1614265330, ErrSignature},
		{"Stale", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", signature, secret, 1614265330 + 301, ErrStale},
		{"Ahead", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", signature, secret, 1614265330 - 301, ErrStale},
		{"EmptySecret", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", signature, "", 1614265330, ErrSignature},
		{"SecretIsNoBase64", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", signature, "whsec_???", 1614265330, ErrSignature},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := signed(body, "svix-id", c.id, "svix-timestamp", c.stamp, "svix-signature", c.signature)
			r.Now = time.Unix(c.now, 0)
			if err := (standardMAC{prefix: "svix"}).verify(r, c.secret); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
				t.Errorf("verify = %v, want %v", err, c.want)
			}
		})
	}
}

func TestStandardMAC_Sign(t *testing.T) {
	m := standardMAC{prefix: "webhook"}
	r := signed(signedBody, "webhook-id", "msg_kept")
	m.sign(r, testSecret)
	if err := m.verify(r, testSecret); err != nil || r.Header.Get("webhook-id") != "msg_kept" {
		t.Errorf("verify = %v, id %q", err, r.Header.Get("webhook-id"))
	}
	r = signed(signedBody)
	m.sign(r, testSecret)
	if err := m.verify(r, testSecret); err != nil {
		t.Errorf("verify = %v with an id of our own", err)
	}
	r = signed(signedBody)
	if m.sign(r, "???"); len(r.Header) != 0 {
		t.Errorf("signed with no key: %v", r.Header)
	}
}

func TestEqualSecret(t *testing.T) {
	if err := equalSecret("k", "k"); err != nil {
		t.Errorf("equalSecret = %v", err)
	}
	for _, c := range [][2]string{{"k", "l"}, {"", ""}, {"k", ""}, {"", "k"}} {
		if err := equalSecret(c[0], c[1]); !errors.Is(err, ErrSignature) {
			t.Errorf("equalSecret(%q, %q) = %v", c[0], c[1], err)
		}
	}
}
