package handlers

import (
	"context"
	"time"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/ops"
	"github.com/leadgate/leadgate/lead/rules"
)

// fullReader shows things in which every field is set.
type fullReader struct{}

func (fullReader) Touch(context.Context, string) (*lead.Touch, error) {
	return fullOf[lead.Touch](), nil
}

func (fullReader) Lead(_ context.Context, id string) (*lead.Lead, error) {
	if id == "nobody" {
		return nil, lead.ErrNotFound
	}
	return fullOf[lead.Lead](), nil
}

func (fullReader) Touches(context.Context, lead.TouchQuery) (lead.TouchPage, error) {
	return *fullOf[lead.TouchPage](), nil
}
func (fullReader) Leads(context.Context, lead.Query) (lead.LeadPage, error) {
	return *fullOf[lead.LeadPage](), nil
}
func (fullReader) Books(context.Context, string) (lead.Books, error) {
	return *fullOf[lead.Books](), nil
}

// fullActor does whatever it is asked.
type fullActor struct{}

func (fullActor) Act(context.Context, string, lead.Command, int64) (*lead.Lead, error) {
	return fullOf[lead.Lead](), nil
}

// fullMachinery is a plant in which everything is going on.
type fullMachinery struct{}

func (fullMachinery) Machinery(context.Context) ops.Machinery        { return *fullOf[ops.Machinery]() }
func (fullMachinery) PauseQueue(context.Context, string, bool) error { return nil }
func (fullMachinery) Tasks(context.Context, string, string, int) ([]ops.Task, error) {
	return []ops.Task{*fullOf[ops.Task]()}, nil
}
func (fullMachinery) RunTask(context.Context, string, string) error    { return nil }
func (fullMachinery) DeleteTask(context.Context, string, string) error { return nil }

// fullRuns runs everything at once.
type fullRuns struct{}

func (fullRuns) Replay(context.Context, string, bool) (lead.Run, error) {
	return *fullOf[lead.Run](), nil
}
func (fullRuns) ReplayAll(context.Context, lead.TouchFilter, bool) (lead.Run, error) {
	return *fullOf[lead.Run](), nil
}
func (fullRuns) RunOf(string) (lead.Run, error) { return *fullOf[lead.Run](), nil }
func (fullRuns) Erase(context.Context, lead.EraseRequest, time.Duration) (lead.Run, error) {
	return *fullOf[lead.Run](), nil
}
func (fullRuns) Export(context.Context, string) (*lead.Export, error) {
	return fullOf[lead.Export](), nil
}

// fullDoctor finds one thing.
type fullDoctor struct{}

func (fullDoctor) QuickChecks(context.Context) []ops.Finding {
	return []ops.Finding{*fullOf[ops.Finding]()}
}
func (fullDoctor) Findings(context.Context) []ops.Finding {
	return []ops.Finding{*fullOf[ops.Finding]()}
}

// fullPeople lets everybody go until noon.
type fullPeople struct{}

func (fullPeople) Staff(context.Context) (lead.Staff, error)                   { return *fullOf[lead.Staff](), nil }
func (fullPeople) OffUntil(context.Context, string, string) (time.Time, error) { return noon, nil }

// fullAuditor knows of one act.
type fullAuditor struct{}

func (fullAuditor) Record(context.Context, lead.Entry) {}
func (fullAuditor) Entries(context.Context, int, string) ([]lead.Entry, string, error) {
	return []lead.Entry{*fullOf[lead.Entry]()}, "x", nil
}

// fullResender tells everybody again.
type fullResender struct{}

func (fullResender) Resend(context.Context, string, lead.ResendOne) (*lead.Lead, error) {
	return fullOf[lead.Lead](), nil
}
func (fullResender) ResendAll(context.Context, lead.ResendMany, time.Duration) (lead.Run, error) {
	return *fullOf[lead.Run](), nil
}

// fullJudge finds one lead that turns.
type fullJudge struct{}

func (fullJudge) Rehearse(_ context.Context, _ *rules.Set, _ time.Time, told lead.Walk) (lead.Rehearsal, error) {
	return *fullOf[lead.Rehearsal](), told.Turn(*fullOf[lead.Turn]())
}
func (fullJudge) Reclassify(_ context.Context, _ lead.Chosen, _ bool, told lead.Walk) (lead.Reclassified, error) {
	return *fullOf[lead.Reclassified](), told.Turn(*fullOf[lead.Turn]())
}
func (fullJudge) ReclassifyLead(context.Context, string, lead.ReclassifyOne) (lead.Turn, error) {
	return *fullOf[lead.Turn](), nil
}
func (fullJudge) Explain(context.Context, string) (lead.Explanation, error) {
	return *fullOf[lead.Explanation](), nil
}

// fullMerger merges whatever it is told to.
type fullMerger struct{}

func (fullMerger) Merge(context.Context, string, string, string) (*lead.Lead, error) {
	return fullOf[lead.Lead](), nil
}
func (fullMerger) Unmerge(context.Context, string, string) (*lead.Lead, error) {
	return fullOf[lead.Lead](), nil
}
