package kind

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/notifytest"
)

// The vector of the Standard Webhooks libraries.
func TestSign_Vector(t *testing.T) {
	key, err := signingKey(notifytest.HookSecret)
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	sign(h, key, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if got, want := h.Get("webhook-signature"), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("signature = %s, want %s", got, want)
	}
}

func TestWebhook(t *testing.T) {
	f := notifytest.NewServer(t, notifytest.Answer(201, `{"id":"crm-42"}`))
	s := open(t, "webhook", f, func(target *notify.Target, _ *Env) {
		target.Header = map[string]string{"X-Key": "k", "Webhook-Signature": "v1,forged", "Content-Type": "text/plain"}
	})
	a := notifytest.Grace(lead.Copy, notifytest.Warm)
	receipt, err := s.Send(t.Context(), []notify.Alert{a})
	if err != nil || receipt != "crm-42" {
		t.Fatalf("Send = %q, %v, want crm-42", receipt, err)
	}
	c := f.Got()[0]
	h := c.Header
	if h.Get("X-Key") != "k" || h.Get("Content-Type") != "application/json" || h.Get("User-Agent") != "leadgate" {
		t.Errorf("headers: %v", h)
	}
	if got, want := h.Get("Webhook-Id"), a.Touch.ID+"_sales"; got != want {
		t.Errorf("webhook-id = %s, want %s", got, want)
	}
	if got, want := h.Get("Webhook-Timestamp"), strconv.FormatInt(testStyle.Now.Unix(), 10); got != want {
		t.Errorf("webhook-timestamp = %s, want %s", got, want)
	}
	// As a receiver checks it.
	key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(notifytest.HookSecret, "whsec_"))
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(h.Get("Webhook-Id") + "." + h.Get("Webhook-Timestamp") + "." + string(c.Body)))
	if got, want := h.Get("Webhook-Signature"), "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)); got != want {
		t.Errorf("webhook-signature = %s, want %s", got, want)
	}
	var body struct {
		Type      string
		Timestamp time.Time
		Data      struct {
			Lead  lead.Lead
			Touch lead.Touch
		}
	}
	if err := json.Unmarshal(c.Body, &body); err != nil {
		t.Fatal(err)
	}
	if body.Type != "lead.copy" || !body.Timestamp.Equal(testStyle.Now) {
		t.Errorf("type %q at %v", body.Type, body.Timestamp)
	}
	if diff := cmp.Diff(*a.Touch, body.Data.Touch); diff != "" {
		t.Errorf("touch (-sent +got):\n%s", diff)
	}
	if body.Data.Lead.ID != a.Lead.ID || body.Data.Lead.Temperature != lead.Warm {
		t.Errorf("lead = %+v", body.Data.Lead)
	}
}

// A receiver knows a repetition by its id.
func TestWebhook_SameIDWhenTriedAgain(t *testing.T) {
	f := notifytest.NewServer(t, notifytest.Answer(500, ""), notifytest.Answer(200, ""))
	s := open(t, "webhook", f)
	s.Send(t.Context(), []notify.Alert{notifytest.Grace(lead.HotAlert)})
	s.Send(t.Context(), []notify.Alert{notifytest.Grace(lead.HotAlert)})
	c := f.Got()
	if len(c) != 2 || c[0].Header.Get("Webhook-Id") != c[1].Header.Get("Webhook-Id") {
		t.Errorf("%d calls with different ids", len(c))
	}
}

func TestWebhook_Unsigned(t *testing.T) {
	f := notifytest.NewServer(t, notifytest.Answer(200, ""))
	s := open(t, "webhook", f, func(target *notify.Target, _ *Env) { target.Secret = "" })
	if _, err := s.Send(t.Context(), []notify.Alert{notifytest.Grace(lead.HotAlert)}); err != nil {
		t.Fatal(err)
	}
	if h := f.Got()[0].Header; h.Get("Webhook-Signature") != "" || h.Get("Webhook-Id") == "" {
		t.Errorf("headers without a secret: %v", h)
	}
}

func TestWebhook_Receipt(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		want   string
	}{
		{"ID", notifytest.Answer(200, `{"id":"abc"}`), "abc"},
		{"Number", notifytest.Answer(200, `{"id":12345678901234567890}`), "12345678901234567890"},
		{"Location", notifytest.Answer(201, ``, "Location", "https://crm.example/contacts/77?token=secret"), "77"},
		{"IDBeforeLocation", notifytest.Answer(201, `{"id":"a"}`, "Location", "/contacts/77"), "a"},
		{"IDIsAnObject", notifytest.Answer(202, `{"id":{}}`), "http_202"},
		{"EmptyID", notifytest.Answer(200, `{"id":""}`), "http_200"},
		{"Array", notifytest.Answer(200, `[1]`), "http_200"},
		{"Long", notifytest.Answer(200, `{"id":"`+strings.Repeat("x", 500)+`"}`), strings.Repeat("x", 99) + "…"},
		{"Steering", notifytest.Answer(200, `{"id":"a\u001b[2Jb"}`), "a�[2Jb"},
		{"Endless", notifytest.Answer(200, `{"x":"`+strings.Repeat("x", 1<<20)+`","id":"late"}`), "http_200"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := open(t, "webhook", notifytest.NewServer(t, tt.answer)).Send(t.Context(), []notify.Alert{notifytest.Grace(lead.HotAlert)})
			if err != nil || got != tt.want {
				t.Errorf("Send = %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

// The environment's proxy would see every lead.
func TestWebhook_NoProxy(t *testing.T) {
	proxy := notifytest.NewServer(t, notifytest.Answer(200, ""))
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("HTTPS_PROXY", proxy.URL)
	s := open(t, "webhook", notifytest.NewServer(t, notifytest.Answer(200, ""))).(*webhook)
	if s.client.HTTP.Transport.(*http.Transport).Proxy != nil {
		t.Error("the webhook's transport asks for a proxy")
	}
}
