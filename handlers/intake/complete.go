package intake

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
)

// complete gives the touches of one request what every touch has: an id, where
// it came from, when, and what was done.
func complete(g *source.Endpoint, req *lead.Request, touches []*lead.Touch, h http.Header) {
	nameTouches(g, req, touches, h)
	for _, t := range touches {
		t.State = cmp.Or(t.State, lead.Accepted)
		t.Source, t.Provider, t.RequestID, t.ReceivedAt = g.Name, g.Format.Name, req.ID, req.ReceivedAt
		t.Action = cmp.Or(t.Action, g.Action, "contact_form") // the provider has heeded the source's where it may
		t.Consent = cmp.Or(t.Consent, lead.NotAsked)
		t.Trace = traceOf(h)
		if t.At.IsZero() {
			t.At = req.ReceivedAt
		}
		t.Person.Fill()
	}
}

// prove notes what touches tell that came from a source to which anybody can post:
// its clock is not believed, its consent and its test marks hold for the touch
// alone. An import was sent by somebody who had signed in, and a request with a
// token of this server by somebody who may write.
func prove(proven bool, req *lead.Request, touches []*lead.Touch) {
	proven = proven || req.Action != ""
	for _, t := range touches {
		if !proven {
			t.At = req.ReceivedAt
		}
		t.Prove(proven)
	}
}

// nameTouches gives each touch its id: derived from the name that the sender
// gave the delivery, so that a retry is the same touch, else a new one. Two
// people under one name, as a careless automation sends them, are two touches,
// and so are two different ones within one request.
func nameTouches(g *source.Endpoint, req *lead.Request, touches []*lead.Touch, h http.Header) {
	named := ""
	if !g.Vendor() {
		named = deliveryName(h)
	}
	said := map[string]string{} // id -> content, within this request
	for i, t := range touches {
		if t.DeliveryID == "" && named != "" {
			t.DeliveryID = named
			if i > 0 {
				t.DeliveryID += "#" + strconv.Itoa(i)
			}
		}
		if t.DeliveryID == "" {
			t.ID = lead.NewID(req.ReceivedAt)
			continue
		}
		name := t.DeliveryID + "\x00" + strings.ToLower(cmp.Or(t.Person.Email, t.Person.Phone))
		t.ID = lead.DerivedID(g.Name, name)
		for n := 1; ; n++ {
			content, taken := said[t.ID]
			if !taken || content == t.Content {
				break
			}
			t.ID = lead.DerivedID(g.Name, name+"\x00"+strconv.Itoa(n))
		}
		said[t.ID] = t.Content
	}
}

// deliveryName is what a program calls a delivery, so that it may send it twice.
func deliveryName(h http.Header) string {
	for _, key := range []string{"Idempotency-Key", "X-Delivery-Id", "Webhook-Id", "Svix-Id"} {
		name := h.Get(key)
		if len(name) > 200 {
			sum := sha256.Sum256([]byte(name))
			name = hex.EncodeToString(sum[:])
		}
		if name != "" {
			return name
		}
	}
	return ""
}

// keptHeaders are the headers that reading a body again may need, and those
// that say where it came from. Nothing that proves who the sender is, is kept.
func keptHeaders(h http.Header, static map[string]string) map[string]string {
	kept := make(map[string]string, 6)
	for key, values := range h {
		if len(values) == 0 || len(values[0]) > 1024 || !keeps(key) || secretive(key) {
			continue
		}
		kept[key] = values[0]
	}
	for key := range static {
		delete(kept, http.CanonicalHeaderKey(key))
	}
	return kept
}

func keeps(key string) bool {
	switch key {
	case "Content-Type", "User-Agent", "Referer", "Origin", "Traceparent", "Id", "Svix-Id":
		return true
	case "Content-Length", "Accept", "Accept-Encoding", "Accept-Language", "Connection", "Host":
		return false
	}
	return contains(key, "Event", "Topic", "Webhook", "Delivery", "Submission", "Hook-Name", "Trigger", "X-Shopify")
}

// keptQuery is what reading may need of an address: where a vendor's body does
// not say for which webinar it is, the address does.
func keptQuery(q url.Values) string {
	for name, values := range q {
		if len(q) > 50 || len(values) != 1 || len(name) > 100 || len(values[0]) > 1024 || secretive(name) || secretive(http.CanonicalHeaderKey(strings.ReplaceAll(name, "_", "-"))) || strings.HasPrefix(name, "hub.") {
			q.Del(name)
		}
	}
	return q.Encode()
}

func secretive(key string) bool {
	return contains(key, "Sign", "Token", "Secret", "Key", "Auth", "Hmac", "Cookie", "Password", "Forwarded")
}

// contains says whether key, in canonical form, has one of words in it.
func contains(key string, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(key, w) })
}

// traceparent is version 00 of the header; later ones begin in the same way and
// may say more.
// https://www.w3.org/TR/trace-context/#traceparent-header
var traceparent = regexp.MustCompile(`^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$`)

// traceOf is the trace that a request belongs to; empty if it belongs to none,
// or says so in a form that is none.
func traceOf(h http.Header) string {
	v := h.Get("Traceparent")
	m := traceparent.FindStringSubmatch(v)
	if m == nil || strings.HasPrefix(v, "ff") || strings.Trim(m[1], "0") == "" || strings.Trim(m[2], "0") == "" {
		return ""
	}
	return v
}
