package provider

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/lead"
)

// TestWebinars_Vectors checks signatures that were not made by this package.
func TestWebinars_Vectors(t *testing.T) {
	const body = `{"event":"invitee.created","payload":{"email":"a@example.com"}}`
	for _, v := range []struct{ name, secret, header, value string }{
		{"luma", "whsec_test_secret", "Webhook-Signature", "t=1700000000,v1=217e641a3b62e84e83cce758c7e716c72bcd790bf8fab6599855aeaa5fda79a6"},
		{"tito", "leadgate-test-secret", "Tito-Signature", "L4WahigBfiqi511sADJ24hZ77DtxmbcKLPth/v5dKCM="},
		{"webinargeek", "leadgate-test-secret", "Signature", "2f859a8628017e2aa2e75d6c003276e2167bec3b7199b70a2cfb61fefe5d2823"},
		{"webex", "leadgate-test-secret", "X-Spark-Signature", "d71bca1aee9fff288437d748e9b3e04f0832194f"},
	} {
		t.Run(v.name, func(t *testing.T) {
			p, _ := Find(v.name)
			r := request("application/json", body)
			r.Now = time.Unix(1700000000, 0)
			r.Header.Set(v.header, v.value)
			if err := p.Verify(r, v.secret); err != nil {
				t.Errorf("Verify = %v", err)
			}
			if err := p.Verify(r, v.secret+"x"); !errors.Is(err, ErrSignature) {
				t.Errorf("Verify with another secret = %v", err)
			}
		})
	}
}

func TestLuma_Verify_Standard(t *testing.T) {
	p, _ := Find("luma")
	r := request("application/json", `{"type":"guest.registered"}`)
	r.Now = testNow
	standardMAC{prefix: "webhook"}.sign(r, testSecret)
	if err := p.Verify(r, testSecret); err != nil {
		t.Errorf("Verify = %v for a Standard Webhooks signature", err)
	}
	r.Body = []byte(`{"type":"guest.updated"}`)
	if err := p.Verify(r, testSecret); !errors.Is(err, ErrSignature) {
		t.Errorf("Verify = %v for a changed body", err)
	}
}

// asked is a request to an address.
func asked(t *testing.T, address, body string) *Request {
	t.Helper()
	r := request("application/json", body)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	r.URL, r.Now = u, testNow
	return r
}

func TestMsgraph_Challenge(t *testing.T) {
	p, _ := Find("msgraph")
	const forged = `{"value":[{"clientState":"guessed","changeType":"created","resource":"solutions/virtualEvents/webinars/w/registrations","resourceData":{"id":"r"}}]}`
	r := asked(t, "https://leads.example.com/in/g?validationToken=Validation%3A+a%26b%3Cscript%3E", forged)
	if err := p.Verify(r, testSecret); err != nil {
		t.Errorf("Verify = %v for a challenge, which cannot know the secret", err)
	}
	reply, err := p.Reply(r)
	if err != nil || reply == nil {
		t.Fatalf("Reply = %v, %v; what Verify lets pass must never be read", reply, err)
	}
	if got, want := string(reply.Body), "Validation: a&amp;b&lt;script&gt;"; got != want || !strings.HasPrefix(reply.ContentType, "text/plain") {
		t.Errorf("Reply = %s %q, want text/plain %q", reply.ContentType, got, want)
	}

	for name, address := range map[string]string{
		"None": "https://leads.example.com/in/g", "Empty": "https://leads.example.com/in/g?validationToken=",
		"TooLong": "https://leads.example.com/in/g?validationToken=" + strings.Repeat("x", 5000),
	} {
		r := asked(t, address, forged)
		if reply, err := p.Reply(r); reply != nil || err != nil {
			t.Errorf("%s: Reply = %v, %v", name, reply, err)
		}
		if err := p.Verify(r, testSecret); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: Verify = %v for a forged delivery", name, err)
		}
	}
}

func TestMsgraph_Verify(t *testing.T) {
	p, _ := Find("msgraph")
	for name, body := range map[string]string{
		"OneOfTwo": `{"value":[{"clientState":"right"},{"clientState":"wrong"}]}`, "NoState": `{"value":[{}]}`,
		"NoValue": `{"value":[]}`, "NoJSON": `{`, "Number": `{"value":[{"clientState":["right"]}]}`,
	} {
		if err := p.Verify(asked(t, "https://leads.example.com/in/g", body), "right"); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: Verify = %v", name, err)
		}
	}
	if err := p.Verify(asked(t, "https://leads.example.com/in/g", `{"value":[{"clientState":"right"},{"clientState":"right"}]}`), "right"); err != nil {
		t.Errorf("Verify = %v for two right ones", err)
	}
}

func TestRingcentral_Challenge(t *testing.T) {
	p, _ := Find("ringcentral")
	r := asked(t, "https://leads.example.com/in/r", "")
	r.Header.Set("Validation-Token", "abc-123")
	if err := p.Verify(r, testSecret); err != nil {
		t.Errorf("Verify = %v for a challenge, which has no token yet", err)
	}
	reply, err := p.Reply(r)
	if err != nil || reply == nil || reply.Header["Validation-Token"] != "abc-123" || reply.ContentType != "application/json" || len(reply.Body) != 0 {
		t.Errorf("Reply = %+v, %v", reply, err)
	}
	r.Header.Set("Validation-Token", strings.Repeat("x", 513))
	if reply, err := p.Reply(r); !errors.Is(err, ErrSignature) || reply != nil {
		t.Errorf("Reply = %v, %v to more than may be repeated", reply, err)
	}
	r.Header.Del("Validation-Token")
	if reply, err := p.Reply(r); reply != nil || err != nil {
		t.Errorf("Reply = %v, %v to a delivery", reply, err)
	}
	r.Header.Add("Verification-Token", testSecret)
	r.Header.Add("Verification-Token", "another")
	if err := p.Verify(r, testSecret); !errors.Is(err, ErrSignature) {
		t.Errorf("Verify = %v with two tokens", err)
	}
}

func TestEventbrite_ForeignAddress(t *testing.T) {
	p, _ := Find("eventbrite")
	for _, address := range []string{
		"", "https://www.eventbriteapi.com.evil.example/v3/orders/1/", "https://www.eventbriteapi.com@evil.example/v3/orders/1/", "http://www.eventbriteapi.com/v3/orders/1/",
		"https://www.eventbriteapi.com/v3/orders/../users/1/", "https://www.eventbriteapi.com/v3/orders/1/?x=1", "http://169.254.169.254/", "https://www.eventbriteapi.com/v3/events/1/",
	} {
		r := request("application/json", `{"config":{"action":"order.placed"},"api_url":"`+address+`"}`)
		touches, err := p.Touches(r)
		if !errors.Is(err, ErrMalformed) || len(touches) != 0 {
			t.Errorf("Touches(%q) = %v, %v", address, touches, err)
		}
	}
}

func TestTito_NoName(t *testing.T) {
	p, _ := Find("tito")
	if touches, err := p.Touches(request("application/json", `{"_type":"ticket","email":"a@b.example"}`)); !errors.Is(err, ErrMalformed) {
		t.Errorf("Touches = %v, %v without X-Webhook-Name; it is to be kept as unread", touches, err)
	}
}

func TestBigmarker_Event(t *testing.T) {
	p, _ := Find("bigmarker")
	const body = `{"registration":{"bmid":"b1","email":"a@b.example","time_stamp":"2026-11-25T09:00:00Z"}}`
	touches, err := p.Touches(asked(t, "https://leads.example.com/in/b?event=ev-9&title=Open+day", body))
	if err != nil || len(touches) != 1 {
		t.Fatalf("Touches = %v, %v", touches, err)
	}
	if got, want := touches[0].Event, (lead.Event{ID: "ev-9", Title: "Open day"}); got != want {
		t.Errorf("Event = %+v, want %+v", got, want)
	}
	again, err := p.Touches(asked(t, "https://leads.example.com/in/b?event=ev-10", body))
	if err != nil || again[0].DeliveryID == touches[0].DeliveryID {
		t.Errorf("%v: one person at two webinars is two touches, both are %q", err, touches[0].DeliveryID)
	}
	kept := request("application/json", body) // read again from what was kept, which has no address
	kept.URL = nil
	if touches, err := p.Touches(kept); err != nil || touches[0].Event != (lead.Event{}) {
		t.Errorf("Touches = %v, %v without an address", touches, err)
	}
}

func TestGotowebinar_Status(t *testing.T) {
	p, _ := Find("gotowebinar")
	for status, want := range map[string]lead.Action{
		"APPROVED": "webinar_registered", "Approved": "webinar_registered", "WAITING": "webinar_registration_pending", "Denied": "webinar_registration_denied",
		"CANCELLED": "webinar_cancelled", "canceled": "webinar_cancelled", "": "webinar_registered", "NEVER_SEEN": "webinar_registered",
	} {
		touches, err := p.Touches(request("application/json", `{"eventName":"registrant.added","email":"a@b.example","status":"`+status+`"}`))
		if err != nil || len(touches) != 1 || touches[0].Action != want {
			t.Errorf("status %q: Touches = %v, %v, want %s", status, touches, err, want)
		}
	}
}

// TestWebinars_SourceAction: what a source is configured for is what people
// sign up for, and nothing else.
func TestWebinars_SourceAction(t *testing.T) {
	for _, x := range []struct {
		provider, body string
		want           lead.Action
	}{
		{"gotowebinar", `{"eventName":"registrant.added","email":"a@b.example"}`, "demo_request"},
		{"gotowebinar", `{"eventName":"registrant.added","email":"a@b.example","status":"DENIED"}`, "webinar_registration_denied"},
		{"gotowebinar", `{"eventName":"registrant.joined","email":"a@b.example"}`, "webinar_attended"},
		{"cvent", `{"eventType":"InviteeOrGuestCancelled","message":[{"email":"a@b.example"}]}`, "webinar_cancelled"},
		{"airmeet", `{"email":"a@b.example"}`, "demo_request"}, // one source for each trigger
	} {
		p, _ := Find(x.provider)
		r := request("application/json", x.body)
		r.Source.Action = "demo_request"
		touches, err := p.Touches(r)
		if err != nil || len(touches) != 1 || touches[0].Action != x.want {
			t.Errorf("%s %s: Touches = %v, %v, want %s", x.provider, x.body, touches, err, x.want)
		}
	}
}

func TestWebinarAction(t *testing.T) {
	for event, want := range map[string]lead.Action{
		"subscription_created": "webinar_registered", "subscription.unsubscribed": "webinar_cancelled", "RegistrantCancelled": "webinar_cancelled", "watched": "webinar_attended",
		"replay_watched": "webinar_replay_watched", "not_watched": "webinar_no_show", "did not attend": "webinar_no_show", "trigger.airmeet.attendee.joined": "webinar_attended",
		"trigger.airmeet.attendee.added": "webinar_registered", "attendee_left": "webinar_left", "webinar_updated": "", "recording.available": "", "": "",
	} {
		if got := webinarAction(event); got != want {
			t.Errorf("webinarAction(%q) = %q, want %q", event, got, want)
		}
	}
}

func TestCventAction(t *testing.T) {
	for event, want := range map[string]lead.Action{
		"InviteeOrGuestCancelled": "webinar_cancelled", "InviteeAttendsCventSession": "webinar_attended", "InviteeSubstitutedInAnEvent": "webinar_registered",
		"InviteeOrGuestRegistered": "webinar_registered", "InviteeOrGuestAccepted": "webinar_registered", "InviteeOrGuestMarkedAsNoShow": "webinar_no_show", "InviteeMarkedParticipant": "webinar_attended",
		"InviteeOrGuestEmailOpened": "", "InviteeResubscribed": "", "InviteeOrGuestRegisteredForSession": "", "InviteeOrGuestRegistrationModified": "", "ManualAttendee": "", "EventModified": "", "": "",
	} {
		if got := cventAction(event); got != want {
			t.Errorf("cventAction(%q) = %q, want %q", event, got, want)
		}
	}
}

func TestDeliveryID(t *testing.T) {
	got := []string{deliveryID("a", "b"), deliveryID("a", ""), deliveryID("", "b")}
	if d := cmp.Diff([]string{"a|b", "", ""}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
