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

// TestRead_RefusalAsAnswer finds a refusal below a label that asks for something
// else, and only where the answer is nothing but that.
func TestRead_RefusalAsAnswer(t *testing.T) {
	for _, answer := range [][2]string{
		{"Contact preferences", "Do not contact me by phone"}, {"Contact preferences", "Please don't call me"}, {"Opmerkingen", "Bel mij niet"}, {"Hinweis", "Bitte nicht anrufen"},
		{"message", "Ne m'appelez pas, merci"}, {"Notas", "No me llamen, por favor"}, {"Note", "Non chiamatemi"}, {"Uwagi", "Proszę nie dzwonić"}, {"Övrigt", "Ring mig inte"}, {"Комментарий", "Не звоните мне"},
	} {
		got := readJSON(t, pairsOf("email", "ada@mail.example", answer[0], answer[1]))
		if got.Consent != lead.Refused || got.ConsentText == "" || !slices.Contains(got.Marks, lead.MarkDoNotContact) {
			t.Errorf("%v: consent %q of %q, marks %v", answer, got.Consent, got.ConsentText, got.Marks)
		}
	}
	for _, answer := range [][2]string{
		{"Contact preferences", "E-mail, not phone"}, {"Contact preferences", "No preference, email is fine"}, {"Best time to call", "Not before nine"}, {"message", "I could not contact your support"},
		{"message", "We have not received your call"}, {"Opmerkingen", "Bel mij morgen"}, {"company", "Do Not Call Me Ltd"},
		{"message", "Our old vendor had a rule, do not call me, and we would like the same rule in our new system"},
	} {
		if got := readJSON(t, pairsOf("email", "ada@mail.example", answer[0], answer[1])); got.Consent != "" || len(got.Marks) != 0 {
			t.Errorf("%v: consent %q, marks %v", answer, got.Consent, got.Marks)
		}
	}
}
