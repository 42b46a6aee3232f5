package handlers

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
)

func TestReceiptOf(t *testing.T) {
	touch := &lead.Touch{PageURL: "https://www.example.com/pricing", Consent: lead.NotAsked, Fields: map[string]string{"b": "2", "a": "1"}, Repeats: 3,
		ClickIDs: map[string]string{"gclid": "g1"}, Marks: []string{"free_mail", "links"}, UTM: lead.UTM{Source: "google"},
		Trail: []lead.Step{{Step: lead.StepAccepted, MS: 2}, {Step: lead.StepDecided, Why: "matched", MS: 5.5}, {Step: "own_word", MS: 5}}}
	got := receiptOf(touch, func(why string) string { return "means " + why })
	want := []hop{
		{Step: touch.Trail[0], Word: "on disk", Since: 2},
		{Step: touch.Trail[1], Word: "decided", Since: 3.5, Means: "means matched"},
		{Step: touch.Trail[2], Word: "own_word"}, // a clock that went back took no time
	}
	if d := cmp.Diff(want, got.Hops); d != "" {
		t.Errorf("hops (-want +got):\n%s", d)
	}
	facts := []fact{{"Page", "https://www.example.com/pricing"}, {"UTM source", "google"}, {"gclid", "g1"}, {"Consent", "not asked"}, {"a", "1"}, {"b", "2"},
		{"Marks", "free_mail, links"}, {"Sent again", "3 times"}}
	if d := cmp.Diff(facts, got.Said); d != "" {
		t.Errorf("said (-want +got):\n%s", d)
	}
}

func TestServer_RawOf(t *testing.T) {
	s, _ := testServer(t, []source.Source{{Name: "ads", Provider: "json", Token: "path-secret", Header: map[string]string{"X-Key": "header-secret"}}})
	for name, tc := range map[string]struct{ body, want string }{
		"JSON":         {`{"google_key":"abc\"d","name":"Ada","api_key" : "x"}`, `{"google_key":"[secret]","name":"Ada","api_key" : "[secret]"}`},
		"Form":         {"name=Ada&g-recaptcha-response=xyz&access_token=t&token_count=3", "name=Ada&g-recaptcha-response=[secret]&access_token=[secret]&token_count=[secret]"},
		"FirstOfAForm": {"token=t&name=Ada", "token=[secret]&name=Ada"},
		"OwnSecrets":   {"I sent path-secret and header-secret", "I sent [secret] and [secret]"},
		"Innocent":     {`{"message":"my token of love","email":"a@b.example"}`, `{"message":"my token of love","email":"a@b.example"}`},
		"NotText":      {"a\xffb", "a\ufffdb"},
	} {
		t.Run(name, func(t *testing.T) {
			raw := s.rawOf(&lead.Request{Source: "ads", Body: []byte(tc.body), Header: map[string]string{"Content-Type": "text/plain"}})
			if raw.Body != tc.want {
				t.Errorf("body %s, want %s", raw.Body, tc.want)
			}
			for _, secret := range []string{"path-secret", "header-secret"} {
				if strings.Contains(raw.Curl, secret) {
					t.Errorf("%s is in the command: %s", secret, raw.Curl)
				}
			}
		})
	}
	raw := s.rawOf(&lead.Request{Source: "ads", Body: []byte(`{"name":"O'Hara"}`), Header: map[string]string{"Content-Type": "application/json"}})
	want := "curl -X POST 'https://leads.example.com/in/ads/TOKEN' \\\n  -H 'Content-Type: application/json' \\\n  --data-raw '{\"name\":\"O'\\''Hara\"}'"
	if raw.Curl != want {
		t.Errorf("curl\n%s\nwant\n%s", raw.Curl, want)
	}
}
