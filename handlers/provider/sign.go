package provider

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"strconv"
	"strings"
	"time"
)

// mac is how a vendor signs with an HMAC. Most vendors differ only in these
// few things; a vendor's file states them and uses verify and sign:
//
//	var tallyMAC = mac{header: "Tally-Signature", base64: true}
//
// Before and after are what is signed in front of and behind the raw body;
// they get the time as the vendor writes it.
type mac struct {
	header string           // holds the signature
	prefix string           // in front of it: sha256=
	base64 bool             // else hex, of either case
	hash   func() hash.Hash // nil: SHA-256
	before func(r *Request, stamp string) string
	after  func(r *Request, stamp string) string

	// Where the vendor signs a time as well:
	listed bool          // "t=...,v1=..." in the header itself
	stamp  string        // else the header that holds it
	millis bool          // else seconds
	window time.Duration // how far it may be from now, either way; 0: any time
}

// verify checks a request with one secret. Its errors are ErrSignature and
// ErrStale; they never tell the expected value.
func (m mac) verify(r *Request, secret string) error {
	if secret == "" {
		return fmt.Errorf("%w: no secret", ErrSignature)
	}
	got, err := header(r, m.header)
	if err != nil {
		return err
	}
	stamp := ""
	signatures := []string{got}
	if m.listed {
		stamp, signatures = listed(got)
	} else if m.stamp != "" {
		if stamp, err = header(r, m.stamp); err != nil {
			return err
		}
	}
	want := m.sum(r, secret, stamp)
	if !m.any(signatures, want) {
		return fmt.Errorf("%w: %s", ErrSignature, m.header)
	}
	if m.listed || m.stamp != "" {
		return m.fresh(stamp, r.Now)
	}
	return nil
}

// any compares all of a few signatures: vendors send two while a secret
// changes. The comparison takes as long for a wrong as for a right one.
func (m mac) any(signatures []string, want []byte) bool {
	ok := 0
	for _, s := range signatures[:min(len(signatures), 8)] {
		rest, found := strings.CutPrefix(s, m.prefix)
		if !found {
			continue
		}
		got, err := hex.DecodeString(rest)
		if m.base64 {
			got, err = base64.StdEncoding.DecodeString(rest)
		}
		if err == nil {
			ok |= subtle.ConstantTimeCompare(got, want)
		}
	}
	return ok == 1
}

func (m mac) sum(r *Request, secret, stamp string) []byte {
	h := m.hash
	if h == nil {
		h = sha256.New
	}
	sum := hmac.New(h, []byte(secret))
	if m.before != nil {
		sum.Write([]byte(m.before(r, stamp)))
	}
	sum.Write(r.Body)
	if m.after != nil {
		sum.Write([]byte(m.after(r, stamp)))
	}
	return sum.Sum(nil)
}

// fresh checks a signed time against the window.
func (m mac) fresh(stamp string, now time.Time) error {
	n, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return fmt.Errorf("%w: no time", ErrStale)
	}
	at := time.Unix(n, 0)
	if m.millis {
		at = time.UnixMilli(n)
	}
	if off := now.Sub(at); m.window > 0 && (off > m.window || off < -m.window) {
		return fmt.Errorf("%w: off by %s", ErrStale, off.Round(time.Second))
	}
	return nil
}

// sign makes a request's signature valid, as the vendor would at r.Now.
func (m mac) sign(r *Request, secret string) {
	stamp := ""
	if m.listed || m.stamp != "" {
		stamp = strconv.FormatInt(r.Now.Unix(), 10)
		if m.millis {
			stamp = strconv.FormatInt(r.Now.UnixMilli(), 10)
		}
	}
	if m.stamp != "" {
		r.Header.Set(m.stamp, stamp)
	}
	sum := m.sum(r, secret, stamp)
	signature := m.prefix + hex.EncodeToString(sum)
	if m.base64 {
		signature = m.prefix + base64.StdEncoding.EncodeToString(sum)
	}
	if m.listed {
		signature = "t=" + stamp + ",v1=" + signature
	}
	r.Header.Set(m.header, signature)
}

// header returns a header that must be there exactly once: of two signatures
// nobody knows which one a proxy has looked at.
func header(r *Request, name string) (string, error) {
	switch values := r.Header.Values(name); {
	case len(values) == 0 || values[0] == "":
		return "", fmt.Errorf("%w: no %s", ErrSignature, name)
	case len(values) > 1:
		return "", fmt.Errorf("%w: several %s", ErrSignature, name)
	default:
		return values[0], nil
	}
}

// listed reads "t=1700000000,v1=ab12,v1=cd34".
func listed(s string) (stamp string, signatures []string) {
	for part := range strings.SplitSeq(s, ",") {
		switch name, value, _ := strings.Cut(strings.TrimSpace(part), "="); name {
		case "t":
			stamp = value
		case "v1":
			signatures = append(signatures, value)
		}
	}
	return stamp, signatures
}

// equalSecret compares a secret that a vendor sends as it is. An empty one
// never matches.
func equalSecret(got, secret string) error {
	if secret == "" || subtle.ConstantTimeCompare([]byte(got), []byte(secret)) != 1 {
		return fmt.Errorf("%w: the shared key", ErrSignature)
	}
	return nil
}
