package lead

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTouch_Differences(t *testing.T) {
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	before := &Touch{ID: "a", State: Settled, LeadID: "l", Person: Person{Name: "Ada"}, Fields: map[string]string{"input_5": "Works"}, Marks: []string{"free_mail"},
		At: at, ReceivedAt: at, Content: "x", Trail: []Step{{Step: StepSent}}}
	now := &Touch{Person: Person{Name: "Ada", Company: "Works"}, Marks: []string{"free_mail"}, At: at, ReceivedAt: at.Add(time.Hour), Content: "y"}
	want := []Difference{{Field: "fields.input_5", Was: "Works"}, {Field: "person.company", Is: "Works"}}
	if diff := cmp.Diff(want, now.Differences(before)); diff != "" {
		t.Errorf("Differences (-want +got):\n%s", diff)
	}
	if got := before.Differences(before); got != nil {
		t.Errorf("Differences of a touch and itself = %v", got)
	}
}

func TestRun_Add(t *testing.T) {
	var r Run
	for range ResultsMost + 5 {
		r.Add(Result{Result: "read"})
	}
	if r.Looked != ResultsMost+5 || r.Counts["read"] != r.Looked || len(r.Results) != ResultsMost {
		t.Errorf("after %d results: %d looked at, %v, %d listed", ResultsMost+5, r.Looked, r.Counts, len(r.Results))
	}
}
