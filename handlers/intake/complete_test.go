package intake

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/leadgate/leadgate/handlers/provider"
	"github.com/leadgate/leadgate/lead"
)

func TestComplete(t *testing.T) {
	s, a := testServer(t, testSources)
	post(s, "/in/json", jsonType, oneLead)
	post(s, "/in/contact", formType, oneForm)
	want := []*lead.Touch{
		{State: lead.Accepted, Source: "json", Provider: "json", Action: "quote_request", At: noon, ReceivedAt: noon,
			Person: lead.Person{Email: "ada.brandt@brandt-druck.example", Name: "Ada Brandt"}, Consent: lead.NotAsked},
		{State: lead.Accepted, Source: "contact", Provider: "form", Action: "contact_form", At: noon, ReceivedAt: noon,
			Person: lead.Person{Email: "ada.brandt@brandt-druck.example", Name: "Ada Brandt"}, Consent: lead.NotAsked},
	}
	if diff := cmp.Diff(want, a.touches, cmpopts.IgnoreFields(lead.Touch{}, "ID", "RequestID", "Content")); diff != "" {
		t.Errorf("touches (-want +got):\n%s", diff)
	}
	for i, touch := range a.touches {
		if touch.ID == "" || touch.Content == "" || touch.RequestID != a.requests[i].ID {
			t.Errorf("touch %+v lacks its ids", touch)
		}
	}
}

func TestNameTouches(t *testing.T) {
	s, a := testServer(t, testSources)
	id := func(body string, header ...string) string {
		t.Helper()
		before := len(a.touches)
		post(s, "/in/json", jsonType, body, header...)
		ids := make([]string, 0, 2)
		for _, touch := range a.touches[before:] {
			ids = append(ids, touch.ID)
		}
		return strings.Join(ids, " ")
	}
	bo := `{"email":"bo@bo-bau.example","message":"one"}`
	if first, second := id(oneLead), id(oneLead); first == second {
		t.Error("two deliveries without a name share an id")
	}
	for _, header := range []string{"Idempotency-Key", "X-Delivery-ID", "webhook-id", "svix-id"} {
		first := id(oneLead, header, "key-1")
		if again := id(oneLead, header, "key-1"); again != first {
			t.Errorf("%s: again %s, want %s", header, again, first)
		}
		if other := id(oneLead, header, "key-2"); other == first {
			t.Errorf("%s: two keys share an id", header)
		}
		if person := id(bo, header, "key-1"); person == first {
			t.Errorf("%s: two people under one key share an id: one would be lost", header)
		}
	}
	batch := id("["+oneLead+","+bo+"]", "Idempotency-Key", "key-3")
	if again := id("["+oneLead+","+bo+"]", "Idempotency-Key", "key-3"); again != batch || len(batch) != 53 {
		t.Errorf("a batch again has the ids %s, want %s", again, batch)
	}
	long := strings.Repeat("k", 8000)
	if first, second := id(oneLead, "Idempotency-Key", long), id(oneLead, "Idempotency-Key", long); first != second {
		t.Error("a long key is not heeded")
	}
	if kept := a.touches[len(a.touches)-1].DeliveryID; len(kept) != 64 {
		t.Errorf("a long key is kept as %d bytes, want a digest", len(kept))
	}
}

// Two different touches to which their vendor gave one name are both kept; the
// same one twice is one.
func TestNameTouches_OneNameInABatch(t *testing.T) {
	s, _ := testServer(t, testSources)
	req := &lead.Request{ID: "r", ReceivedAt: noon}
	touch := func(content string) *lead.Touch {
		return &lead.Touch{DeliveryID: "d1", Content: content, Person: lead.Person{Email: "ada@brandt.example"}}
	}
	touches := []*lead.Touch{touch("a"), touch("b"), touch("a")}
	nameTouches(s.o.Sources.Find("zoom"), req, touches, nil)
	if a, b, again := touches[0].ID, touches[1].ID, touches[2].ID; a == b || a != again {
		t.Errorf("ids %s %s %s, want the second to differ and the third to be the first", a, b, again)
	}
}

func TestKeptHeaders(t *testing.T) {
	s, a := testServer(t, testSources)
	post(s, "/in/json", jsonType, oneLead, "User-Agent", "Mozilla/5.0", "Referer", "https://www.example.com/", "Origin", "https://www.example.com",
		"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "X-Shopify-Topic", "customers/create", "X-Webhook-Name", "ticket.created",
		"Framer-Webhook-Submission-Id", "s1", "Authorization", "Bearer x", "Cookie", "a=b", "Webhook-Signature", "v1,abc", "X-Webhook-Token", "t",
		"Idempotency-Key", "k", "X-Forwarded-For", "192.0.2.7", "X-Random", "r", "X-Event-Long", strings.Repeat("x", 2000))
	want := map[string]string{
		"Content-Type": jsonType, "User-Agent": "Mozilla/5.0", "Referer": "https://www.example.com/", "Origin": "https://www.example.com",
		"Traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "X-Shopify-Topic": "customers/create", "X-Webhook-Name": "ticket.created",
		"Framer-Webhook-Submission-Id": "s1",
	}
	if diff := cmp.Diff(want, a.requests[0].Header); diff != "" {
		t.Errorf("kept headers (-want +got):\n%s", diff)
	}
}

// What is kept of a request reads as the request did, for every vendor.
func TestKept_ReadsTheSame(t *testing.T) {
	for _, p := range provider.All() {
		t.Run(p.Name, func(t *testing.T) {
			at, err := url.Parse(publicURL + "/in/" + p.Name + "?event=ev1&title=Night+shift&partial=1")
			if err != nil {
				t.Fatal(err)
			}
			sample := p.Sample(noon)
			r := provider.Request{Method: http.MethodPost, URL: at, Header: http.Header{"Content-Type": {sample.ContentType}}, Body: sample.Body, Now: noon}
			for name, value := range sample.Header {
				r.Header.Set(name, value)
			}
			if p.Name == "shopify" {
				r.Header.Set("X-Shopify-Test", "true")
				r.Header.Set("X-Shopify-Shop-Domain", "shop.example")
			}
			if p.Sign != nil {
				p.Sign(&r, "whsec_bGVhZGdhdGUtdGVzdC1zZWNyZXQtMDEyMzQ1")
			}
			first, err := p.Touches(&r)
			if err != nil {
				t.Fatal(err)
			}
			again := r
			again.URL, again.Header = &url.URL{RawQuery: keptQuery(at.Query())}, http.Header{}
			for name, value := range keptHeaders(r.Header, nil) {
				again.Header.Set(name, value)
			}
			second, err := p.Touches(&again)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(first, second); d != "" {
				t.Errorf("read again (-first +again):\n%s", d)
			}
		})
	}
}

func TestKeptQuery(t *testing.T) {
	for in, want := range map[string]string{
		"event=e1&title=a+b": "event=e1&title=a+b", "token=x&event=e": "event=e", "api_key=x": "", "access-token=x": "", "sign=x&Signature=y": "",
		"hub.verify_token=x&hub.challenge=c": "", "a=1&a=2": "", "validationToken=x": "", "x=" + strings.Repeat("y", 1025): "",
	} {
		q, err := url.ParseQuery(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := keptQuery(q); got != want {
			t.Errorf("keptQuery(%.60q) = %q, want %q", in, got, want)
		}
	}
}

// TestProve is what touches of a source that anybody can post to are believed:
// neither their clock, nor a test mark for more than themselves.
func TestProve(t *testing.T) {
	s, _ := testServer(t, testSources)
	said := noon.Add(-time.Hour)
	for _, c := range []struct {
		name, source string
		action       lead.Action
		proven       bool
	}{{"Open", "json", "", false}, {"Signed", "zoom", "", true}, {"Import", "json", "list_import", true}} {
		touches := []*lead.Touch{{At: said, Test: true}}
		prove(s.o.Sources.Find(c.source).Proven(), &lead.Request{ReceivedAt: noon, Action: c.action}, touches)
		if got := touches[0]; got.At.Equal(said) != c.proven || got.Unproven() == c.proven {
			t.Errorf("%s: at %v, marks %v, want proven %v", c.name, got.At, got.Marks, c.proven)
		}
	}
}
