package provider

import (
	"errors"
	"strings"
	"testing"

	"github.com/leadgate/leadgate/lead"
)

// TestBookings_SourceAction: a source may say what a booking means; a
// cancellation stays one.
func TestBookings_SourceAction(t *testing.T) {
	for file, want := range map[string]lead.Action{
		"calendly/booked.json": "quote_request", "calendly/routing_form.json": "quote_request", "calendly/cancelled.json": "demo_cancelled", "calendly/moved.json": "demo_rescheduled",
		"calcom/booked.json": "quote_request", "calcom/routing_form.json": "quote_request", "calcom/cancelled.json": "demo_cancelled", "calcom/host_no_show.json": "host_no_show",
		"savvycal/flat.json": "demo_rescheduled", "chilipiper/created.json": "quote_request", "chilipiper/canceled.json": "demo_cancelled",
	} {
		name, _, _ := strings.Cut(file, "/")
		p, _ := Find(name)
		r := fixture(t, "testdata/"+file)
		r.Source.Action = "quote_request"
		got, err := p.Touches(r)
		if err != nil || len(got) != 1 || got[0].Action != want {
			t.Errorf("%s: Touches = %+v, %v, want action %s", file, got, err, want)
		}
	}
}

// TestBookings_OnlyTheLead: hosts and companions are nowhere in a touch.
func TestBookings_OnlyTheLead(t *testing.T) {
	for _, name := range []string{"calendly", "calcom", "savvycal", "chilipiper"} {
		p, _ := Find(name)
		for _, file := range fixtures(t, name) {
			touches, err := p.Touches(fixture(t, file))
			if err != nil {
				t.Fatal(err)
			}
			if text := string(printed(t, touches)); strings.Contains(text, "@ours.example") || strings.Contains(text, "Dana Host\"") {
				t.Errorf("%s: the host is in %s", file, text)
			}
		}
	}
}

func TestCalcom_NoSecretProvided(t *testing.T) {
	r := signed("{}", "X-Cal-Signature-256", "no-secret-provided")
	for _, secret := range []string{"k", "", "no-secret-provided"} {
		if err := calcomMAC.verify(r, secret); !errors.Is(err, ErrSignature) {
			t.Errorf("verify with secret %q = %v", secret, err)
		}
	}
}

func TestGoogleAds_Key(t *testing.T) {
	for name, c := range map[string]struct {
		body, secret string
		want         error
	}{
		"Right":     {`{"google_key":"k1"}`, "k1", nil},
		"Spelled":   {`{"Google_key":"k1"}`, "k1", nil},
		"Wrong":     {`{"google_key":"k2"}`, "k1", ErrSignature},
		"Missing":   {`{"lead_id":"1"}`, "k1", ErrSignature},
		"Empty":     {`{"google_key":""}`, "", ErrSignature},
		"EmptySent": {`{"google_key":""}`, "k1", ErrSignature},
		"NoJSON":    {`{"google_key":`, "k1", ErrSignature},
		"NoObject":  {`["k1"]`, "k1", ErrSignature},
	} {
		if err := googleAdsVerify(request("application/json", c.body), c.secret); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: googleAdsVerify = %v, want %v", name, err, c.want)
		}
	}
}

// TestThin_Distinct: two leads of whom only ids are known are not one person
// pressing the button twice.
func TestThin_Distinct(t *testing.T) {
	const ids = `{"object":"page","entry":[{"changes":[{"field":"leadgen","value":{"leadgen_id":"1","form_id":"9"}},{"field":"leadgen","value":{"leadgen_id":"2","form_id":"9"}}]}]}`
	p, _ := Find("meta")
	got, err := p.Touches(request("application/json", ids))
	if err != nil || len(got) != 2 || got[0].Content == got[1].Content || got[0].DeliveryID == got[1].DeliveryID {
		t.Errorf("Touches = %+v, %v", got, err)
	}
	again, _ := p.Touches(request("application/json", ids))
	if again[0].Content != got[0].Content {
		t.Errorf("the same delivery again has content %s, had %s", again[0].Content, got[0].Content)
	}
}

// TestRead_CompanyWithLabel: a company may be an answer with a label of its own.
func TestRead_CompanyWithLabel(t *testing.T) {
	p, _ := Find("json")
	got, err := p.Touches(request("application/json", `{"email":"a@b.example","company":{"label":"Your company","value":"Puerto Sur"}}`))
	if err != nil || got[0].Person.Company != "Puerto Sur" || len(got[0].Fields) != 0 {
		t.Errorf("Touches = %+v, %v", got, err)
	}
}
