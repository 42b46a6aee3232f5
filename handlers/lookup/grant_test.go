package lookup

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
)

// directory is where Microsoft gives tokens and tells of registrations.
type directory struct {
	*httptest.Server
	mu      sync.Mutex
	asked   []string // tenants and tokens, in order
	form    url.Values
	refuse  int           // status of the next token requests; 0: a token
	body    string        // instead of a token
	life    time.Duration // of tokens
	revoked map[string]bool
	given   int
}

func newDirectory(t *testing.T) *directory {
	d := &directory{life: time.Hour, revoked: map[string]bool{}}
	d.Server = httptest.NewServer(d)
	t.Cleanup(d.Close)
	return d
}

func (d *directory) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if r.Method == http.MethodGet {
		token := r.Header.Get("Authorization")
		d.asked = append(d.asked, token)
		if d.revoked[token] {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprint(w, `{"id":"reg-1","firstName":"Ada","lastName":"Brandt","email":"ada@brandt-druck.example","status":"registered"}`)
		return
	}
	d.asked = append(d.asked, r.URL.Path)
	r.ParseForm()
	d.form = r.PostForm
	switch {
	case d.refuse != 0:
		w.WriteHeader(d.refuse)
		fmt.Fprint(w, `{"error":"invalid_client","error_description":"app-secret-1 is wrong"}`)
	case d.body != "":
		fmt.Fprint(w, d.body)
	default:
		d.given++
		fmt.Fprintf(w, `{"token_type":"Bearer","expires_in":%d,"ext_expires_in":%[1]d,"access_token":"token-%d"}`, int(d.life.Seconds()), d.given)
	}
}

// got returns what was asked since the last time.
func (d *directory) got() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	asked := d.asked
	d.asked = nil
	return asked
}

func registration() *lead.Touch {
	return &lead.Touch{ID: "01STUB", State: lead.Accepted, Source: "teams", Provider: "msgraph", Action: "webinar_registered", NeedsFetch: true,
		Event: lead.Event{ID: "web-1"}, Fields: map[string]string{"registration_id": "reg-1"}, At: noon, ReceivedAt: noon}
}

func teamsSource(d *directory) source.Source {
	return source.Source{Name: "teams", Provider: "msgraph", Fetch: source.Fetch{Tenant: "contoso.example", ClientID: "app-1", ClientSecret: "app-secret-1", URL: d.URL}}
}

const tokenPath = "/contoso.example/oauth2/v2.0/token"

// A token is asked for once in its time, again when it has ended or was taken
// back, and with the settings as they are.
func TestVendors_Grant(t *testing.T) {
	d := newDirectory(t)
	now := noon
	v := New([]source.Source{teamsSource(d)}, func() time.Time { return now })
	asks := func(want ...string) {
		t.Helper()
		got, err := v.Ask(t.Context(), registration(), nil, false)
		if err != nil || got.NeedsFetch || got.Person.Email != "ada@brandt-druck.example" {
			t.Errorf("Ask = %+v, %v, want the person", got, err)
		}
		if asked := d.got(); !slices.Equal(asked, want) {
			t.Errorf("asked %q, want %q", asked, want)
		}
	}
	asks(tokenPath, "Bearer token-1")
	want := url.Values{"grant_type": {"client_credentials"}, "client_id": {"app-1"}, "client_secret": {"app-secret-1"}, "scope": {"https://graph.microsoft.com/.default"}}
	if diff := cmp.Diff(want, d.form); diff != "" {
		t.Errorf("the token was asked for with (-want +got):\n%s", diff)
	}
	asks("Bearer token-1")
	now = noon.Add(time.Hour - grantMargin - time.Second)
	asks("Bearer token-1")
	now = noon.Add(time.Hour - grantMargin)
	asks(tokenPath, "Bearer token-2")
	d.revoked["Bearer token-2"] = true
	asks("Bearer token-2", tokenPath, "Bearer token-3")
	v.Reload([]source.Source{teamsSource(d)})
	asks(tokenPath, "Bearer token-4")

	var all sync.WaitGroup
	v.Reload([]source.Source{teamsSource(d)})
	for range 4 { // as many as ask at once
		all.Go(func() {
			if _, err := v.Ask(t.Context(), registration(), nil, false); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if asked := d.got(); len(asked) != 5 || asked[0] != tokenPath {
		t.Errorf("four at once asked %q, want one token for all", asked)
	}
}

func TestVendors_Grant_Fails(t *testing.T) {
	const settings = "fetch.tenant, client_id or client_secret of the source teams was refused with status "
	for name, c := range map[string]struct {
		change func(d *directory)
		want   lead.AskError
	}{
		"WrongSecret": {func(d *directory) { d.refuse = 401 }, lead.AskError{Why: lead.AskRefused, Note: settings + "401"}},
		"NoSuchApp":   {func(d *directory) { d.refuse = 400 }, lead.AskError{Why: lead.AskRefused, Note: settings + "400"}},
		"NoTenant":    {func(d *directory) { d.refuse = 404 }, lead.AskError{Why: lead.AskRefused, Note: settings + "404"}},
		"Redirect":    {func(d *directory) { d.refuse = 302 }, lead.AskError{Why: lead.AskRefused, Note: settings + "302"}},
		"Limited":     {func(d *directory) { d.refuse = 429 }, lead.AskError{Why: lead.AskLimited, Note: "status 429"}},
		"Trouble":     {func(d *directory) { d.refuse = 503 }, lead.AskError{Why: lead.AskUnavailable, Note: "status 503"}},
		"NoJSON":      {func(d *directory) { d.body = "<html>" }, lead.AskError{Why: lead.AskUnavailable, Note: "the vendor gave no token"}},
		"NoToken":     {func(d *directory) { d.body = "{}" }, lead.AskError{Why: lead.AskUnavailable, Note: "the vendor gave no token"}},
		"Down":        {func(d *directory) { d.Close() }, lead.AskError{Why: lead.AskUnavailable, Note: "the call did not get through"}},
		"NoRight": {func(d *directory) { d.revoked["Bearer token-1"], d.revoked["Bearer token-2"] = true, true },
			lead.AskError{Why: lead.AskRefused, Note: "the token that fetch.client_id got for the source teams was refused with status 401"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDirectory(t)
			c.change(d)
			got, err := New([]source.Source{teamsSource(d)}, nil).Ask(t.Context(), registration(), nil, false)
			checkAsk(t, got, err, c.want)
			for _, secret := range []string{"app-secret-1", "token-1", "token-2"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("%v tells %s", err, secret)
				}
			}
		})
	}
	// A vendor that gives no tokens wants one that was made by hand.
	src := source.Source{Name: "ads", Provider: "meta", Fetch: source.Fetch{Tenant: "t", ClientID: "app-1", ClientSecret: "app-secret-1"}}
	got, err := New([]source.Source{src}, nil).Ask(t.Context(), stub(), nil, false)
	checkAsk(t, got, err, lead.AskError{Why: lead.AskNoToken, Note: "set fetch.token of the source ads"})
}
