package provider

import "testing"

// TestRead_Topic: a topic is a webinar's title where people sign up for one, and
// elsewhere what they write about, which may be support.
func TestRead_Topic(t *testing.T) {
	body := `{"email":"ada@mail.example","topic":"Support"}`
	if got := readJSON(t, body); got.Event.Title != "" || got.Fields["topic"] != "Support" {
		t.Errorf("on a contact form: title %q, fields %v, want the field topic", got.Event.Title, got.Fields)
	}
	r := request("application/json", body)
	r.Source.Action = "webinar_registered"
	if got := readBody(t, r); got.Event.Title != "Support" || got.Fields["topic"] != "" {
		t.Errorf("on a webinar's form: title %q, fields %v, want the title", got.Event.Title, got.Fields)
	}
}
