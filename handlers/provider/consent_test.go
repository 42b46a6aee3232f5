package provider

import (
	"slices"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/rules"
)

// TestRead_ConsentWords keeps what was agreed to and when.
func TestRead_ConsentWords(t *testing.T) {
	sent := request("application/json", "").Now
	given := sent.Add(-48 * time.Hour).UTC()
	tests := []struct {
		name, body string
		consent    lead.Consent
		text       string
		at         time.Time
	}{
		{"Sentence", `{"email":"ada@mail.example","I agree to be contacted about offers":"on"}`, lead.Given, "I agree to be contacted about offers", sent},
		{"SentenceAsAnswer", `{"email":"ada@mail.example","consent":"I agree to receive the newsletter"}`, lead.Given, "I agree to receive the newsletter", sent},
		{"WordOnly", `{"email":"ada@mail.example","consent":"yes"}`, lead.Given, "", sent},
		{"Refused", `{"email":"ada@mail.example","Do you agree to be contacted?":"no"}`, lead.Refused, "Do you agree to be contacted?", sent},
		{"WithItsTime", `{"email":"ada@mail.example","marketing_consent":{"state":"subscribed","consent_updated_at":"` + given.Format(time.RFC3339) + `"}}`, lead.Given, "", given},
		{"NotAsked", `{"email":"ada@mail.example"}`, "", "", time.Time{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := readJSON(t, tt.body)
			if got.Consent != tt.consent || got.ConsentText != tt.text || !got.ConsentAt.Equal(tt.at.Truncate(0)) {
				t.Errorf("consent %q, text %q, at %v, want %q, %q, %v", got.Consent, got.ConsentText, got.ConsentAt, tt.consent, tt.text, tt.at)
			}
		})
	}
}

// TestRead_WishBesideConsent keeps the answer to a question about contact where
// the rules find it; a no, a mailing and the small print are no wish.
func TestRead_WishBesideConsent(t *testing.T) {
	for label, wish := range map[string]bool{
		"May we contact you?": true, "Would you like us to call you?": true, "Please contact me": true, "Request a callback": true, "Would you like to be contacted?": true,
		"Dürfen wir Sie anrufen?": true, "Souhaitez-vous être contacté ?": true, "¿Desea ser contactado?": true, "Desidera essere contattato?": true, "Wilt u gebeld worden?": true,
		"I agree to be contacted": false, "May we contact you by e-mail?": false, "Subscribe to our newsletter": false, "I accept the privacy policy": false, "Do not contact me": false,
	} {
		for _, answer := range []string{"yes", "no"} {
			r := request("application/json", pairsOf("email", "ada@mail.example", label, answer))
			r.Source.Action = "webinar_registered"
			v := rules.Default().ClassifyTouch(new(readBody(t, r)), r.Now)
			wants := slices.ContainsFunc(v.Reasons, func(x lead.Reason) bool { return x.Rule == "wants_contact" })
			if wants != (wish && answer == "yes") {
				t.Errorf("%s %s: a wish: %v", label, answer, wants)
			}
		}
	}
}
