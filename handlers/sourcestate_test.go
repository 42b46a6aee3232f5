package handlers

import (
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/handlers/source"
)

// fakeNotebook is a notebook in memory.
type fakeNotebook struct {
	notes map[string][]byte
	err   error
}

func (f *fakeNotebook) KeepNote(source string, note []byte) error {
	if f.err == nil {
		f.notes[source] = note
	}
	return f.err
}
func (f *fakeNotebook) Notes() (map[string][]byte, error) { return maps.Clone(f.notes), f.err }

var sourcesOfAll = []source.Source{
	{Name: "ads", Provider: "meta", Unsigned: true, VerifyToken: "v", Action: "demo_request"},
	{Name: "contact", Provider: "form", Token: "t"},
	{Name: "events", Provider: "eventbrite", Fetch: source.Fetch{Token: "x"}},
	{Name: "hook", Provider: "json"},
	{Name: "webinars", Provider: "zoom", Secret: zoomSecret, Watch: true},
}

func sourceStates(t *testing.T, s *Server) map[string]source.State {
	t.Helper()
	w := ask(s, "GET", "/api/v1/sources", "", "Authorization", "Bearer "+"api-token")
	var got struct{ Items []source.State }
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 {
		t.Fatalf("GET /api/v1/sources = %d %s: %v", w.Code, w.Body, err)
	}
	byName := map[string]source.State{}
	for i, st := range got.Items {
		byName[st.Name] = st
		if i > 0 && got.Items[i-1].Name >= st.Name {
			t.Errorf("%s comes after %s", st.Name, got.Items[i-1].Name)
		}
	}
	return byName
}

func TestSources(t *testing.T) {
	book := &fakeNotebook{notes: map[string][]byte{}}
	open := func() *Server {
		s, _ := testServer(t, sourcesOfAll, func(o *Options) { o.Session.Tokens, o.Source.Notebook = []string{"api-token"}, book })
		return s
	}
	s := open()
	ask(s, "GET", "/in/ads?hub.mode=subscribe&hub.verify_token=v&hub.challenge=c", "")
	ask(s, "GET", "/in/ads?hub.mode=subscribe&hub.verify_token=guess&hub.challenge=c", "")
	post(s, "/in/ads", jsonType, `{"entry":[{"changes":[{"field":"leadgen","value":{"leadgen_id":"1"}},{"field":"leadgen","value":{"leadgen_id":"2"}}]}]}`)
	post(s, "/in/contact/guess", formType, oneForm)
	post(s, "/in/contact/t", formType, oneForm)
	for range 20 {
		post(s, "/in/webinars", jsonType, `{"event":"x"}`)
	}
	post(s, "/in/ads", jsonType, `{"entry":[]}`)
	post(s, "/in/ads", jsonType, `{"entry":`)
	refused := source.Refusal{At: noon, Why: "bad_signature", Says: "The signature does not match", Do: "The secret here differs from the one at Zoom. " +
		"Copy it from there into secret of this source; secret_previous keeps the old one good while it changes."}
	want := map[string]source.State{
		"ads": {Name: "ads", Provider: "meta", URL: publicURL + "/in/ads", Action: "demo_request", HandshakeAt: noon, LastTouchAt: noon, AcceptedToday: 3, UnreadToday: 1, IgnoredToday: 1,
			Refusals: []source.Refusal{{At: noon, Why: "handshake_refused", Says: "The vendor's handshake does not fit the settings",
				Do: "What Meta Lead Ads sends to check the address does not fit verify_token or secret of this source. Set them to what stands there, and save the address there again."}},
			Needs: []source.Need{{Need: "fetch_token", Says: "Meta Lead Ads sends ids only; set fetch.token, so that the person can be fetched."},
				{Need: "secret", Says: "Meta Lead Ads signs what it sends, and nothing checks it; set secret."}}},
		"contact": {Name: "contact", Provider: "form", URL: publicURL + "/in/contact/t", LastTouchAt: noon, AcceptedToday: 1, Needs: []source.Need{},
			Refusals: []source.Refusal{{At: noon, Why: "bad_token", Says: "The token is wrong",
				Do: "The address ends in another token, or in none. Copy the address of this source to the sender again."}}},
		"events": {Name: "events", Provider: "eventbrite", URL: publicURL + "/in/events", Refusals: []source.Refusal{},
			Needs: []source.Need{{Need: "token", Says: "Anybody who knows the URL can send; set token."}}},
		"hook": {Name: "hook", Provider: "json", URL: publicURL + "/in/hook", Refusals: []source.Refusal{}, Needs: []source.Need{}},
		"webinars": {Name: "webinars", Provider: "zoom", URL: publicURL + "/in/webinars", Watch: true, Needs: []source.Need{},
			Refusals: []source.Refusal{refused, refused, refused, refused, refused, refused, refused, refused, refused, refused}},
	}
	if d := cmp.Diff(want, sourceStates(t, s)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}

	again := sourceStates(t, open())["ads"] // a restart
	if !again.HandshakeAt.Equal(noon) || again.AcceptedToday != 2 || again.IgnoredToday != 0 || len(again.Refusals) != 0 || len(again.Needs) != 2 {
		t.Errorf("after a restart = %+v, want the handshake and the count of the day", again)
	}
}

func TestSources_NotebookInTrouble(t *testing.T) {
	book := &fakeNotebook{notes: map[string][]byte{"ads": []byte("{")}}
	s, _ := testServer(t, sourcesOfAll, func(o *Options) { o.Session.Tokens, o.Source.Notebook = []string{"api-token"}, book })
	book.err = errors.New("disk full")
	if w := ask(s, "GET", "/in/ads?"+url.Values{"hub.mode": {"subscribe"}, "hub.verify_token": {"v"}, "hub.challenge": {"c"}}.Encode(), ""); w.Code != 200 {
		t.Errorf("a handshake = %d, want 200 though nothing could be written down", w.Code)
	}
	if st := sourceStates(t, s)["ads"]; !st.HandshakeAt.Equal(noon) {
		t.Errorf("state = %+v, want the handshake from memory", st)
	}
	if _, err := New(testOptions(func(o *Options) { o.Source.Notebook = book })); !errors.Is(err, book.err) {
		t.Errorf("New = %v, want the notebook's error", err)
	}
}
