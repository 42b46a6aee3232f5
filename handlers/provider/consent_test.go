package provider

import (
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
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
