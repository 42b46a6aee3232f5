package inbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
)

// livePace gathers what happens to a lead within a moment into one row, so that
// a busy page is drawn twenty times a second and not more.
const livePace = 50 * time.Millisecond

// sessionCheck is how often an open page looks whether its session has ended.
const sessionCheck = 15 * time.Second

// Live answers GET /live: the rows of an open inbox as they come and change.
// Each message holds one or several <hx-partial>, which the page puts in place.
// What the page shows, its query says; Last-Event-ID goes on after a place.
func (s *Pages) Live(c echo.Context) error {
	me := session.Of(c)
	rows := liveRows{pages: s, me: me, filter: readFilter(c.QueryParam("tab"), c.QueryParam("q"), me.Name, s.o.Now()), back: "/"}
	if q := c.Request().URL.Query(); len(q) > 0 {
		q.Del("after")
		rows.back = (&url.URL{Path: "/", RawQuery: q.Encode()}).String()
	}
	w, err := s.o.API.OpenStream(c, c.QueryParam("after")) // where the page was made
	if err != nil {
		return err
	}
	defer w.Close()
	ctx, checked := w.Context(), time.Now()
	for w.Flush() == nil && ctx.Err() == nil {
		news := w.News()
		if time.Since(checked) >= sessionCheck {
			if s.o.Sessions.Ended(ctx, me) {
				return nil
			}
			checked = time.Now()
		}
		if len(news) == 0 {
			w.Beat()
			continue
		}
		last := news[len(news)-1].ID
		if slices.ContainsFunc(news, func(n lead.News) bool { return n.Kind == lead.ResetNews }) {
			w.Send(last, "reset", "reload")
			continue
		}
		html, err := rows.of(ctx, news)
		if err != nil { // the store is away: the same again when it is back
			w.Pause(time.Second)
			continue
		}
		w.Send(last, "", string(html))
		if w.Flush() != nil { // the reader has gone
			return nil
		}
		w.Pause(livePace)
	}
	return nil
}

// liveRows makes rows for one reader.
type liveRows struct {
	pages  *Pages
	me     session.Credential
	filter filter
	back   string
}

// of makes what changes on the page, each lead once, as one line.
func (r liveRows) of(ctx context.Context, news []lead.News) ([]byte, error) {
	var ids []string
	rises := map[string]bool{} // to the top of the list
	for _, n := range news {
		if n.Kind != lead.LeadNews {
			continue
		}
		if !slices.Contains(ids, n.LeadID) {
			ids = append(ids, n.LeadID)
		}
		rises[n.LeadID] = rises[n.LeadID] || n.Change == "new" || n.Change == "touched" || n.Change == "verdict"
	}
	var b bytes.Buffer
	for _, id := range ids {
		l, err := r.pages.o.Reader.Lead(ctx, id)
		if errors.Is(err, lead.ErrNotFound) { // erased, or merged into another
			l, err = &lead.Lead{ID: id}, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read lead: %w", err)
		}
		view := liveRow{row: newRow(l, r.me, r.back, r.pages.o.Now()), Swap: "outerHTML", Target: "#lead-" + id}
		view.Fresh = rises[id]
		switch {
		case l.CreatedAt.IsZero() || !r.filter.shows(l):
			view.Swap = "delete"
		case rises[id]:
			view.Swap, view.Target = "afterbegin", "#rows"
		}
		html, err := r.pages.execute("inbox", "live", view)
		if err != nil {
			return nil, err
		}
		b.Write(html)
	}
	return bytes.Map(oneLine, b.Bytes()), nil
}

// liveRow is a row with where it goes.
type liveRow struct {
	row
	Swap, Target string
}

// oneLine keeps HTML within one line of a stream.
func oneLine(r rune) rune {
	if r == '\n' || r == '\r' {
		return ' '
	}
	return r
}
