package jobs

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/rules"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/pace"
)

// scripted is a sender whose attempts end as it says, one after another; beyond
// its end they succeed.
type scripted struct {
	most int
	ends []error
	sent [][]string // touch ids of each message that was taken
}

func (s *scripted) Most() int { return s.most }

func (s *scripted) Send(_ context.Context, alerts []notify.Alert) (string, error) {
	if len(s.ends) > 0 {
		err := s.ends[0]
		s.ends = s.ends[1:]
		if err != nil {
			return "", err
		}
	}
	var ids []string
	for _, a := range alerts {
		ids = append(ids, a.Touch.ID)
	}
	s.sent = append(s.sent, ids)
	return fmt.Sprintf("C1/%d", len(s.sent)), nil
}

// noPace lets everything out at once.
var noPace = pace.Pace{Off: true}

// ticking is jobs with a journal and one target, whose clock the test moves.
type ticking struct {
	j     *Jobs
	clock time.Time
	begin time.Time
}

func newTicking(t *testing.T, s *scripted, p pace.Pace, change ...func(*Options)) *ticking {
	t.Helper()
	jr, err := journal.Open(journal.Options{Dir: t.TempDir(), Shelves: Shelves(), Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { jr.Close() })
	b := &ticking{clock: time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)}
	b.begin = b.clock
	target := notify.Target{Name: "sales", Kind: "slack", Channel: "C1", Pace: p}
	_, client := embedded(t)
	o := Options{Journal: jr, Store: &swapStore{noStore{}}, Rules: rules.Default, Producer: client(), Embedded: true, MaxAge: time.Hour, Now: func() time.Time { return b.clock },
		Outlets: []Outlet{{Target: target, Sender: s, Pacer: pace.New(target.PaceName(), target.Pace)}}}
	for _, c := range change {
		c(&o)
	}
	if b.j, err = New(o); err != nil {
		t.Fatal(err)
	}
	return b
}

// swapStore is a store that a test replaces.
type swapStore struct{ Store }

// use replaces the store of jobs that newTicking made.
func use(j *Jobs, k Store) { j.o.Store.(*swapStore).Store = k }

// noStore is a store that nothing calls: what is sent straight from the journal needs none.
type noStore struct{ Store }

func TestJobs_Machinery(t *testing.T) {
	j := newIdle(t)
	touch := &lead.Touch{ID: lead.NewID(j.o.Now()), State: lead.Accepted, Action: "demo_request", ReceivedAt: j.o.Now()}
	if _, err := j.Intake.Accept(t.Context(), request(j), []*lead.Touch{touch}); err != nil {
		t.Fatal(err)
	}
	kept := map[string]int{}
	for _, s := range j.Views.Machinery(t.Context()).Journal.Shelves {
		kept[s.Name] = s.Kept
	}
	if kept["hot"] != 1 || kept["bulk"] != 0 || kept["requests"] != 1 || len(kept) != len(Shelves()) {
		t.Errorf("shelves = %v, want one hot touch and its request", kept)
	}
}

func embedded(t *testing.T) (*miniredis.Miniredis, func() redis.UniversalClient) {
	t.Helper()
	m := miniredis.NewMiniRedis()
	return m, func() redis.UniversalClient {
		c := redis.NewClient(&redis.Options{
			Dialer:     func(context.Context, string, string) (net.Conn, error) { return m.Dial() },
			MaxRetries: -1,
		})
		t.Cleanup(func() { c.Close() })
		return c
	}
}
