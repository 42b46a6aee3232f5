package source

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"time"

	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
)

// State is a source as its owner sees it.
type State struct {
	Name          string      `json:"name"`
	Provider      string      `json:"provider"`
	URL           string      `json:"url"` // to be copied to the sender; with its token for those who may send
	Action        lead.Action `json:"action,omitempty"`
	Watch         bool        `json:"watch,omitempty"`
	HandshakeAt   time.Time   `json:"handshake_at,omitzero"`           // when the vendor's last handshake was answered
	LastTouchAt   time.Time   `json:"last_touch_at,omitzero"`          // when the last touch was accepted
	AcceptedToday int         `json:"accepted_today"`                  // touches, by UTC day
	UnreadToday   int         `json:"unread_today"`                    // of these
	IgnoredToday  int         `json:"ignored_today"`                   // deliveries that are about no lead
	UsualSilence  float64     `json:"usual_silence_seconds,omitempty"` // the longest that is usual; none: not known yet, or Redis is away
	SilentSince   time.Time   `json:"silent_since,omitzero"`           // when it was heard last; none: it is not silent for longer than usual
	Refusals      []Refusal   `json:"refusals"`                        // the last ones since the start, latest first
	Needs         []Need      `json:"needs"`
}

// Need is something that a source goes without.
type Need struct {
	Need string `json:"need"` // one of the words below
	Says string `json:"says"` // the same in words, with the setting
}

// What a source can need.
const (
	NeedFetchToken = "fetch_token" // the vendor sends ids only
	needSecret     = "secret"      // the vendor signs, and nobody checks
	needToken      = "token"       // anybody who knows the URL can send
)

// States are all sources, by name, for somebody to see.
func (s *Set) States(ctx context.Context, me session.Credential) []State {
	rates := s.ArrivalRates(ctx)
	states := []State{}
	for _, e := range s.All() {
		states = append(states, s.State(e, me, rates[e.Name]))
	}
	return states
}

// State is one source for somebody to see; r is its arrival rate.
func (s *Set) State(e *Endpoint, me session.Credential, r lead.ArrivalRate) State {
	l := s.history.of(e.Name)
	l.begin(s.o.Now().UTC())
	st := State{Name: e.Name, Provider: e.Format.Name, URL: s.address(e, me), Action: e.Action, Watch: e.Watch,
		HandshakeAt: l.Handshake, LastTouchAt: l.Touch, AcceptedToday: l.Accepted, UnreadToday: l.Unread, IgnoredToday: l.Ignored,
		Refusals: []Refusal{}, Needs: e.needs(l.Thin)}
	for _, refusal := range slices.Backward(l.refusals) {
		refusal.Do = e.advice(refusal.Why)
		st.Refusals = append(st.Refusals, refusal)
	}
	if usual, known := r.Usual(); known {
		st.UsualSilence = usual.Seconds()
	}
	if !r.Silent.IsZero() && !l.Touch.After(r.Silent) { // what came since is not listened to yet
		st.SilentSince = r.Last
	}
	return st
}

// ArrivalRates are how often touches of the sources arrive; nil while that is not known.
func (s *Set) ArrivalRates(ctx context.Context) map[string]lead.ArrivalRate {
	rates, err := s.o.ArrivalRates(ctx)
	if err != nil {
		return nil // Redis is away, which other pages say
	}
	return rates
}

// needs says what the source goes without; thin means that it has sent
// deliveries whose person must be fetched.
func (e *Endpoint) needs(thin bool) []Need {
	needs := []Need{}
	title := cmp.Or(e.Format.Title, e.Format.Name)
	if thin && !e.Fetch.HasToken() && e.Format.Fetch != nil {
		needs = append(needs, Need{NeedFetchToken, title + " sends ids only; set fetch.token, so that the person can be fetched."})
	}
	guarded := e.Token != "" || len(e.Header) > 0 || e.VerifyToken != ""
	switch {
	case e.Format.Verify != nil && len(e.View.Secrets) == 0:
		needs = append(needs, Need{needSecret, title + " signs what it sends, and nothing checks it; set secret."})
	case e.Format.Verify == nil && !guarded && e.Vendor():
		needs = append(needs, Need{needToken, "Anybody who knows the URL can send; set token."})
	}
	return needs
}

// address is the URL of a source, with its token if the reader may send leads.
func (s *Set) address(e *Endpoint, me session.Credential) string {
	at := s.o.Public.String() + "/in/" + e.Name
	switch {
	case e.Token == "":
		return at
	case me.Right >= session.Write:
		return at + "/" + url.PathEscape(e.Token)
	}
	return at + "/TOKEN"
}
