package provider

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// The vectors are real deliveries that an open source client tests against.
const (
	zoomSecret     = "4fv1RkqGQUq5sWbEz6hA5A"
	zoomChallenged = `{"payload":{"plainToken":"xys8n8PGS7mAU0m5-YJjRA"},"event_ts":1720705455858,"event":"endpoint.url_validation"}`
	zoomStarted    = `{"event":"meeting.started","payload":{"account_id":"VjZoEArIT5y-HlWxkV-tVA","object":{"duration":60,"start_time":"2024-07-11T14:12:55Z","timezone":"America/New_York","topic":"Test \uD83D\uDE92\uD83D\uDE92 ? - ’ - – \uD83D\uDE97 HOLA","id":"85393847045","type":2,"uuid":"jUh5o3dKQIytvcsfTtKBlg==","host_id":"8lzIwvZTSOqjndWPbPqzuA"}},"event_ts":1720707175904}`
)

func zoomRequest(stamp, signature, body string, at int64) *Request {
	r := request("application/json; charset=utf-8", body)
	r.Header.Set("x-zm-request-timestamp", stamp)
	r.Header.Set("x-zm-signature", signature)
	r.Now = time.Unix(at, 0)
	return r
}

func TestZoom_Vectors(t *testing.T) {
	for _, c := range []struct{ stamp, signature, body string }{
		{"1720705455", "v0=93a1a675965ceb9c5a50c5dfb31f20e50f763be37a54ef74cd2d16a1a8e5c0d6", zoomChallenged},
		{"1720707175", "v0=1a14e79349318fa1bead50ebbd3c185ae078e182d3bbd30ab8010fcb7f4357c7", zoomStarted},
	} {
		if err := zoom.Verify(zoomRequest(c.stamp, c.signature, c.body, 1720707175), zoomSecret); err != nil {
			t.Errorf("Verify(%.40s...) = %v", c.body, err)
		}
		reserialised := strings.Replace(c.body, `:`, `: `, 1)
		if err := zoom.Verify(zoomRequest(c.stamp, c.signature, reserialised, 1720707175), zoomSecret); !errors.Is(err, ErrSignature) {
			t.Errorf("Verify of the body written anew = %v", err)
		}
	}
}

func TestZoom_Challenge(t *testing.T) {
	const body = `{"event":"endpoint.url_validation","event_ts":1626230691572,"payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"}}`
	const want = `{"encryptedToken":"439d1ed256e8d5513d2acd195e0adc64bbbfeb6b795b9d1880534610b58c674c","plainToken":"qgg8vlvZRS6UYooatFL8Aw"}`
	const secret = "UB_rdTwhTruoYCMr6x6-MQ"
	challenge := func(signedWith string, secrets ...string) *Request {
		r := request("application/json", body)
		zoom.Sign(r, signedWith)
		r.Source.Secrets = secrets
		return r
	}
	for name, r := range map[string]*Request{
		"Current": challenge(secret, secret), "Previous": challenge(secret, "new-secret", secret),
	} {
		reply, err := zoom.Reply(r)
		if err != nil || reply == nil || string(reply.Body) != want || reply.ContentType != "application/json" || reply.Status != 0 {
			t.Errorf("%s: Reply = %+v, %v", name, reply, err)
		}
	}
	stale := challenge(secret, secret)
	stale.Now = stale.Now.Add(3 * time.Hour)
	for name, r := range map[string]*Request{
		"Unsigned": func() *Request { r := challenge(secret, secret); r.Header = http.Header{}; return r }(),
		"Stranger": challenge("guessed", secret), "NoSecret": challenge(secret), "Stale": stale,
	} {
		if reply, err := zoom.Reply(r); reply != nil || !errors.Is(err, ErrSignature) && !errors.Is(err, ErrStale) {
			t.Errorf("%s: Reply = %+v, %v", name, reply, err)
		}
	}
	for name, body := range map[string]string{"Delivery": zoomStarted, "Rubbish": "{"} {
		if reply, err := zoom.Reply(request("application/json", body)); reply != nil || err != nil {
			t.Errorf("%s: Reply = %+v, %v", name, reply, err)
		}
	}
}

// TestZoom_SourceAction: what a source is configured for replaces the
// registration, never its end.
func TestZoom_SourceAction(t *testing.T) {
	for file, want := range map[string]lead.Action{"registration": "demo_request", "pending": "webinar_registration_pending", "cancelled_without_time": "webinar_cancelled", "left": "webinar_left", "scheduled": "demo_request"} {
		r := fixture(t, "testdata/zoom/"+file+".json")
		r.Source.Action = "demo_request"
		touches, err := zoom.Touches(r)
		if err != nil || len(touches) != 1 || touches[0].Action != want {
			t.Errorf("%s: Touches = %+v, %v, want %s", file, touches, err, want)
		}
	}
}

func TestZoom_DeliveryID(t *testing.T) {
	r := fixture(t, "testdata/zoom/registration.json")
	touches, err := zoom.Touches(r)
	if err != nil || touches[0].DeliveryID != "webinar.registration_created|abcd==|reg1|1795598000000" {
		t.Errorf("delivery id %q, %v", touches[0].DeliveryID, err)
	}
}
