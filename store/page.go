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

	// mostScanned bounds how many are looked at for one page. A filter that
	// seldom matches gets a short page and a cursor to go on with.
	mostScanned = 5000
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
	for scanned := 0; scanned < mostScanned; {
		places, err := w.below(ctx, rdb, at, limit+1)
		if err != nil {
			return nil, "", err
		}
		if len(places) == 0 {
			return items, "", nil
		}
		ids := make([]string, len(places))
		for i, p := range places {
			ids[i] = p.id
		}
		found, err := w.load(ctx, ids)
		if err != nil {
			return nil, "", err
		}
		for i, v := range found {
			if v == nil || !w.keep(v) {
				continue
			}
			if len(items) == limit { // there is at least one more
				return items, last.String(), nil
			}
			items, last = append(items, v), places[i]
		}
		scanned += len(places)
		at = &places[len(places)-1]
	}
	return items, at.String(), nil
}

// below reads up to n places after at. Many may have come at the same time, in
// one import, so it reads on past those until there are new ones.
func (w listing[T]) below(ctx context.Context, rdb redis.UniversalClient, at *cursor, n int) ([]cursor, error) {
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
			p := cursor{score: int64(z.Score), id: fmt.Sprint(z.Member)}
			if at == nil || p.score < at.score || p.score == at.score && p.id < at.id {
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
