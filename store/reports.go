package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/lead"
)

// final are the outcomes that are counted here. What waits the nodes count
// themselves, for only their journals know it.
var final = [...]lead.Outcome{lead.OutcomeAlerted, lead.OutcomeHeld, lead.OutcomeDigested, lead.OutcomeQuarantined,
	lead.OutcomeMerged, lead.OutcomeUnread, lead.OutcomeFailed}

// entry is a touch in the books.
type entry struct {
	touchID, day string
	outcome      lead.Outcome
	had          *redis.SliceCmd // which of final its touch had before
}

// book enters a touch under one outcome of its day. The caller writes the
// entry's fields to the touch in the same pipeline, and calls correct after it.
func (s *Store) book(ctx context.Context, pipe redis.Pipeliner, day, touchID string, o lead.Outcome) entry {
	var names []string
	for _, f := range final {
		names = append(names, prefixOutcome+string(f))
	}
	e := entry{touchID: touchID, day: day, outcome: o, had: pipe.HMGet(ctx, s.touchKey(touchID), names...)}
	if o == lead.OutcomeWaiting {
		return e
	}
	key := s.bookKey(day, o)
	pipe.SAdd(ctx, key, touchID)
	if s.lives.due(key, s.now()) {
		pipe.Expire(ctx, key, bookLife)
	}
	return e
}

// fields are what the touch remembers of its entry.
func (e entry) fields() []any {
	if e.outcome == lead.OutcomeWaiting {
		return nil
	}
	return []any{prefixOutcome + string(e.outcome), "1"}
}

// correct takes touches out of the outcomes that they had before: one that was
// released, or sent after it had failed. The touch forgets an outcome only when
// the books have, so whoever runs again after a crash finds what is left to do.
func (s *Store) correct(ctx context.Context, entries []entry) error {
	books, touches := s.rdb.Pipeline(), s.rdb.Pipeline()
	for _, e := range entries {
		for i, had := range e.had.Val() {
			if had == nil || final[i] == e.outcome {
				continue
			}
			books.SRem(ctx, s.bookKey(e.day, final[i]), e.touchID)
			touches.HDel(ctx, s.touchKey(e.touchID), prefixOutcome+string(final[i]))
		}
	}
	if books.Len() == 0 {
		return nil
	}
	if err := exec(ctx, books); err != nil {
		return fmt.Errorf("correct %d former outcomes: %w", books.Len(), err)
	}
	if err := exec(ctx, touches); err != nil {
		return fmt.Errorf("forget former outcomes: %w", err)
	}
	return nil
}

// Accepted publishes what a node's journal has counted: how many touches of a
// UTC day it accepted in all, tests left out, and how many of them wait.
func (s *Store) Accepted(ctx context.Context, day, node string, total, waiting int64) error {
	key := s.nodesKey(day)
	pipe := s.rdb.Pipeline()
	pipe.HSet(ctx, key, "a:"+node, total, "w:"+node, waiting)
	pipe.Expire(ctx, key, bookLife)
	if err := exec(ctx, pipe); err != nil {
		return fmt.Errorf("publish the count of %s: %w", day, err)
	}
	return nil
}

// Books returns a UTC day's books. Accepted and Waiting are what all nodes but
// butNode have published: that node counts its own better. With an empty
// butNode it is all of them. Unaccounted is left to who knows all nodes.
func (s *Store) Books(ctx context.Context, day, butNode string) (lead.Books, error) {
	var b lead.Books
	columns := [len(final)]*int64{&b.Alerted, &b.Held, &b.Digested, &b.Quarantined, &b.Merged, &b.Unread, &b.Failed}
	var counts [len(final)]*redis.IntCmd
	pipe := s.rdb.Pipeline()
	for i, o := range final {
		counts[i] = pipe.SCard(ctx, s.bookKey(day, o))
	}
	nodes := pipe.HGetAll(ctx, s.nodesKey(day))
	if err := exec(ctx, pipe); err != nil {
		return lead.Books{}, fmt.Errorf("books of %s: %w", day, err)
	}
	for i, c := range counts {
		*columns[i] = c.Val()
	}
	for name, value := range nodes.Val() {
		kind, node, _ := strings.Cut(name, ":")
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return lead.Books{}, fmt.Errorf("books of %s: count of node %s: %w", day, node, err)
		}
		switch {
		case butNode != "" && node == butNode:
		case kind == "a":
			b.Accepted += n
		case kind == "w":
			b.Waiting += n
		}
	}
	return b, nil
}

// The stages of the funnel, as they stand in its keys.
const (
	stageLeads     = "leads"
	stageHot       = "hot"
	stageClaimed   = "claimed"
	stageContacted = "contacted"
)

var stages = [...]string{stageLeads, stageHot, stageClaimed, stageContacted}

// funnelRow is where a lead counts: the day it was made, and the source of its
// first touch.
type funnelRow struct{ day, source string }

// rowOf is a lead's row of the funnel, the zero one if it has none: tests and
// what is held in quarantine have none, and what was merged into another lead
// counts there.
func rowOf(l *lead.Lead) funnelRow {
	if l.Test || l.Apart || l.MergedInto != "" || len(l.History) == 0 {
		return funnelRow{}
	}
	return funnelRow{dayOf(l.CreatedAt), l.History[0].Source}
}

// count enters a lead in the reports. Every writer may count a lead, in any order
// and again; whoever changes its row takes it out of the one where it was.
func (s *Store) count(ctx context.Context, pipe redis.Pipeliner, l *lead.Lead) {
	row := rowOf(l)
	if row == (funnelRow{}) {
		return
	}
	care, alerted := l.Care()
	if alerted {
		pipe.ZAdd(ctx, s.alertedKey(), place(care.AskedAt, l.ID))
	}
	came := []string{stageLeads}
	if alerted || l.Temperature == lead.Hot || !l.AlertedAt.IsZero() {
		came = append(came, stageHot)
	}
	if l.Claim != nil {
		came = append(came, stageClaimed)
	}
	if l.Status == lead.Contacted || l.Status == lead.Closed {
		came = append(came, stageContacted)
	}
	add := func(key, member string) {
		pipe.SAdd(ctx, key, member)
		s.keepReport(ctx, pipe, key)
	}
	add(s.funnelSourcesKey(row.day), row.source)
	for _, stage := range came {
		add(s.funnelKey(row.day, row.source, stage), l.ID)
	}
}

// uncount takes a lead out of a row where it counted.
func (s *Store) uncount(ctx context.Context, pipe redis.Pipeliner, row funnelRow, id string) {
	if row == (funnelRow{}) {
		return
	}
	for _, stage := range stages {
		pipe.SRem(ctx, s.funnelKey(row.day, row.source, stage), id)
	}
}

// keepReport gives a key its lifetime, now and then.
func (s *Store) keepReport(ctx context.Context, pipe redis.Pipeliner, key string) {
	if s.lives.due(key, s.now()) {
		pipe.Expire(ctx, key, reportLife)
	}
}

// Care returns how leads were taken care of whose visitors asked at from or
// later and before to, in that order. It reads the leads, so whatever people did
// about them since is in it.
func (s *Store) Care(ctx context.Context, from, to time.Time) ([]lead.Care, error) {
	ids, err := s.rdb.ZRangeArgs(ctx, redis.ZRangeArgs{Key: s.alertedKey(), ByScore: true,
		Start: from.UnixMicro(), Stop: "(" + strconv.FormatInt(to.UnixMicro(), 10)}).Result()
	if err != nil {
		return nil, fmt.Errorf("read which leads sales was alerted about: %w", err)
	}
	var all []lead.Care
	for batch := range slices.Chunk(ids, mostLimit) {
		leads, err := s.LeadsByID(ctx, batch)
		if err != nil {
			return nil, err
		}
		for _, l := range leads {
			if l == nil { // erased
				continue
			}
			if c, ok := l.Care(); ok && !c.AskedAt.Before(from) && c.AskedAt.Before(to) {
				all = append(all, c)
			}
		}
	}
	return all, nil
}

// Funnel counts the leads that were made on the UTC days from from until before
// to, by the source of their first touch, in order of its name. Merged leads
// count once, erased ones no more; what is past its retention stays a number.
func (s *Store) Funnel(ctx context.Context, from, to time.Time) ([]lead.Funnel, error) {
	days := daysOf(from, to)
	pipe := s.rdb.Pipeline()
	sources := make([]*redis.StringSliceCmd, len(days))
	for i, day := range days {
		sources[i] = pipe.SMembers(ctx, s.funnelSourcesKey(day))
	}
	if err := exec(ctx, pipe); err != nil {
		return nil, fmt.Errorf("read the sources of the funnel: %w", err)
	}
	type cell struct {
		source string
		counts [len(stages)]*redis.IntCmd
	}
	var cells []cell
	pipe = s.rdb.Pipeline()
	for i, day := range days {
		for _, source := range sources[i].Val() {
			c := cell{source: source}
			for n, stage := range stages {
				c.counts[n] = pipe.SCard(ctx, s.funnelKey(day, source, stage))
			}
			cells = append(cells, c)
		}
	}
	if err := exec(ctx, pipe); err != nil {
		return nil, fmt.Errorf("read the funnel: %w", err)
	}
	rows := []lead.Funnel{}
	for _, c := range cells {
		if c.counts[0].Val() == 0 { // all that it brought are counted elsewhere by now, or erased
			continue
		}
		i, ok := slices.BinarySearchFunc(rows, c.source, func(f lead.Funnel, source string) int { return strings.Compare(f.Source, source) })
		if !ok {
			rows = slices.Insert(rows, i, lead.Funnel{Source: c.source})
		}
		rows[i].Add(lead.Funnel{Leads: c.counts[0].Val(), Hot: c.counts[1].Val(), Claimed: c.counts[2].Val(), Contacted: c.counts[3].Val()})
	}
	return rows, nil
}

// daysOf are the UTC days that from until before to touches.
func daysOf(from, to time.Time) (days []string) {
	for at := from.UTC().Truncate(24 * time.Hour); at.Before(to); at = at.AddDate(0, 0, 1) {
		days = append(days, dayOf(at))
	}
	return days
}
