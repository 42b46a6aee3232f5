package config

import (
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strings"
)

// Secret is a string that is not for logs: however it is printed or encoded,
// it is [secret], or nothing when it is empty.
type Secret string

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }

func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "[secret]"
}

// Format prints [secret] for every verb.
func (s Secret) Format(f fmt.State, _ rune) { io.WriteString(f, s.String()) }

// MarshalText returns [secret].
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue is [secret].
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// mask says that a secret is set, with enough of its digest to see whether two
// machines have the same one.
func mask(s string) string {
	if s == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(s))
	return fmt.Sprintf("set (sha256 %x...)", sum[:2])
}

// maskURL is mask with the server that a secret address leads to.
func maskURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return mask(s)
	}
	return u.Scheme + "://" + u.Host + " " + mask(s)
}

// maskRedis does the same for the address of a Redis, which may have several
// hosts, and a password with any character.
func maskRedis(s string) string {
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		return mask(s)
	}
	hosts := rest[strings.LastIndex(rest, "@")+1:]
	hosts, _, _ = strings.Cut(hosts, "?")
	return scheme + "://" + hosts + " " + mask(s)
}
