package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/jobs/repo"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

func newIdle(t *testing.T) *Jobs {
	t.Helper()
	return newTicking(t, &scripted{most: 1}, noPace).j
}

func request(j *Jobs) *lead.Request {
	return &lead.Request{ID: lead.NewID(j.o.Now()), Source: "s", Provider: "json", ReceivedAt: j.o.Now(), Header: map[string]string{"content-type": "application/json"}, Body: []byte(`{"a":1}`)}
}

func named(j *Jobs, name string) *lead.Touch {
	return &lead.Touch{ID: lead.DerivedID("s", name), DeliveryID: name, State: lead.Accepted, Source: "s", Action: "webinar_registered", ReceivedAt: j.o.Now()}
}

func TestJobs_Accept(t *testing.T) {
	j := newIdle(t)
	hot := &lead.Touch{ID: lead.NewID(j.o.Now()), State: lead.Accepted, Action: "demo_request", ReceivedAt: j.o.Now(), Person: lead.Person{Email: "a@works.example"}}
	test := &lead.Touch{ID: lead.NewID(j.o.Now()), State: lead.Accepted, Action: "demo_request", ReceivedAt: j.o.Now(), Test: true}
	req := request(j)
	if isNew, err := j.Intake.Accept(t.Context(), req, []*lead.Touch{hot, named(j, "one"), test}); err != nil || !isNew {
		t.Fatalf("Accept = %v, %v, want new", isNew, err)
	}
	if h, b := j.o.Journal.Len(repo.HotShelf), j.o.Journal.Len(repo.BulkShelf); h != 1 || b != 2 {
		t.Errorf("%d touches on the hot shelf, %d on the other, want 1 and 2: a test is never urgent", h, b)
	}
	if b := booksOf(t, j); b.Accepted != 2 || b.Waiting != 2 {
		t.Errorf("books = %+v, want 2 accepted and 2 waiting: tests are left out", b)
	}
	got, err := j.Views.Request(req.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(req, got); diff != "" {
		t.Errorf("the kept request (-want +got):\n%s", diff)
	}
	read, err := j.Views.Touch(t.Context(), hot.ID)
	if err != nil || read.Person != hot.Person || len(read.Trail) == 0 {
		t.Errorf("Touch = %+v, %v, want it readable with its trail", read, err)
	}
	if _, err := j.Views.Touch(t.Context(), "nope"); !errors.Is(err, lead.ErrNotFound) {
		t.Errorf("Touch(nope) = %v, want lead.ErrNotFound", err)
	}
}

func TestJobs_Settle(t *testing.T) {
	j := newIdle(t)
	touch := named(j, "one")
	touch.Deliveries = []lead.Delivery{{Target: "sales", State: lead.Sent}}
	if _, err := j.Intake.Accept(t.Context(), request(j), []*lead.Touch{touch}); err != nil {
		t.Fatal(err)
	}
	receipt, err := json.Marshal(touch.Deliveries[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := j.o.Journal.Commit(t.Context(), journal.Put(repo.ReceiptShelf, repo.ReceiptKey(touch.ID, "sales"), receipt)); err != nil {
		t.Fatal(err)
	}
	for revision, name := range map[int64]string{5: "Newer", 4: "Older"} {
		if err := j.pipeline.Settle(t.Context(), touch, &lead.Lead{ID: "l1", Revision: revision, Person: lead.Person{Name: name}}); err != nil {
			t.Fatal(err)
		}
		_, _ = j.Intake.Accept(t.Context(), request(j), []*lead.Touch{named(j, name)}) // another touch of the same lead
		touch = named(j, name)
	}
	if n := j.o.Journal.Len(repo.ReceiptShelf); n != 0 {
		t.Errorf("%d receipts are kept of settled touches", n)
	}
	if b := booksOf(t, j); b.Waiting != int64(j.Books.Waiting()) {
		t.Errorf("the day counts %d waiting, the shelves hold %d", b.Waiting, j.Books.Waiting())
	}
}

// noBooks is a store whose other nodes accepted nothing.
type noBooks struct{ Store }

func (noBooks) Books(context.Context, string, string) (lead.Books, error) { return lead.Books{}, nil }

// booksOf are today's books of this node alone.
func booksOf(t *testing.T, j *Jobs) lead.Books {
	t.Helper()
	before := j.o.Store.(*swapStore).Store
	use(j, noBooks{before})
	defer use(j, before)
	b, err := j.Books.Of(t.Context(), lead.Day(j.o.Now()))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
