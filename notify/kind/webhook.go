package kind

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/message"
	"github.com/leadgate/leadgate/notify/outbound"
)

// alarmBody is what a webhook's receiver gets of an alarm.
type alarmBody struct {
	Type      string    `json:"type"` // alarm
	Timestamp time.Time `json:"timestamp"`
	Data      struct {
		Title  string `json:"title"`
		Text   string `json:"text"`
		Target string `json:"target,omitempty"`
		URL    string `json:"url,omitempty"`
	} `json:"data"`
}

// Alarm posts the alarm as JSON of the type "alarm", signed like leads.
func (w *webhook) Alarm(ctx context.Context, a notify.Alarm) error {
	body := alarmBody{Type: "alarm", Timestamp: a.At.UTC()}
	body.Data.Title, body.Data.Text, body.Data.Target, body.Data.URL = a.Title, a.Text, a.About, a.URL
	_, err := w.postJSON(ctx, "alarm_"+a.Key+"_"+body.Timestamp.Format(time.RFC3339Nano), body)
	return err
}

var webhookKind = Kind{
	Name:        "webhook",
	Doc:         "https://www.standardwebhooks.com",
	Concurrency: 4,
	Check: func(t notify.Target) error {
		if err := outbound.RequireURL(t.URL, "a webhook target needs a url"); err != nil {
			return err
		}
		if _, err := signingKey(t.Secret); err != nil {
			return err
		}
		return nil
	},
	Open: openWebhook,
}

// webhook posts one touch with its lead as JSON, signed after Standard Webhooks.
type webhook struct {
	target notify.Target
	key    []byte // nil: not signed
	now    func() time.Time
	client outbound.Client
}

func openWebhook(t notify.Target, e Env) (notify.Sender, error) {
	if err := outbound.CheckURL(t.URL, e.AllowPrivate); err != nil {
		return nil, err
	}
	key, err := signingKey(t.Secret)
	if err != nil {
		return nil, err
	}
	return &webhook{target: t, key: key, now: e.Now, client: outbound.New(e.AllowPrivate)}, nil
}

func (w *webhook) Most() int { return 1 }

// Send posts each alert by itself. The receiver recognises a repetition by its
// webhook-id. The receipt is the id that the receiver gave, else its status.
func (w *webhook) Send(ctx context.Context, alerts []notify.Alert) (receipt string, err error) {
	ctx = outbound.Traced(ctx, alerts)
	for _, a := range alerts {
		if receipt, err = w.post(ctx, a); err != nil {
			return "", err
		}
	}
	return receipt, nil
}

// hookBody is what a webhook's receiver gets.
type hookBody struct {
	Type      string    `json:"type"` // lead.hot_alert, lead.copy, ...
	Timestamp time.Time `json:"timestamp"`
	Data      struct {
		Lead  *lead.Lead  `json:"lead"`
		Touch *lead.Touch `json:"touch"`
	} `json:"data"`
}

func (w *webhook) post(ctx context.Context, a notify.Alert) (string, error) {
	now := w.now().UTC()
	body := hookBody{Type: "lead." + string(a.Kind), Timestamp: now}
	body.Data.Lead, body.Data.Touch = a.Lead, a.Touch
	id := a.Touch.ID + "_" + w.target.Name
	if a.Notice != "" { // which a digest has for several touches
		id += "_" + a.Notice
	}
	return w.postJSON(ctx, id, body)
}

// postJSON posts a body under the id by which the receiver recognises a repetition.
func (w *webhook) postJSON(ctx context.Context, id string, body any) (string, error) {
	now := w.now().UTC()
	b, err := json.Marshal(body)
	if err != nil {
		return "", &notify.Error{Class: notify.BadContent, Code: "unprintable", Err: errors.New("the lead could not be written as json")}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.target.URL, bytes.NewReader(b))
	if err != nil {
		return "", &notify.Error{Class: notify.BadTarget, Code: "bad_url", Err: errors.New("the target's url is not one")}
	}
	req.Header.Set("User-Agent", "leadgate")
	for name, value := range w.target.Header {
		req.Header.Set(name, value)
	}
	req.Header.Set("Content-Type", "application/json")
	sign(req.Header, w.key, id, now, b)
	resp, err := w.client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", &notify.Error{Code: "cut_off", Ambiguous: true, Err: errors.New("the answer was cut off")}
	}
	return receiptOf(resp, answer), nil
}

// sign sets the headers of Standard Webhooks.
func sign(h http.Header, key []byte, id string, now time.Time, body []byte) {
	stamp := strconv.FormatInt(now.Unix(), 10)
	h.Set("Webhook-Id", id)
	h.Set("Webhook-Timestamp", stamp)
	h.Del("Webhook-Signature")
	if key == nil {
		return
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", id, stamp, body)
	h.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

// signingKey reads a secret in the form whsec_BASE64; none: nothing is signed.
func signingKey(secret string) ([]byte, error) {
	if secret == "" {
		return nil, nil
	}
	text, ok := strings.CutPrefix(secret, "whsec_")
	key, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil || len(key) < 16 {
		return nil, errors.New("secret must be whsec_ and at least 16 bytes in base64: whsec_$(openssl rand -base64 24)")
	}
	return key, nil
}

// receiptOf is the receiver's own name for what it got: the id in its JSON, the
// end of a Location, else its status.
func receiptOf(resp *http.Response, body []byte) string {
	var named struct {
		ID any `json:"id"`
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if d.Decode(&named) == nil {
		switch id := named.ID.(type) {
		case string:
			if id = message.Line(id, 100); id != "" {
				return id
			}
		case json.Number:
			return message.Line(id.String(), 100)
		}
	}
	if u, err := url.Parse(resp.Header.Get("Location")); err == nil && u.Path != "" && u.Path != "/" {
		return message.Line(path.Base(u.Path), 100)
	}
	return "http_" + strconv.Itoa(resp.StatusCode)
}
