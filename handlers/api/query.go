package api

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/lead"
)

// The bounds of a page.
const (
	DefaultLimit = 50
	maxLimit     = 1000
)

func touchQuery(values url.Values, now time.Time) (lead.TouchQuery, error) {
	q := query{values: values}
	q.only("source", "state", "since", "limit", "cursor")
	t := lead.TouchQuery{Source: q.text("source"), Since: q.since(now), Limit: q.limit(), Cursor: q.text("cursor")}
	t.State = lead.State(q.oneOf("state", "accepted", "settled", "unread", "quarantined", "merged"))
	return t, q.err
}

func leadQuery(values url.Values, now time.Time) (lead.Query, error) {
	q := query{values: values}
	q.only("temperature", "status", "source", "email", "q", "claimed_by", "unclaimed", "consent", "since", "limit", "cursor")
	l := lead.Query{Source: q.text("source"), Email: q.text("email"), Text: q.text("q"), ClaimedBy: q.text("claimed_by"), Unclaimed: q.flag("unclaimed"),
		Since: q.since(now), Limit: q.limit(), Cursor: q.text("cursor")}
	l.Status = lead.Status(q.oneOf("status", "new", "claimed", "contacted", "closed", "junk", "quarantined"))
	l.Consent = lead.Consent(q.oneOf("consent", consents...))
	if word := q.oneOf("temperature", "cold", "warm", "hot"); word != "" {
		l.Temperature = new(lead.Temperature)
		if err := l.Temperature.UnmarshalText([]byte(word)); err != nil {
			q.wrong("temperature: %v", err)
		}
	}
	return l, q.err
}

// consents are what a person can have said about being contacted.
var consents = []string{string(lead.Given), string(lead.Refused), string(lead.NotAsked)}

// query reads parameters and remembers the first that is wrong. A parameter
// that is not known is wrong too: a filter with a slip in its name would
// silently find everything.
type query struct {
	values url.Values
	err    error
}

func (q *query) wrong(format string, args ...any) {
	if q.err == nil {
		q.err = problem.Problem{Code: problem.BadQuery, Detail: fmt.Sprintf(format, args...)}
	}
}

func (q *query) only(names ...string) {
	for name := range q.values {
		if !slices.Contains(names, name) {
			q.wrong("There is no parameter %.40q; there are %s.", name, strings.Join(names, ", "))
		}
	}
}

// text is one line of readable characters, or a mistake.
func (q *query) text(name string) string {
	value := q.values.Get(name)
	if len(value) > 1024 || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == '\ufffd' || r == 0x7f }) {
		q.wrong("%s is too long or holds characters that are none.", name)
	}
	return value
}

func (q *query) oneOf(name string, words ...string) string {
	value := q.values.Get(name)
	if value != "" && !slices.Contains(words, value) {
		q.wrong("%s=%.40q is none of %s.", name, value, strings.Join(words, ", "))
	}
	return value
}

// flag is on with 1 or true, and off with 0 or false or without the parameter.
func (q *query) flag(name string) bool {
	on := q.oneOf(name, "1", "true", "0", "false")
	return on == "1" || on == "true"
}

func (q *query) limit() int {
	value := q.values.Get("limit")
	if value == "" {
		return DefaultLimit
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > maxLimit {
		q.wrong("limit=%.40q is not a number from 1 to %d.", value, maxLimit)
	}
	return n
}

// Since reads a time, a day, or how long ago: 2026-11-25T09:00:00Z, 2026-11-25,
// 90m, 30d.
func (q *query) since(now time.Time) time.Time { return q.moment("since", q.values.Get("since"), now) }

// moment is what since reads, under any name.
func (q *query) moment(name, value string, now time.Time) time.Time {
	if value == "" {
		return time.Time{}
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, value); err == nil {
			return t.UTC()
		}
	}
	if days, ok := strings.CutSuffix(value, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 && n < 100_000 {
			return now.UTC().AddDate(0, 0, -n)
		}
	}
	ago, err := time.ParseDuration(value)
	if err != nil || ago < 0 {
		q.wrong("%s=%.40q is not a time; write 2026-11-25T09:00:00Z, 2026-11-25 or 30d.", name, value)
	}
	return now.UTC().Add(-ago)
}

// Since reads the beginning of a time as the parameter since has it: a moment, a
// day, or how long ago.
func Since(value string, now time.Time) (time.Time, error) {
	q := query{values: url.Values{"since": {value}}}
	return q.since(now), q.err
}
