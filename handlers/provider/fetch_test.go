package provider

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/lead"
)

// fetches are stubs, each read from a delivery of its vendor, and what the
// vendor's API answers about them.
var fetches = []struct {
	provider, stub string
	answers        []string // files of testdata/PROVIDER/answers, one for each call
	paths          []string // what each call asks for, without its parameters
}{
	{"eventbrite", "attendee_updated", []string{"attendee"}, []string{"/v3/events/9901059816/attendees/9901346364/"}},
	{"eventbrite", "attendee_updated", []string{"cancelled"}, []string{"/v3/events/9901059816/attendees/9901346364/"}},
	{"eventbrite", "order_placed", []string{"order"}, []string{"/v3/orders/9903460802/"}},
	{"eventbrite", "order_placed", []string{"order_of_two"}, []string{"/v3/orders/9903460802/"}},
	{"hubspot", "created", []string{"contact"}, []string{"/crm/v3/objects/contacts/9007199254740995"}},
	{"linkedin", "created", []string{"with_form"}, []string{"/rest/leadFormResponses/77aa-6"}},
	{"linkedin", "created", []string{"response", "form"}, []string{"/rest/leadFormResponses/77aa-6", "/rest/leadForms/7001"}},
	{"meta", "batch", []string{"lead"}, []string{"/9007199254740993"}},
	{"msgraph", "batch", []string{"registration"}, []string{"/v1.0/solutions/virtualEvents/webinars/web-901@ten-901/registrations/reg-1"}},
	{"msgraph", "batch", []string{"canceled"}, []string{"/v1.0/solutions/virtualEvents/webinars/web-901@ten-901/registrations/reg-1"}},
	{"webex", "joined", []string{"participant"}, []string{"/v1/meetingParticipants/pa_I_4002"}},
}

// stubOf is the first touch of a delivery that holds ids only.
func stubOf(t testing.TB, p *Provider, name string) *lead.Touch {
	t.Helper()
	touches, err := p.Touches(fixture(t, filepath.Join("testdata", p.Name, name+".json")))
	if err != nil || len(touches) == 0 || !touches[0].NeedsFetch {
		t.Fatalf("%s %s = %+v, %v, want a stub", p.Name, name, touches, err)
	}
	stub := touches[0]
	stub.ID, stub.ReceivedAt = "01TOUCH", testNow
	return &stub
}

func answersOf(t testing.TB, provider string, names ...string) [][]byte {
	t.Helper()
	var all [][]byte
	for _, name := range names {
		b, err := os.ReadFile(filepath.Join("testdata", provider, "answers", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
	return all
}

func TestProvider_Fetched(t *testing.T) {
	covered := map[string]bool{}
	for _, c := range fetches {
		covered[c.provider] = true
		t.Run(c.provider+"/"+strings.Join(c.answers, "+"), func(t *testing.T) {
			p, _ := Find(c.provider)
			stub := stubOf(t, p, c.stub)
			before := *stub
			answers, asked := answersOf(t, c.provider, c.answers...), []string(nil)
			got, err := p.Fetched(stub, Source{Name: "test"}, func(path string) ([]byte, error) {
				path, _, _ = strings.Cut(path, "?")
				asked = append(asked, path)
				return answers[len(asked)-1], nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(asked, c.paths) {
				t.Errorf("asked for %q, want %q", asked, c.paths)
			}
			if got.NeedsFetch || got.ID != stub.ID || got.DeliveryID != stub.DeliveryID || !got.Person.Reachable() {
				t.Errorf("Fetched = %+v, want the same touch with its person", got)
			}
			if d := cmp.Diff(before, *stub); d != "" {
				t.Errorf("the stub was changed (-before +after):\n%s", d)
			}
			golden := filepath.Join("testdata", c.provider, "answers", strings.Join(c.answers, "_")+".golden")
			text := printed(t, []lead.Touch{*got})
			if *update {
				if err := os.WriteFile(golden, text, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatalf("%v (make it with go test -update)", err)
			}
			if d := cmp.Diff(string(want), string(text)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
	for _, p := range All() {
		if p.Fetch == nil {
			continue
		}
		if !covered[p.Name] {
			t.Errorf("no answer of %s is tested", p.Name)
		}
		hosts := []string{p.Fetch.Host}
		if g := p.Fetch.Grant; g != nil {
			hosts = append(hosts, g.Host)
			if path := g.Path("tenant"); !strings.HasPrefix(path, "/") || !strings.Contains(path, "/tenant/") || g.Scope == "" {
				t.Errorf("%s gives tokens at %q for %q, want a path with the tenant, and a scope", p.Name, path, g.Scope)
			}
		}
		for _, host := range hosts {
			if strings.HasPrefix(host, "https://") && strings.Count(host, "/") == 2 {
				continue
			}
			t.Errorf("a host of %s is %q, want https://host", p.Name, host)
		}
	}
}

// Two deliveries about one order are one person who registered once.
func TestProvider_Fetched_SameContent(t *testing.T) {
	p, _ := Find("eventbrite")
	var contents []string
	for stub, answer := range map[string]string{"attendee_updated": "attendee", "order_placed": "order"} {
		got, err := p.Fetched(stubOf(t, p, stub), Source{Name: "test"}, func(string) ([]byte, error) { return answersOf(t, "eventbrite", answer)[0], nil })
		if err != nil {
			t.Fatal(err)
		}
		contents = append(contents, got.Content)
	}
	if contents[0] != contents[1] {
		t.Errorf("contents = %q, want the same for an order and its attendee", contents)
	}
}

func TestProvider_Fetched_Fails(t *testing.T) {
	away := errors.New("away")
	for _, c := range []struct {
		name, provider, stub, answer string
		err                          error
		want                         error
	}{
		{"Away", "meta", "batch", "", away, away},
		{"NoJSON", "meta", "batch", "<html>", nil, ErrMalformed},
		{"NoObject", "hubspot", "created", "[]", nil, ErrMalformed},
		{"Nobody", "hubspot", "created", `{"properties":{}}`, nil, ErrNobody},
		{"NotFilledIn", "eventbrite", "attendee_updated", string(answersOf(t, "eventbrite", "not_filled_in")[0]), nil, ErrNobody},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, _ := Find(c.provider)
			got, err := p.Fetched(stubOf(t, p, c.stub), Source{Name: "test"}, func(string) ([]byte, error) { return []byte(c.answer), c.err })
			if !errors.Is(err, c.want) || got != nil {
				t.Errorf("Fetched = %v, %v, want %v", got, err, c.want)
			}
		})
	}
	p, _ := Find("form")
	if _, err := p.Fetched(&lead.Touch{}, Source{}, nil); !errors.Is(err, ErrMalformed) {
		t.Errorf("Fetched of a provider that has nothing to fetch from = %v", err)
	}
}

// FuzzFetched throws anything at the readers of answers: what a vendor answered,
// with some bytes, or all of them, replaced by any others. So an input is short,
// whatever it leads to, and go spends its time on trying and not on shortening.
func FuzzFetched(f *testing.F) {
	type answered struct {
		provider *Provider
		stub     *lead.Touch
		body     []byte
	}
	var all []answered
	for _, c := range fetches {
		p, _ := Find(c.provider)
		stub := stubOf(f, p, c.stub)
		for _, b := range answersOf(f, c.provider, c.answers...) {
			all = append(all, answered{p, stub, b})
		}
	}
	for i, a := range all {
		f.Add(uint8(i), uint16(0), uint16(0), []byte(nil))
		f.Add(uint8(i), uint16(len(a.body)/2), uint16(1), []byte(`"`))
		f.Add(uint8(i), uint16(0), uint16(len(a.body)), []byte(`{"a":[null,{}]}`))
	}
	f.Fuzz(func(t *testing.T, i uint8, at, cut uint16, put []byte) {
		a := all[int(i)%len(all)]
		from := int(at) % (len(a.body) + 1)
		to := min(from+int(cut), len(a.body))
		body := slices.Concat(a.body[:from], put, a.body[to:])
		stub := *a.stub
		_, err := a.provider.Fetched(&stub, Source{Name: "test"}, func(string) ([]byte, error) { return body, nil })
		if err != nil && !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrNobody) && !errors.Is(err, ErrTooLarge) {
			t.Error(fmt.Errorf("%s: %w", a.provider.Name, err))
		}
	})
}
