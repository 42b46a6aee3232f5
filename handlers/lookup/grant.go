package lookup

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/leadgate/leadgate/handlers/provider"
	"github.com/leadgate/leadgate/lead"
)

// grantMargin is how long before its end a granted token is used no more.
const grantMargin = time.Minute

// granted is the token that a vendor gave to a source's app, until its end.
type granted struct {
	mu    sync.Mutex
	token string
	until time.Time
}

// forget has the next call get another token. It says whether there was one.
func (g *granted) forget() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	had := g.token != ""
	g.token = ""
	return had
}

// token returns the token that a source is asked with: its own, or the one that
// the vendor grants to its app. While one is on its way other calls wait for it.
func (v *Vendors) token(ctx context.Context, src *askedSource, f *provider.Fetch) (string, error) {
	switch {
	case src.Fetch.Token != "":
		return src.Fetch.Token, nil
	case src.Fetch.ClientID == "" || f.Grant == nil:
		return "", &lead.AskError{Why: lead.AskNoToken, Note: "set fetch.token of the source " + src.Name}
	}
	g := &src.granted
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.token != "" && v.now().Before(g.until) {
		return g.token, nil
	}
	token, life, err := v.grant(ctx, src, f.Grant)
	if err != nil {
		return "", err
	}
	g.token, g.until = token, v.now().Add(life-grantMargin)
	return token, nil
}

// grant asks for a token. A refusal of any kind is one of the settings, for the
// call holds nothing else.
func (v *Vendors) grant(ctx context.Context, src *askedSource, g *provider.Grant) (token string, life time.Duration, err error) {
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {src.Fetch.ClientID}, "client_secret": {src.Fetch.ClientSecret}, "scope": {g.Scope}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, src.host(g.Host)+g.Path(url.PathEscape(src.Fetch.Tenant)), strings.NewReader(form.Encode()))
	if err != nil {
		return "", 0, &lead.AskError{Why: lead.AskRefused, Note: "fetch.tenant of the source " + src.Name + " makes no address"}
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	const settings = "fetch.tenant, client_id or client_secret of the source "
	body, err := v.call(req, settings+src.Name)
	if asked := (*lead.AskError)(nil); errors.As(err, &asked) && (asked.Why == lead.AskUnreadable || asked.Why == lead.AskNotThere) {
		return "", 0, &lead.AskError{Why: lead.AskRefused, Note: settings + src.Name + " was refused with " + asked.Note}
	}
	if err != nil {
		return "", 0, err
	}
	var said struct {
		Token string `json:"access_token"`
		Life  int64  `json:"expires_in"` // seconds
	}
	if err := json.Unmarshal(body, &said); err != nil || said.Token == "" {
		return "", 0, &lead.AskError{Why: lead.AskUnavailable, Note: "the vendor gave no token"}
	}
	return said.Token, time.Duration(said.Life) * time.Second, nil
}
