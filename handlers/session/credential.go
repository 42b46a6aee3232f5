package session

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"time"
)

// Credential lets somebody in: whoever opens a one-time link, a browser that is
// signed in, or a program with a token. Only the digest of its secret is kept.
type Credential struct {
	ID        string    `json:"id"` // digest of the secret, so that it can be shown and ended
	Kind      Kind      `json:"kind"`
	Name      string    `json:"name"` // who acts with it; reaches the trail of leads
	Right     Right     `json:"right"`
	By        string    `json:"by,omitempty"` // how it came to be: link, token, slack, command
	Browser   string    `json:"browser,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at,omitzero"` // zero: never
	SeenAt    time.Time `json:"seen_at,omitzero"`    // to the quarter of an hour
}

func (p Credential) ended(now time.Time) bool {
	return !p.ExpiresAt.IsZero() && !now.Before(p.ExpiresAt)
}

// Kind is the sort of a credential.
type Kind string

// The kinds of credentials.
const (
	Link    Kind = "link"    // opens one session and is gone
	Browser Kind = "session" // a cookie
	Token   Kind = "token"   // a bearer token of the API
)

// How long credentials last.
const (
	linkLife    = 15 * time.Minute
	sessionLife = 30 * 24 * time.Hour
	seenEvery   = 15 * time.Minute // how exactly SeenAt is kept
)

// Right is what a credential allows; each includes those below it.
type Right int

// The rights, in rising order.
const (
	Anonymous Right = iota // what everybody may do
	Read
	Write
	Owner // make and end credentials, erase people
)

var rights = []string{"nobody", "read", "write", "own"}

func (r Right) String() string { return rights[min(max(int(r), 0), len(rights)-1)] }

// MarshalText writes read, write or own.
func (r Right) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads read, write or own.
func (r *Right) UnmarshalText(b []byte) error {
	for i, name := range rights {
		if name == string(b) && i > 0 {
			*r = Right(i)
			return nil
		}
	}
	return fmt.Errorf("%q is not a right; there are read, write and own", b)
}

func idOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// SameSecret compares secrets without telling by its time how much was right. Nothing
// equals an empty secret.
func SameSecret(got, want string) bool {
	return want != "" && subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
}
