package provider

import (
	"errors"
	"net/url"
	"testing"
	"time"
)

// TestHubspot_Vectors are HubSpot's own, of its client library's tests; v3 is
// made after the same source.
func TestHubspot_Vectors(t *testing.T) {
	const secret = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
	const batch = `[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW","appId":54321}]`
	old := func(version, signature string) []string {
		return []string{"X-HubSpot-Signature", signature, "X-HubSpot-Signature-Version", version}
	}
	v3 := []string{"X-HubSpot-Signature-v3", "yIUZEBOzG4WAAwB5FY4unNtmy1qJlNEkui8uYYGZeE0=", "X-HubSpot-Request-Timestamp", "1726000000000"}
	const wrong = "0000000000000000000000000000000000000000000000000000000000000000"
	for name, c := range map[string]struct {
		method, body string
		headers      []string
		late         time.Duration
		want         error
	}{
		"V1":             {"POST", batch, old("v1", "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"), 0, nil},
		"V1AsV2":         {"POST", batch, old("v2", "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"), 0, ErrSignature},
		"V2Get":          {"GET", "", old("v2", "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e"), 0, nil},
		"V2Post":         {"POST", `{"example_field":"example_value"}`, old("v2", "9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900"), 0, nil},
		"V2Changed":      {"POST", `{"example_field":"example_valuE"}`, old("v2", "9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900"), 0, ErrSignature},
		"NoHex":          {"POST", batch, old("v1", "x"), 0, ErrSignature},
		"UnknownVersion": {"POST", batch, old("v9", "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"), 0, ErrSignature},
		"V3":             {"POST", `{"example_field":"example_value"}`, v3, 0, nil},
		"V3Late":         {"POST", `{"example_field":"example_value"}`, v3, 301 * time.Second, ErrStale},
		"V3Early":        {"POST", `{"example_field":"example_value"}`, v3, -301 * time.Second, ErrStale},
		"V3Wins":         {"POST", `{"example_field":"example_value"}`, append(old("v1", wrong), v3...), 0, nil},
		"V3WrongWins":    {"POST", batch, append(old("v1", "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"), v3...), 0, ErrSignature},
	} {
		t.Run(name, func(t *testing.T) {
			r := signed(c.body, c.headers...)
			r.Method = c.method
			r.URL, _ = url.Parse("https://www.example.com/webhook_uri")
			r.Now = time.UnixMilli(1726000000000).Add(c.late)
			if err := hubspotVerify(r, secret); !errors.Is(err, c.want) {
				t.Errorf("hubspotVerify = %v, want %v", err, c.want)
			}
			if err := hubspotVerify(r, ""); !errors.Is(err, ErrSignature) {
				t.Errorf("hubspotVerify without a secret = %v", err)
			}
		})
	}
}

// TestHubspot_DecodedURI: HubSpot signs some characters of the address decoded.
func TestHubspot_DecodedURI(t *testing.T) {
	r := signed("{}")
	r.URL, _ = url.Parse("https://www.example.com/in/hubspot?back=https%3A%2F%2Fwww.example.com")
	for name, uri := range map[string]func(*url.URL) string{"Raw": rawURI, "Decoded": decodedURI} {
		hubspotV3(uri).sign(r, "k")
		if err := hubspotVerify(r, "k"); err != nil {
			t.Errorf("%s: hubspotVerify = %v", name, err)
		}
	}
	r.URL, _ = url.Parse("https://www.example.com/in/other")
	if err := hubspotVerify(r, "k"); !errors.Is(err, ErrSignature) {
		t.Errorf("hubspotVerify at another address = %v", err)
	}
}
