package store

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	defaultLimit = 50
	mostLimit    = 1000

	// mostScanned bounds how many are loaded for one page. A filter that
	// seldom matches gets a short page and a cursor to go on with.
	mostScanned = 5000
	mostLoaded  = 500 // at once, for others use Redis, too
)

// cursor is a place in a list: what comes after it, newest first, is older or
// as old with a smaller id. So what is added at the top moves nothing.
type cursor struct {
	score int64 // Unix microseconds
	id    string
}

func (c cursor) String() string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(c.score, 10) + " " + c.id))
}

// compare orders places from the oldest to the newest.
func (c cursor) compare(o cursor) int {
	return cmp.Or(cmp.Compare(c.score, o.score), strings.Compare(c.id, o.id))
}

// before says whether c comes after o in a list, which begins with the newest.
func (c cursor) before(o cursor) bool { return c.compare(o) < 0 }

// parseCursor reads a cursor; an empty one is the top of the list.
func parseCursor(s string) (*cursor, error) {
	if s == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return nil, ErrBadCursor
	}
	at, id, ok := strings.Cut(string(b), " ")
	n, err := strconv.ParseInt(at, 10, 64)
	if !ok || err != nil || id == "" {
		return nil, ErrBadCursor
	}
	return &cursor{score: n, id: id}, nil
}

// listing is one walk down a list, newest first.
type listing[T any] struct {
	key    string
	since  time.Time // zero: to the end
	limit  int
	cursor string
	load   func(ctx context.Context, ids []string) ([]*T, error) // nil where there is none
	keep   func(*T) bool

	look  int                                                            // places read at once when many are left out
	below func(ctx context.Context, at *cursor, n int) ([]cursor, error) // nil: the list's; else a search's
}

// page returns what is kept, and the cursor of the next page, empty at the end
// of the list.
func (w listing[T]) page(ctx context.Context, rdb redis.UniversalClient) (items []*T, next string, err error) {
	at, err := parseCursor(w.cursor)
	if err != nil {
		return nil, "", err
	}
	limit := min(max(cmp.Or(w.limit, defaultLimit), 1), mostLimit)
	items = []*T{}  // an empty page is [] in JSON, not null
	var last cursor // of the last one kept
	below := w.below
	if below == nil {
		below = func(ctx context.Context, at *cursor, n int) ([]cursor, error) { return w.inList(ctx, rdb, at, n) }
	}
	// What the page needs is looked at first, and more and more at once where few
	// of those fit.
	batch, look := limit+1, limit+1
	for loaded := 0; loaded < mostScanned; look = max(batch, w.look) {
		places, err := below(ctx, at, look)
		if err != nil {
			return nil, "", err
		}
		if len(places) == 0 {
			return items, "", nil
		}
		for len(places) > 0 && loaded < mostScanned {
			some := places[:min(batch, len(places))]
			found, err := w.load(ctx, idsOf(some))
			if err != nil {
				return nil, "", err
			}
			had := len(items)
			for i, v := range found {
				if v == nil || !w.keep(v) {
					continue
				}
				if len(items) == limit { // there is at least one more
					return items, last.String(), nil
				}
				items, last = append(items, v), some[i]
			}
			places, at, loaded = places[len(some):], &some[len(some)-1], loaded+len(some)
			if len(items)-had < len(some)/2 {
				batch = max(batch, min(2*batch, mostLoaded))
			}
		}
	}
	return items, at.String(), nil
}

func idsOf(places []cursor) []string {
	ids := make([]string, len(places))
	for i, p := range places {
		ids[i] = p.id
	}
	return ids
}

// inList reads up to n places after at. Many may have come at the same time, in
// one import, so it reads on past those until there are new ones.
func (w listing[T]) inList(ctx context.Context, rdb redis.UniversalClient, at *cursor, n int) ([]cursor, error) {
	args := redis.ZRangeArgs{Key: w.key, Start: "+inf", Stop: "-inf", ByScore: true, Rev: true, Count: int64(n)}
	if at != nil {
		args.Start = at.score
	}
	if !w.since.IsZero() {
		args.Stop = w.since.UnixMicro()
	}
	for {
		read, err := rdb.ZRangeArgsWithScores(ctx, args).Result()
		if err != nil {
			return nil, fmt.Errorf("read list %s: %w", w.key, err)
		}
		var places []cursor
		for _, z := range read {
			id, _ := z.Member.(string)
			p := cursor{score: int64(z.Score), id: id}
			if at == nil || p.before(*at) {
				places = append(places, p)
			}
		}
		if len(places) > 0 || len(read) == 0 {
			return places, nil
		}
		args.Offset += int64(len(read))
		args.Count = min(2*args.Count, mostScanned)
	}
}
