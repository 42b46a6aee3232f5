package lead

import (
	"crypto/rand"
	"crypto/sha256"
	"time"

	"github.com/oklog/ulid/v2"
)

// NewID returns a new id that sorts by now: 26 characters, a ULID.
func NewID(now time.Time) string {
	var u ulid.ULID
	_ = u.SetTime(ulid.Timestamp(now)) // fails only after the year 10889
	rand.Read(u[6:])
	return u.String()
}

// DerivedID returns the id of what a sender itself named: the same source and
// name give the same id everywhere, so that a vendor's retry is the same touch.
// It looks like the others but does not sort by time.
func DerivedID(source, name string) string {
	sum := sha256.Sum256([]byte(source + "\x00" + name))
	var u ulid.ULID
	copy(u[:], sum[:])
	u[0] &= 0x7f // keep the first character within the alphabet of a ULID
	return u.String()
}

// TimeOf reads the time of an id that NewID made. A derived id may look like one
// by chance, but then of another century.
func TimeOf(id string) (time.Time, bool) {
	u, err := ulid.ParseStrict(id)
	if err != nil {
		return time.Time{}, false
	}
	at := ulid.Time(u.Time())
	return at, at.Year() >= 2026 && at.Year() < 2100
}
