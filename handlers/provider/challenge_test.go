package provider

import (
	"encoding/json"
	"net/url"
	"testing"
)

// get is a GET of a source's address.
func get(query string) *Request {
	r := request("", "")
	r.Method = "GET"
	r.URL = &url.URL{Scheme: "https", Host: "leads.example.com", Path: "/in/test", RawQuery: query}
	return r
}

func TestMeta_Challenge(t *testing.T) {
	const right = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=meatyhamhock"
	for name, c := range map[string]struct {
		query, token, want string
		status             int
	}{
		"Right":        {right, "meatyhamhock", "1158201444", 0},
		"Wrong":        {right, "other", "", 403},
		"NoneSet":      {right, "", "", 403},
		"NoneSetSent":  {"hub.mode=subscribe&hub.challenge=1&hub.verify_token=", "", "", 403},
		"MarkupIsText": {"hub.mode=subscribe&hub.challenge=%3Cb%3E&hub.verify_token=k", "k", "<b>", 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := get(c.query)
			r.Source.VerifyToken = c.token
			got, err := metaChallenge(r)
			if err != nil || got == nil || got.Status != c.status || string(got.Body) != c.want {
				t.Fatalf("metaChallenge = %+v, %v, want status %d and %q", got, err, c.status, c.want)
			}
			if c.status == 0 && got.ContentType != "text/plain; charset=utf-8" {
				t.Errorf("content type %q", got.ContentType)
			}
		})
	}
	if got, err := metaChallenge(get("")); got != nil || err != nil {
		t.Errorf("metaChallenge of a plain GET = %v, %v", got, err)
	}
	post := get(right)
	post.Method, post.Source.VerifyToken = "POST", "meatyhamhock"
	if got, err := metaChallenge(post); got != nil || err != nil {
		t.Errorf("metaChallenge of a delivery = %v, %v", got, err)
	}
}

func TestLinkedIn_Challenge(t *testing.T) {
	r := get("challengeCode=890e4665-4dfe-4ab1-b689-ed553bceeed0&applicationId=1")
	r.Source.Secrets = []string{"linkedin-test-client-secret", "the-previous-one"}
	got, err := linkedInChallenge(r)
	if err != nil || got == nil || got.ContentType != "application/json" {
		t.Fatalf("linkedInChallenge = %v, %v", got, err)
	}
	var answer map[string]string
	if err := json.Unmarshal(got.Body, &answer); err != nil {
		t.Fatal(err)
	}
	if answer["challengeCode"] != "890e4665-4dfe-4ab1-b689-ed553bceeed0" || answer["challengeResponse"] != "af1e6bba74c4504b06262fdf4d066b0e34b3bdbe38e24e198f3fe1efca8a96d4" {
		t.Errorf("answer = %v", answer)
	}
	for name, change := range map[string]func(*Request){
		"NoSecret":    func(r *Request) { r.Source.Secrets = nil },
		"EmptySecret": func(r *Request) { r.Source.Secrets = []string{""} },
		"NoCode":      func(r *Request) { r.URL.RawQuery = "" },
		"Delivery":    func(r *Request) { r.Method = "POST" },
	} {
		other := *r
		u := *r.URL
		other.URL = &u
		change(&other)
		if got, err := linkedInChallenge(&other); got != nil || err != nil {
			t.Errorf("%s: linkedInChallenge = %v, %v", name, got, err)
		}
	}
}
