package provider

import (
	"encoding/base64"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestNetlify_Tokens are tokens that are signed with the right secret and yet
// are not Netlify's for this body.
func TestNetlify_Tokens(t *testing.T) {
	part := base64.RawURLEncoding.EncodeToString
	token := func(head, claims string) string {
		signed := part([]byte(head)) + "." + part([]byte(claims))
		return signed + "." + part(netlifySum(signed, testSecret))
	}
	const (
		head = `{"alg":"HS256","typ":"JWT"}`
		good = `{"iss":"netlify","sha256":"44136FA355B3678A1146AD16F7E8649E94FB4FC21FE77E8310C060F61CAAFF8A"}` // of {}
	)
	for _, c := range []struct {
		name, token string
		ok          bool
	}{
		{"Good", token(head, good), true},
		{"OtherHead", token(`{"typ":"JWT","alg":"HS256","kid":"1"}`, good), true},
		{"AlgorithmNone", token(`{"alg":"none"}`, good), false},
		{"AlgorithmNoneUnsigned", part([]byte(`{"alg":"none"}`)) + "." + part([]byte(good)) + ".", false},
		{"AlgorithmRSA", token(`{"alg":"RS256"}`, good), false},
		{"HeadIsNoJSON", token(`HS256`, good), false},
		{"OtherIssuer", token(head, strings.Replace(good, "netlify", "somebody", 1)), false},
		{"OtherBody", token(head, strings.Replace(good, "44136", "54136", 1)), false},
		{"DigestIsNoHex", token(head, strings.Replace(good, "44136", "xyzzy", 1)), false},
		{"NoDigest", token(head, `{"iss":"netlify"}`), false},
		{"ClaimsAreNoJSON", token(head, `netlify`), false},
		{"TwoParts", part([]byte(head)) + "." + part([]byte(good)), false},
		{"NoBase64", "?.?.?", false},
		{"Empty", "..", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := request("application/json", "{}")
			r.Header.Set(netlifyHeader, c.token)
			switch err := netlifyVerify(r, testSecret); {
			case c.ok && err != nil:
				t.Errorf("Verify = %v", err)
			case !c.ok && !errors.Is(err, ErrSignature):
				t.Errorf("Verify = %v, want %v", err, ErrSignature)
			}
		})
	}
}

func TestFramer_ID(t *testing.T) {
	r := request("application/json", `{"Email":"l@quist.example"}`)
	framerMAC.sign(r, testSecret) // right for a body with no id
	if err := framerVerify(r, testSecret); !errors.Is(err, ErrSignature) {
		t.Errorf("without an id Verify = %v, want %v", err, ErrSignature)
	}
	framerSign(r, testSecret)
	if err := framerVerify(r, testSecret); err != nil {
		t.Fatalf("Verify = %v", err)
	}
	r.Header.Set(framerID, "another")
	if err := framerVerify(r, testSecret); !errors.Is(err, ErrSignature) {
		t.Errorf("with another id Verify = %v, want %v", err, ErrSignature)
	}
}

// TestVerify_Windows holds the vendors that sign a time to the window that
// their page gives, on both sides.
func TestVerify_Windows(t *testing.T) {
	for name, window := range map[string]time.Duration{"webflow": 5 * time.Minute, "formspree": 5 * time.Minute} {
		p, _ := Find(name)
		for _, off := range []time.Duration{0, window, -window, window + time.Second, -window - time.Second} {
			r := sampled(*p, testNow, testSecret)
			r.Now = testNow.Add(off)
			if err := p.Verify(r, testSecret); (off.Abs() > window) != errors.Is(err, ErrStale) {
				t.Errorf("%s: off by %s: Verify = %v", name, off, err)
			}
		}
	}
}

func TestWufoo_Key(t *testing.T) {
	for _, c := range []struct {
		name, contentType, body string
		ok                      bool
	}{
		{"Right", "application/x-www-form-urlencoded", "Field1=Liv&HandshakeKey=k1", true},
		{"Wrong", "application/x-www-form-urlencoded", "Field1=Liv&HandshakeKey=k2", false},
		{"Twice", "application/x-www-form-urlencoded", "HandshakeKey=k2&Field1=Liv&HandshakeKey=k1", false},
		{"Missing", "application/x-www-form-urlencoded", "Field1=Liv", false},
		{"Unreadable", "application/json", "{", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := wufooVerify(request(c.contentType, c.body), "k1")
			if c.ok != (err == nil) || err != nil && !errors.Is(err, ErrSignature) {
				t.Errorf("Verify(%s) = %v", c.body, err)
			}
		})
	}
}

func TestJotform_Unread(t *testing.T) {
	p, _ := Find("jotform")
	_, err := p.Touches(request("application/x-www-form-urlencoded", "submissionID=1&rawRequest=%7B%22q3"))
	if !errors.Is(err, ErrMalformed) {
		t.Errorf("Touches = %v, want %v", err, ErrMalformed)
	}
}

func TestJotform_Label(t *testing.T) {
	const pretty = "Name:Liv Quist, Prior, other tutoring?:No, Note: in short:Yes, please, Grade:No"
	for _, c := range []struct{ words, value, want string }{
		{"name", "Liv Quist", "Name"},
		{"priorOther", "No", "Prior, other tutoring?"},
		{"noteIn", "Yes, please", "Note: in short"},
		{"grade", "No", ""}, // another question's answer comes first
		{"grade", "12", ""},
		{"", "No", ""},
		{"__", "No", ""},
	} {
		if got := jotformLabel(pretty, c.words, c.value); got != c.want {
			t.Errorf("jotformLabel(%q, %q) = %q, want %q", c.words, c.value, got, c.want)
		}
	}
	if got := jotformLabel(strings.Repeat("x", 400)+":v", "x", "v"); len(got) > longestLabel {
		t.Errorf("a label of %d bytes", len(got))
	}
}

// TestPaperform_Partial marks a partial submission by the URL of its hook.
func TestPaperform_Partial(t *testing.T) {
	p, _ := Find("paperform")
	read := func(address string) (action, id string, partial bool) {
		r := request("application/json", `{"submission_id":"s1","data":[{"type":"email","key":"k","value":"l@quist.example"}]}`)
		r.URL, _ = url.Parse(address)
		touches, err := p.Touches(r)
		if err != nil || len(touches) != 1 {
			t.Fatalf("Touches = %d touches, %v", len(touches), err)
		}
		return string(touches[0].Action), touches[0].DeliveryID, slices.Contains(touches[0].Marks, markPartial)
	}
	if action, id, partial := read("https://leads.example.com/in/paper/TOKEN?partial=1"); action != "form_abandoned" || id != "s1|partial" || !partial {
		t.Errorf("partial: %s, %s, %v", action, id, partial)
	}
	if action, id, partial := read("https://leads.example.com/in/paper/TOKEN"); action != "contact_form" || id != "s1" || partial {
		t.Errorf("whole: %s, %s, %v", action, id, partial)
	}
}
