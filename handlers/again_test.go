package handlers

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
)

// doer replays and erases, and keeps what it was asked.
type doer struct {
	did []string
	err error
}

func (d *doer) Replay(_ context.Context, id string, dry bool) (lead.Run, error) {
	what := "replay " + id
	if dry {
		what = "dry " + what
	}
	d.did = append(d.did, what)
	return lead.Run{State: "done", Results: []lead.Result{{TouchID: id, Result: "corrected", Changes: []lead.Difference{{Field: "person.name", Was: "Ada", Is: "<b>Ada"}}}}}, d.err
}
func (d *doer) ReplayAll(context.Context, lead.TouchFilter, bool) (lead.Run, error) {
	return lead.Run{}, d.err
}
func (d *doer) RunOf(string) (lead.Run, error) { return lead.Run{}, lead.ErrNotFound }
func (d *doer) Erase(_ context.Context, w lead.EraseRequest, _ time.Duration) (lead.Run, error) {
	d.did = append(d.did, "erase "+w.LeadID+" by "+w.By)
	return lead.Run{State: "done"}, d.err
}
func (d *doer) Export(context.Context, string) (*lead.Export, error) { return nil, d.err }

// What cannot be undone is asked first, and what would change is shown first.
func TestConfirmed(t *testing.T) {
	const id = "01M88F76F4PNJ54C4FYRH1BGA1"
	for name, tc := range map[string]struct {
		path, sure string
		right      session.Right
		err        error
		status     int
		want       string // in the page, or where it leads
		did        []string
	}{
		"ReplayShows":     {"/t/T1/replay", "", session.Write, nil, 200, "&lt;b&gt;Ada", []string{"dry replay T1"}},
		"ReplayDoes":      {"/t/T1/replay", "yes", session.Write, nil, 303, "/l/" + id + "?said=replayed", []string{"replay T1"}},
		"ReplayNotFound":  {"/t/T1/replay", "", session.Write, lead.ErrNotFound, 404, "", []string{"dry replay T1"}},
		"EraseAsks":       {"/l/" + id + "/erase", "", session.Owner, nil, 200, "It cannot be undone", nil},
		"EraseDoes":       {"/l/" + id + "/erase", "yes", session.Owner, nil, 303, "/?said=erased", []string{"erase " + id + " by Dana"}},
		"EraseNotDurable": {"/l/" + id + "/erase", "yes", session.Owner, lead.ErrNotDurable, 503, "", []string{"erase " + id + " by Dana"}},
		"EraseForOwners":  {"/l/" + id + "/erase", "yes", session.Write, nil, 403, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			d := &doer{err: tc.err}
			s, cookies := insiders(t, func(o *Options) { o.API.Replayer, o.API.Eraser = d, d })
			w := post(s, tc.path, formType, url.Values{"sure": {tc.sure}, "back": {"/l/" + id}}.Encode(), "Cookie", cookies[tc.right])
			if got := w.Header().Get("Location") + w.Body.String(); w.Code != tc.status || !strings.Contains(got, tc.want) {
				t.Errorf("%d without %q: %s", w.Code, tc.want, got)
			}
			if diff := cmp.Diff(tc.did, d.did); diff != "" {
				t.Errorf("done (-want +got):\n%s", diff)
			}
		})
	}
}
