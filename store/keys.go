package store

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/lead"
)

// Every key, its type, its lifetime and its meaning. A hash tag in braces keeps
// keys that are used together in one slot of a cluster. No key contains a name,
// an address or a number of a person.
//
//	lg:{t:ID}                     hash    for ever   a touch; its fields are listed in touch.go
//	lg:{t:ID}:repeats             set     4 days     touches merged into it, so that each counts once
//	lg:{l:ID}                     string  for ever   a lead: its revision, a blank, the lead as JSON
//	lg:{who}:born                 string  for ever   there since NewGeneration: this Redis has not been wiped
//	lg:{who}:SHA256               string  for ever   "email:..." or "tel:..." -> lead id; add.go explains the "@" at its end
//	lg:same:SOURCE:CONTENT        string  10 min     the first touch with this content
//	lg:passes                     hash    for ever   digest of a secret -> the credential
//	lg:notice:NAME                string  35 days    what a target called an escalation, a digest, an alarm
//	lg:turns                      string  for ever   the round robins: their revision, a blank, lead.Turns as JSON
//	lg:off                        hash    for ever   rep -> Unix milliseconds until when the rep is away
//	lg:heard                      hash    for ever   source -> Unix milliseconds when its last touch arrived
//	lg:rhythms                    hash    for ever   source -> lead.ArrivalRate as JSON
//	lg:lease:NAME                 string  as asked   who holds it
//	lg:pace:NAME                  string  as needed  when a channel may have its whole burst again
//	lg:pauses                     hash    for ever   target -> who paused it, when and why, as jobs write it
//	lg:audit                      zset    for ever   who did what lately, see access.go; at most lead.AuditMost
//	lg:erasures                   hash    for ever   erasure id -> order, which every node carries out on its journal
//
//	lg:touches                    zset    for ever   touches by time of arrival; repeats are not in it
//	lg:touches:source:SOURCE      zset    for ever   the same for one source
//	lg:touches:state:STATE        zset    for ever   accepted, unread, quarantined, merged
//	lg:timers                     zset    for ever   unclaimed leads, by when the next level is alerted
//	lg:leads                      zset    for ever   leads by time of creation
//	lg:leads:temperature:T        zset    for ever   those that are, or once were, this warm or warmer; none for cold
//	lg:leads:status:STATUS        zset    for ever   those that have, or once had, this status; none for new
//	lg:leads:source:SOURCE        zset    for ever   those that this source touched
//	lg:leads:by:REP               zset    for ever   those that this person has, or once had
//	lg:cards                      hash    for ever   lead id -> when it was made, what can be searched for, consent; index.go
//	lg:cards:log                  stream  for ever   leads whose entries were written lately
//	lg:leads:alerted              zset    for ever   those that sales was alerted about, by when the visitor asked
//
//	lg:book:DAY:OUTCOME           set     35 days    the day's touches that ended so
//	lg:funnel:DAY:sources         set     400 days   sources that made leads on the day
//	lg:funnel:DAY:STAGE:SOURCE    set     400 days   the day's leads of a source that came so far: leads, hot, claimed, contacted
//	lg:book:DAY:nodes             hash    35 days    a:NODE accepted, w:NODE waiting, as each node counted them
//
// Everything of a person: lead.Keys of it name the pointers, these the lead, the
// lead its latest touches; older ones name the lead in their field lead.
//
// Scores are Unix microseconds. A list is only ever added to before or together
// with the change that it is about, and what no longer belongs is left out when
// it is read: so a crash between two commands never hides anything.
const (
	bookLife   = 35 * 24 * time.Hour
	reportLife = 400 * 24 * time.Hour // a year can be compared with the one before
	noticeLife = 35 * 24 * time.Hour
	sameLife   = 10 * time.Minute
	repeatLife = 4 * 24 * time.Hour // longer than a touch is tried
)

func (s *Store) bornKey() string             { return s.prefix + ":{who}:born" }
func (s *Store) touchKey(id string) string   { return s.prefix + ":{t:" + id + "}" }
func (s *Store) repeatsKey(id string) string { return s.prefix + ":{t:" + id + "}:repeats" }
func (s *Store) leadKey(id string) string    { return s.prefix + ":{l:" + id + "}" }
func (s *Store) passesKey() string           { return s.prefix + ":passes" }

func (s *Store) leaseKey(name string) string       { return s.prefix + ":lease:" + name }
func (s *Store) paceKey(name string) string        { return s.prefix + ":pace:" + name }
func (s *Store) pausesKey() string                 { return s.prefix + ":pauses" }
func (s *Store) noticeKey(name string) string      { return s.prefix + ":notice:" + name }
func (s *Store) heardKey() string                  { return s.prefix + ":heard" }
func (s *Store) arrivalRatesKey() string           { return s.prefix + ":rhythms" }
func (s *Store) turnsKey() string                  { return s.prefix + ":turns" }
func (s *Store) offKey() string                    { return s.prefix + ":off" }
func (s *Store) timersKey() string                 { return s.prefix + ":timers" }
func (s *Store) nodesKey(day string) string        { return s.prefix + ":book:" + day + ":nodes" }
func (s *Store) erasuresKey() string               { return s.prefix + ":erasures" }
func (s *Store) auditKey() string                  { return s.prefix + ":audit" }
func (s *Store) touchesKey() string                { return s.prefix + ":touches" }
func (s *Store) touchesOfSource(src string) string { return s.prefix + ":touches:source:" + src }
func (s *Store) alertedKey() string                { return s.prefix + ":leads:alerted" }
func (s *Store) indexKey() string                  { return s.prefix + ":cards" }
func (s *Store) indexLogKey() string               { return s.prefix + ":cards:log" }
func (s *Store) leadsBy(rep string) string         { return s.prefix + ":leads:by:" + rep }
func (s *Store) leadsKey() string                  { return s.prefix + ":leads" }
func (s *Store) leadsOfSource(src string) string   { return s.prefix + ":leads:source:" + src }

func (s *Store) sameKey(source, content string) string {
	return s.prefix + ":same:" + source + ":" + content
}

func (s *Store) touchesInState(state lead.State) string {
	return s.prefix + ":touches:state:" + string(state)
}

func (s *Store) leadsAt(t lead.Temperature) string {
	return s.prefix + ":leads:temperature:" + t.String()
}

func (s *Store) leadsWith(status lead.Status) string {
	return s.prefix + ":leads:status:" + string(status)
}

func (s *Store) bookKey(day string, o lead.Outcome) string {
	return s.prefix + ":book:" + day + ":" + string(o)
}

func (s *Store) funnelSourcesKey(day string) string { return s.prefix + ":funnel:" + day + ":sources" }

func (s *Store) funnelKey(day, source, stage string) string {
	return s.prefix + ":funnel:" + day + ":" + stage + ":" + source
}

// whoKey is the key of one of lead.Keys. All of them share a slot, so that an
// e-mail and a phone can be pointed at a lead in one step.
func (s *Store) whoKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return s.prefix + ":{who}:" + hex.EncodeToString(sum[:])
}

// keysOf are lead.Keys of a person, as far as they distinguish people.
func (s *Store) keysOf(p lead.Person) []string {
	if s.tags {
		p.Email = lead.WithoutTag(p.Email)
	}
	return lead.Keys(p)
}

// pointersOf are all keys under which a lead of the person may be pointed at: the
// setting about tags may have been another one once.
func pointersOf(p lead.Person) []string {
	keys := lead.Keys(p)
	p.Email = lead.WithoutTag(p.Email)
	for _, key := range lead.Keys(p) {
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// score places a time in a list; a float64 holds microseconds exactly.
func score(t time.Time) float64 { return float64(t.UnixMicro()) }

func place(t time.Time, id string) redis.Z { return redis.Z{Score: score(t), Member: id} }

// dayOf is the day in the books, in UTC.
func dayOf(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// lifetimes remembers which keys were given their lifetime lately, so that a
// day's books need not be given it with every touch.
type lifetimes struct {
	mu    sync.Mutex
	since time.Time
	given map[string]bool
}

// due reports whether a key's lifetime has to be set; once a minute it has to,
// for Redis may have been wiped.
func (l *lifetimes) due(key string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.since) >= time.Minute || l.given == nil {
		l.since, l.given = now, map[string]bool{}
	}
	if l.given[key] {
		return false
	}
	l.given[key] = true
	return true
}
