package provider

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/lead"
)

func TestRead_Consent(t *testing.T) {
	for _, c := range []struct {
		body string
		want lead.Consent
	}{
		{`{"consent":true}`, lead.Given},
		{`{"consent":false}`, lead.Refused},
		{`{"consent":""}`, ""},
		{`{"email":"l@quist.example"}`, ""},
		{pairsOf("newsletter", "on"), lead.Given},
		{pairsOf("gdpr_consent", "no"), lead.Refused},
		{pairsOf("Einwilligung", "Ja"), lead.Given},
		{pairsOf("J'accepte", "Oui"), lead.Given},
		{pairsOf("Acepto la política de privacidad", "Sí"), lead.Given},
		{pairsOf("Zgoda na kontakt", "Tak"), lead.Given},
		{pairsOf("同意する", "いいえ"), lead.Refused},
		{pairsOf("I agree to receive e-mails", "I agree to receive e-mails"), lead.Given},
		{pairsOf("By submitting this application, I certify that it is true and I agree with the terms and conditions", "Agree"), lead.Given},
		{pairsOf("Would you like to receive e-mails?", "No"), lead.Refused},
		{pairsOf("How would you like to receive alerts?", "Email, Text Message"), ""},
		{pairsOf("Would you like a quote?", "Yes"), ""},
		{`{"accepts_marketing":false,"email_marketing_consent":{"state":"not_subscribed","opt_in_level":null}}`, lead.Refused},
		{`{"custom_disclaimer_responses":[{"checkbox_key":"contact_ok","is_checked":"1"}]}`, lead.Given},
		{`{"consentResponses":[{"accepted":true,"consentId":0}]}`, lead.Given},
		{`{"terms":true,"newsletter":false}`, lead.Refused},
		{`{"unsubscribed_from_emails":true}`, lead.Refused},
		{`{"unsubscribed_from_emails":false}`, ""},
	} {
		if got := readJSON(t, c.body).Consent; got != c.want {
			t.Errorf("%s: consent %q, want %q", c.body, got, c.want)
		}
	}
}

func TestRead_Campaign(t *testing.T) {
	full := lead.UTM{Source: "google", Medium: "cpc", Campaign: "brand", Term: "crm", Content: "a"}
	for name, body := range map[string]string{
		"Flat":     `{"utm_source":"google","utm_medium":"cpc","utm_campaign":"brand","utm_term":"crm","utm_content":"a"}`,
		"Camel":    `{"utmSource":"google","utmMedium":"cpc","utmCampaign":"brand","utmTerm":"crm","utmContent":"a"}`,
		"Nested":   `{"utm":{"source":"google","medium":"cpc","campaign":"brand","term":"crm","content":"a"}}`,
		"Tracking": `{"tracking":{"utm_source":"google","utm_medium":"cpc","utm_campaign":"brand","utm_term":"crm","utm_content":"a"}}`,
		"Hidden":   `{"hiddenFields":[{"name":"utm_source","value":"google"},{"name":"utm_medium","value":"cpc"},{"name":"utm_campaign","value":"brand"},{"name":"utm_term","value":"crm"},{"name":"utm_content","value":"a"}]}`,
		"Page":     `{"page_url":"https://www.example.com/?utm_source=google&utm_medium=cpc&utm_campaign=brand&utm_term=crm&utm_content=a#top"}`,
		"Referrer": `{"referrer":"https://www.example.com/?utm_source=google&utm_medium=cpc&utm_campaign=brand&utm_term=crm&utm_content=a"}`,
	} {
		if d := cmp.Diff(full, readJSON(t, body).UTM); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	r := request("application/json", `{"email":"l@quist.example","gclid":"g1"}`)
	r.Header.Set("Referer", "https://www.example.com/demo?utm_source=google&gclid=g2&li_fat_id=l1&fbclid=")
	got := readBody(t, r)
	if d := cmp.Diff(map[string]string{"gclid": "g1", "li_fat_id": "l1"}, got.ClickIDs); d != "" || got.UTM.Source != "google" || got.PageURL != r.Header.Get("Referer") {
		t.Errorf("clicks (-want +got):\n%sutm %v, page %s", d, got.UTM, got.PageURL)
	}
}

func TestRead_PageBeforeReferrer(t *testing.T) {
	got := readJSON(t, `{"referrer":"https://search.example/","page_url":"https://www.example.com/demo","site_url":"https://www.example.com"}`)
	if got.PageURL != "https://www.example.com/demo" || got.Fields["referrer"] != "https://search.example/" {
		t.Errorf("page %s, fields %v", got.PageURL, got.Fields)
	}
}

func TestRead_SourceMap(t *testing.T) {
	r := request("application/json", `{"input_5":"Quist AS","input_6":"7","deep":{"er":{"x":"Liv Quist"}},"Wie heißt Ihr Projekt?":"Umbau","company":"ignored","email":"l@quist.example"}`)
	r.Source.Fields = map[string]string{"company": "INPUT_5", "title": "input_6", "name": "deep.er.x", "message": "Wie heißt Ihr Projekt?", "email": "nowhere"}
	got := readBody(t, r)
	want := lead.Person{Email: "l@quist.example", Name: "Liv Quist", Company: "Quist AS", Title: "7"}
	if d := cmp.Diff(want, got.Person); d != "" || got.Message != "Umbau" || got.Fields["company"] != "ignored" {
		t.Errorf("(-want +got):\n%smessage %q, fields %v", d, got.Message, got.Fields)
	}
}

func TestIsField(t *testing.T) {
	for name, want := range map[string]bool{"email": true, "company": true, "event.id": true, "utm.source": true, "utm_source": true, "": false, "utm_": false, "shoe_size": false} {
		if got := IsField(name); got != want {
			t.Errorf("IsField(%q) = %v", name, got)
		}
	}
}

func TestRead_Country(t *testing.T) {
	r := request("application/json", pairsOf("phone", "030 5550123"))
	r.Source.Country = "DE"
	if got := readBody(t, r).Person.Phone; got != "+49305550123" {
		t.Errorf("phone %q", got)
	}
	r = request("application/json", pairsOf("phone", "12345"))
	r.Source.Country = "DE"
	if got := readBody(t, r).Person.Phone; got == "" {
		t.Error("a number that is none in Germany was lost")
	}
}

func TestRead_Dropped(t *testing.T) {
	got := readJSON(t, `{"email":"l@quist.example","password":"hunter2","g-recaptcha-response":"tok","_token":"csrf","_subject":"New lead","_wpcf7_unit_tag":"x","HandshakeKey":"k","temp_upload":{"a":["b"]},"colour":"blue","n":null,"e":""}`)
	if d := cmp.Diff(map[string]string{"colour": "blue"}, got.Fields); d != "" {
		t.Errorf("fields (-want +got):\n%s", d)
	}
}

func TestRead_Honeypot(t *testing.T) {
	r := request("application/json", `{"email":"l@quist.example","company_url":"https://spam.example","bot-field":""}`)
	if got := readBody(t, r); len(got.Marks) != 0 {
		t.Errorf("marks %v for an empty trap", got.Marks)
	}
	r.Source.Honeypot = "company_url"
	if got := readBody(t, r); !cmp.Equal(got.Marks, []string{MarkHoneypot}) || got.Fields["company_url"] != "" {
		t.Errorf("marks %v, fields %v", got.Marks, got.Fields)
	}
	for _, trap := range []string{"_gotcha", "bot-field", "_honey", "botcheck", "honeypot"} {
		if got := readJSON(t, pairsOf(trap, "x", "email", "l@quist.example")); !cmp.Equal(got.Marks, []string{MarkHoneypot}) {
			t.Errorf("%s: marks %v", trap, got.Marks)
		}
	}
}

// TestRead_HoneypotUntouched are the ways in which scripts send a trap that
// nobody filled.
func TestRead_HoneypotUntouched(t *testing.T) {
	for _, value := range []string{`false`, `0`, `""`, `"false"`, `"0"`, `"no"`, `"off"`, `null`, `"null"`, `[]`, `{}`, `"[]"`, `"  "`} {
		for _, trap := range []string{"_gotcha", "bot-field", "botcheck", "honeypot", "fax_extra"} {
			r := request("application/json", `{"`+trap+`":`+value+`,"email":"l@quist.example"}`)
			r.Source.Honeypot = "fax_extra"
			if got := readBody(t, r); len(got.Marks) != 0 || len(got.Fields) != 0 {
				t.Errorf("%s: %s: marks %v, fields %v", trap, value, got.Marks, got.Fields)
			}
		}
	}
}

// TestRead_SourceMapTwice reads a label that the map names for two places.
func TestRead_SourceMapTwice(t *testing.T) {
	for range 20 {
		r := request("application/json", `{"x":"Quist AS","email":"l@quist.example"}`)
		r.Source.Fields = map[string]string{"company": "x", "message": "x", "title": "x", "utm_source": "x"}
		if got := readBody(t, r); got.Person.Company != "Quist AS" || got.Person.Title != "" || got.Message != "" {
			t.Fatalf("company %q, title %q, message %q", got.Person.Company, got.Person.Title, got.Message)
		}
	}
}

func TestRead_Test(t *testing.T) {
	for body, want := range map[string]bool{`{"is_test":true}`: true, `{"test":true}`: true, `{"testLead":"true"}`: true, `{"test":false}`: false, `{"test":2432232314}`: false, `{"test":"pregnancy"}`: false} {
		if got := readJSON(t, `{"email":"l@quist.example",`+body[1:]).Test; got != want {
			t.Errorf("%s: test = %v", body, got)
		}
	}
}

func TestRead_At(t *testing.T) {
	for value, want := range map[string]time.Time{
		`"2026-11-25T10:12:00+01:00"`: time.Date(2026, 11, 25, 9, 12, 0, 0, time.UTC),
		`1795597200`:                  time.Unix(1795597200, 0).UTC(),
		`1795597200000`:               time.Unix(1795597200, 0).UTC(),
		`"2030-01-01T00:00:00Z"`:      testNow, // a wrong clock
		`"2018-01-18T18:17:02Z"`:      testNow, // a sample
		`"yesterday"`:                 testNow,
	} {
		if got := readJSON(t, `{"submitted_at":`+value+`}`).At; !got.Equal(want) {
			t.Errorf("submitted_at %s: at %v, want %v", value, got, want)
		}
	}
}
