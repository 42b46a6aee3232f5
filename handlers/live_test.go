package handlers

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/handlers/handlertest"
	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
)

// script is a watcher whose news is given beforehand, by the place before it.
type script map[string][]lead.News

func (script) Place() string { return "p0" }

func (s script) News(ctx context.Context, place string) []lead.News {
	if news, ok := s[place]; ok {
		return news
	}
	<-ctx.Done()
	return nil
}

func news(place, id, change string) lead.News {
	return lead.News{ID: place, Kind: lead.LeadNews, LeadID: id, Change: change}
}

// listen reads a stream for so long and returns its messages without the rows.
func listen(t *testing.T, s *Server, path, cookie string, d time.Duration, header ...string) (messages []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	r := httptest.NewRequest(http.MethodGet, path, nil).WithContext(ctx)
	r.Header.Set("Cookie", cookie)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	if w.Code != 200 || w.Header().Get("Content-Type") != "text/event-stream" {
		t.Fatalf("GET %s = %d %s", path, w.Code, w.Body)
	}
	for message := range strings.SplitSeq(w.Body.String(), "\n\n") {
		id, data := "", ""
		for line := range strings.Lines(message) {
			if v, ok := strings.CutPrefix(line, "id: "); ok {
				id = strings.TrimSpace(v)
			}
			if v, ok := strings.CutPrefix(line, "data: "); ok {
				data = strings.TrimSpace(v)
			}
		}
		var said []string
		for _, p := range handlertest.Elements(t, data, "hx-partial") {
			said = append(said, handlertest.Attr(p, "hx-swap")+" "+handlertest.Attr(p, "hx-target"))
		}
		if strings.Contains(message, "event: reset") {
			said = append(said, "reset")
		}
		if len(said) > 0 {
			messages = append(messages, id+": "+strings.Join(said, ", "))
		}
	}
	return messages
}

func TestLive(t *testing.T) {
	a, b := leadOf(1, "Ada Brandt"), leadOf(2, "Bo Lind", func(l *lead.Lead) { l.Temperature = lead.Warm })
	gone := leadOf(3, "Cy")
	all := script{
		"p0": {news("p1", a.ID, "new"), {ID: "p2", Kind: lead.TouchNews, LeadID: a.ID}, news("p3", a.ID, "verdict"), news("p4", b.ID, "new")},
		"p4": {news("p5", a.ID, "claim"), news("p6", gone.ID, "updated")},
		"p6": {{ID: "p7", Kind: lead.ResetNews}},
		"p7": {{ID: "p8", Kind: lead.DeliveryNews, LeadID: a.ID}},
	}
	const in = "afterbegin #rows"
	for name, tc := range map[string]struct {
		path   string
		header []string
		want   []string
	}{
		"All":     {"/live", nil, []string{"p4: " + in + ", " + in, "p6: outerHTML #lead-" + a.ID + ", delete #lead-" + gone.ID, "p7: reset"}},
		"Hot":     {"/live?tab=hot", nil, []string{"p4: " + in + ", delete #lead-" + b.ID, "p6: outerHTML #lead-" + a.ID + ", delete #lead-" + gone.ID, "p7: reset"}},
		"After":   {"/live?after=p4", nil, []string{"p6: outerHTML #lead-" + a.ID + ", delete #lead-" + gone.ID, "p7: reset"}},
		"GoesOn":  {"/live?after=p0", []string{"Last-Event-ID", "p6"}, []string{"p7: reset"}},
		"Nothing": {"/live?after=p7", nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sh := &shelf{leads: []*lead.Lead{a, b}}
				s, cookies := insiders(t, func(o *Options) { o.API.Reader, o.API.Watcher = sh, all })
				if d := cmp.Diff(tc.want, listen(t, s, tc.path, cookies[session.Read], 40*time.Second, tc.header...)); d != "" {
					t.Errorf("(-want +got):\n%s", d)
				}
			})
		})
	}
}

// away is a reader whose store does not answer before a time.
type away struct {
	*shelf
	until time.Time
}

func (a away) Lead(ctx context.Context, id string) (*lead.Lead, error) {
	if time.Now().Before(a.until) {
		return nil, lead.ErrUnavailable
	}
	return a.shelf.Lead(ctx, id)
}

func TestLive_StoreAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := leadOf(1, "Ada Brandt")
		s, cookies := insiders(t, func(o *Options) {
			o.API.Reader, o.API.Watcher = away{&shelf{leads: []*lead.Lead{a}}, time.Now().Add(3 * time.Second)}, script{"p0": {news("p1", a.ID, "new")}}
		})
		if d := cmp.Diff([]string{"p1: afterbegin #rows"}, listen(t, s, "/live", cookies[session.Read], 10*time.Second)); d != "" {
			t.Errorf("after an outage of the store (-want +got):\n%s", d)
		}
	})
}

// A session that is ended sees nothing more, also on a page that is open.
func TestLive_SessionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakePasses()
		s, cookies := insiders(t, func(o *Options) { o.Session.Store, o.API.Watcher = f, script{} })
		_, secret, _ := strings.Cut(cookies[session.Read], "=")
		time.AfterFunc(time.Second, func() { _ = f.Drop(context.Background(), digest(secret)) })
		begin := time.Now()
		listen(t, s, "/live", cookies[session.Read], time.Hour)
		if took := time.Since(begin); took > time.Minute {
			t.Errorf("the stream of an ended session went on for %s", took)
		}
	})
}
