package handlers

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
)

// SourceState is a source as its owner sees it.
type SourceState struct {
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
	needFetchToken = "fetch_token" // the vendor sends ids only
	needSecret     = "secret"      // the vendor signs, and nobody checks
	needToken      = "token"       // anybody who knows the URL can send
)

// sourceStates are all sources, by name, for somebody to see. Rhythms may be nil.
func (s *Server) sourceStates(me session.Credential, rhythms map[string]lead.Rhythm) []SourceState {
	states := []SourceState{}
	for _, g := range s.sortedGates() {
		states = append(states, s.sourceState(g, me, rhythms[g.Name]))
	}
	return states
}

func (s *Server) sourceState(g *gate, me session.Credential, r lead.Rhythm) SourceState {
	l := s.logs.of(g.Name)
	l.begin(s.o.Now().UTC())
	st := SourceState{Name: g.Name, Provider: g.provider.Name, URL: s.addressOf(g, me), Action: g.Action, Watch: g.Watch,
		HandshakeAt: l.Handshake, LastTouchAt: l.Touch, AcceptedToday: l.Accepted, UnreadToday: l.Unread, IgnoredToday: l.Ignored,
		Refusals: []Refusal{}, Needs: g.needs(l.Thin)}
	for _, refusal := range slices.Backward(l.refusals) {
		refusal.Do = g.remedy(refusal.Why)
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

// rhythms are how often the sources are heard; nil while that is not known.
func (s *Server) rhythms(ctx context.Context) map[string]lead.Rhythm {
	if s.o.Rhythms == nil {
		return nil
	}
	rhythms, err := s.o.Rhythms(ctx)
	if err != nil {
		return nil // Redis is away, which other pages say
	}
	return rhythms
}

// needs says what the source goes without; thin means that it has sent
// deliveries whose person must be fetched.
func (g *gate) needs(thin bool) []Need {
	needs := []Need{}
	title := cmp.Or(g.provider.Title, g.provider.Name)
	if thin && !g.Fetch.hasToken() && g.provider.Fetch != nil {
		needs = append(needs, Need{needFetchToken, title + " sends ids only; set fetch.token, so that the person can be fetched."})
	}
	guarded := g.Token != "" || len(g.Header) > 0 || g.VerifyToken != ""
	switch {
	case g.provider.Verify != nil && len(g.view.Secrets) == 0:
		needs = append(needs, Need{needSecret, title + " signs what it sends, and nothing checks it; set secret."})
	case g.provider.Verify == nil && !guarded && g.vendor():
		needs = append(needs, Need{needToken, "Anybody who knows the URL can send; set token."})
	}
	return needs
}

// listSources answers GET /api/v1/sources. It asks no vendor, and Redis only for
// how often the sources are heard.
func (s *Server) listSources(c echo.Context) error {
	return show(c, struct {
		Items []SourceState `json:"items"`
	}{s.sourceStates(session.Of(c), s.rhythms(c.Request().Context()))})
}
