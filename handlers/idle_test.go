package handlers

import (
	"context"
	"time"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/ops"
	"github.com/leadgate/leadgate/lead/rules"
)

// idle is everything behind the handlers while nothing is there and nothing
// happens.
type idle struct{}

func (idle) Act(context.Context, string, lead.Command, int64) (*lead.Lead, error) {
	return nil, lead.ErrNotFound
}
func (idle) Merge(context.Context, string, string, string) (*lead.Lead, error) {
	return nil, lead.ErrNotFound
}
func (idle) Unmerge(context.Context, string, string) (*lead.Lead, error) {
	return nil, lead.ErrNotFound
}
func (idle) Resend(context.Context, string, lead.ResendOne) (*lead.Lead, error) {
	return nil, lead.ErrNotFound
}
func (idle) ResendAll(context.Context, lead.ResendMany, time.Duration) (lead.Run, error) {
	return lead.Run{}, nil
}
func (idle) Rehearse(context.Context, *rules.Set, time.Time, lead.Walk) (lead.Rehearsal, error) {
	return lead.Rehearsal{}, nil
}
func (idle) Reclassify(context.Context, lead.Chosen, bool, lead.Walk) (lead.Reclassified, error) {
	return lead.Reclassified{}, nil
}
func (idle) ReclassifyLead(context.Context, string, lead.ReclassifyOne) (lead.Turn, error) {
	return lead.Turn{}, lead.ErrNotFound
}
func (idle) Explain(context.Context, string) (lead.Explanation, error) {
	return lead.Explanation{}, lead.ErrNotFound
}
func (idle) Replay(context.Context, string, bool) (lead.Run, error) {
	return lead.Run{}, lead.ErrNotFound
}
func (idle) ReplayAll(context.Context, lead.TouchFilter, bool) (lead.Run, error) {
	return lead.Run{}, nil
}
func (idle) RunOf(string) (lead.Run, error) { return lead.Run{}, lead.ErrNotFound }
func (idle) Erase(context.Context, lead.EraseRequest, time.Duration) (lead.Run, error) {
	return lead.Run{}, lead.ErrNotFound
}
func (idle) Export(context.Context, string) (*lead.Export, error) { return &lead.Export{}, nil }
func (idle) Staff(context.Context) (lead.Staff, error)            { return lead.Staff{}, nil }
func (idle) OffUntil(context.Context, string, string) (time.Time, error) {
	return time.Time{}, lead.ErrNotFound
}
func (idle) Place() string { return "run-0" }
func (idle) News(ctx context.Context, _ string) []lead.News {
	<-ctx.Done()
	return nil
}
func (idle) Machinery(context.Context) ops.Machinery        { return ops.Machinery{} }
func (idle) PauseQueue(context.Context, string, bool) error { return lead.ErrNotFound }
func (idle) Tasks(context.Context, string, string, int) ([]ops.Task, error) {
	return nil, lead.ErrNotFound
}
func (idle) RunTask(context.Context, string, string) error                   { return lead.ErrNotFound }
func (idle) DeleteTask(context.Context, string, string) error                { return lead.ErrNotFound }
func (idle) States() []ops.Target                                            { return nil }
func (idle) Pause(context.Context, string, string, string) error             { return lead.ErrNotFound }
func (idle) Resume(context.Context, string) error                            { return lead.ErrNotFound }
func (idle) Care(context.Context, time.Time, time.Time) ([]lead.Care, error) { return nil, nil }
func (idle) Funnel(context.Context, time.Time, time.Time) ([]lead.Funnel, error) {
	return nil, nil
}
func (idle) Findings(context.Context) []ops.Finding    { return nil }
func (idle) QuickChecks(context.Context) []ops.Finding { return nil }
func (idle) Record(context.Context, lead.Entry)        {}
func (idle) Entries(context.Context, int, string) ([]lead.Entry, string, error) {
	return []lead.Entry{}, "", nil
}
func (idle) AwaySince() time.Time                            { return time.Time{} }
func (idle) Held(context.Context, int) ([]*lead.Lead, error) { return nil, nil }
func (idle) HeldLead(string) (*lead.Lead, error)             { return nil, lead.ErrNotFound }
