package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/ops"
)

// maxAction is how many bytes the body of an action may have.
const maxAction = 16 << 10

// Input is what a command can be told. Which of it a command reads, its row in
// newCommands says.
type Input struct {
	By       string `json:"by"` // who does it; of a page, and where it may be left out, the caller
	To       string `json:"to"`
	Why      string `json:"why"`
	Into     string `json:"into"`
	Target   string `json:"target"`
	TouchID  string `json:"touch_id"`
	Until    string `json:"until"`
	Revision int64  `json:"revision"` // that the caller saw; 0: whatever is there
	Alert    bool   `json:"alert"`
	DryRun   bool   `json:"dry_run"`

	Rep  string `json:"-"` // default: the parameter name
	Task string `json:"-"` // default: the parameter id
}

// Command is one thing that people and programs do to what the parameters of a
// URL name. Programs send JSON, which Serve reads; the pages read their forms and
// call Do. It is checked, done, recorded and refused in the same way.
type Command[Out any] struct {
	example string   // of the JSON, for who sends something else
	members []string // of the JSON; nil: others than those of Input are ignored
	noBody  bool     // the URL has all of it; a body is ignored
	byName  bool     // JSON must say who does it
	do      func(echo.Context, Input) (Out, error)
	answer  func(echo.Context, Out) error // default: show
}

// Serve answers a program.
func (cmd Command[Out]) Serve(c echo.Context) error {
	in, err := cmd.read(c)
	if err != nil {
		return err
	}
	out, err := cmd.Do(c, in)
	if err != nil {
		return err
	}
	if cmd.answer != nil {
		return cmd.answer(c, out)
	}
	return show(c, out)
}

// Do does it. A conflict is a Problem whose detail is for the caller; what there
// is to show of the lead as it is comes back with it.
func (cmd Command[Out]) Do(c echo.Context, in Input) (Out, error) {
	in.By = cmp.Or(in.By, session.Of(c).Name)
	in.Rep, in.Task = cmp.Or(in.Rep, c.Param("name")), cmp.Or(in.Task, c.Param("id"))
	return cmd.do(c, in)
}

func (cmd Command[Out]) read(c echo.Context) (in Input, err error) {
	if cmd.noBody {
		return in, nil
	}
	var members map[string]json.RawMessage
	b, err := io.ReadAll(io.LimitReader(c.Request().Body, maxAction))
	if err != nil {
		return in, problem.Problem{Code: problem.Malformed, Detail: "The body could not be read.", Because: err}
	}
	if len(strings.TrimSpace(string(b))) > 0 || cmd.members == nil {
		if err = json.Unmarshal(b, &in); err == nil && cmd.members != nil {
			err = json.Unmarshal(b, &members)
		}
	}
	for name := range members {
		if err == nil && !slices.ContainsFunc(cmd.members, func(known string) bool { return strings.EqualFold(known, name) }) {
			err = fmt.Errorf("unknown member %q", name)
		}
	}
	if err != nil {
		return in, problem.Problem{Code: problem.Malformed, Detail: "Send JSON: " + cmd.example + ".", Because: err}
	}
	for _, text := range []*string{&in.By, &in.To, &in.Why} {
		*text = strings.TrimSpace(*text)
	}
	if cmd.byName && in.By == "" || len(in.By) > 200 {
		return in, problem.Problem{Code: problem.Malformed, Detail: `Say who does it: {"by": "Dana"}.`}
	}
	if len(in.To) > 200 || len(in.Why) > 200 {
		return in, problem.Problem{Code: problem.Malformed, Detail: "to and why may have 200 bytes each."}
	}
	return in, nil
}

// Commands are all of them. A new one is a field, a row in newCommands, its route
// and, where people have a button for it, its form in package inbox.
type Commands struct {
	Act        Command[*lead.Lead]
	Merge      Command[*lead.Lead]
	Unmerge    Command[*lead.Lead]
	Resend     Command[*lead.Lead]
	Reclassify Command[lead.Turn]
	Erase      Command[lead.Run]
	Replay     Command[lead.Run]
	Off        Command[Off]
	Queue      Command[ops.Machinery]
	Task       Command[struct{}]
}

// Off is a rep and until when no leads are dealt to the rep; zero: they are.
type Off struct {
	Rep      string    `json:"rep"`
	OffUntil time.Time `json:"off_until,omitzero"`
}

func newCommands(s *API) Commands {
	return Commands{
		Act: Command[*lead.Lead]{byName: true, do: s.act,
			example: `{"by": "who does it", "revision": 3}; the revision may be left out`},
		Merge: Command[*lead.Lead]{byName: true, do: s.merge,
			example: `{"by": "who does it", "into": "ID"}; to undo it, by alone`},
		Unmerge: Command[*lead.Lead]{byName: true, do: s.unmerge,
			example: `{"by": "who does it", "into": "ID"}; to undo it, by alone`},
		Resend: Command[*lead.Lead]{members: []string{"by", "revision", "target", "touch_id"}, do: s.resend,
			example: `{"by": "Dana", "target": "sales"}; without a target all that were told hear again, without a touch_id of the latest touch`},
		Reclassify: Command[lead.Turn]{members: []string{"by", "revision", "alert", "dry_run"}, do: s.reclassifyLead,
			example: `{"by": "Dana", "revision": 3, "alert": false, "dry_run": true}; all of it may be left out`},
		Erase: Command[lead.Run]{members: []string{"by", "revision"}, do: s.eraseLead, answer: answerRun,
			example: `{"by": "Dana"}`},
		Replay: Command[lead.Run]{members: []string{"dry_run"}, do: s.replayTouch,
			example: `{"dry_run": true}`},
		Off:   Command[Off]{do: s.off, example: `{"until": "14:00"}`},
		Queue: Command[ops.Machinery]{noBody: true, do: s.setQueue},
		Task: Command[struct{}]{noBody: true, do: s.onTask,
			answer: func(c echo.Context, _ struct{}) error { return c.NoContent(http.StatusNoContent) }},
	}
}

// actor carries out what people do about leads. Its errors wrap lead.ErrNotFound,
// lead.ErrConflict, lead.ErrUnavailable or lead.ErrWhom; with a conflict the lead
// as it is comes back.
type actor interface {
	Act(ctx context.Context, leadID string, c lead.Command, revision int64) (*lead.Lead, error)
}

// act does what a verb stands for.
func (s *API) act(c echo.Context, in Input) (*lead.Lead, error) {
	l, err := s.o.Actor.Act(c.Request().Context(), c.Param("id"), lead.Command{Verb: lead.Verb(c.Param("verb")), By: in.By, To: in.To, Why: in.Why}, in.Revision)
	switch {
	case errors.Is(err, lead.ErrWhom):
		err = problem.Problem{Code: problem.Malformed, Detail: `Say whom: {"by": "Dana", "to": "Eva"}; duplicate takes the id of the other lead.`, Because: err}
	case errors.Is(err, lead.ErrTwoClaims), errors.Is(err, lead.ErrSameLead):
		err = problem.Problem{Code: problem.Conflict, Detail: WhyApart(err), Because: err}
	case lead.IsConflict(err):
		err = problem.Problem{Code: problem.Conflict, Detail: taken(l), Because: err}
	case err != nil:
		err = fmt.Errorf("act on lead: %w", err)
	}
	return l, err
}

// taken tells the one who came second what is the case.
func taken(l *lead.Lead) string {
	switch {
	case l == nil:
		return "The lead has changed since; read it again."
	case l.Apart:
		return fmt.Sprintf("The lead is in quarantine; release it first, or call it junk. It is at revision %d.", l.Revision)
	case l.Claim != nil:
		return fmt.Sprintf("%s has this lead since %s; it is at revision %d.", l.Claim.By, l.Claim.At.Format("15:04:05 MST"), l.Revision)
	}
	return fmt.Sprintf("The lead has changed since; it is at revision %d.", l.Revision)
}

// merger makes one lead of two, and two of one again. Its errors wrap
// lead.ErrNotFound, lead.ErrConflict or lead.ErrUnavailable.
type merger interface {
	Merge(ctx context.Context, leadID, into, by string) (*lead.Lead, error)
	Unmerge(ctx context.Context, leadID, by string) (*lead.Lead, error)
}

// merge makes the lead part of another.
func (s *API) merge(c echo.Context, in Input) (*lead.Lead, error) {
	if in.Into == "" {
		return nil, problem.Problem{Code: problem.Malformed, Detail: `Say which lead it becomes part of: {"by": "Dana", "into": "ID"}.`}
	}
	l, err := s.o.Merger.Merge(c.Request().Context(), c.Param("id"), in.Into, in.By)
	return l, apart(err)
}

// unmerge makes the lead its own again.
func (s *API) unmerge(c echo.Context, in Input) (*lead.Lead, error) {
	if in.Into != "" {
		return nil, problem.Problem{Code: problem.Malformed, Detail: `The lead knows itself what it was merged into; send {"by": "Dana"}.`}
	}
	l, err := s.o.Merger.Unmerge(c.Request().Context(), c.Param("id"), in.By)
	return l, apart(err)
}

func apart(err error) error {
	switch {
	case errors.Is(err, lead.ErrTwoClaims): // whose they are is in the error
		return problem.Problem{Code: problem.Conflict, Detail: problem.Sentence(err, "One of them has to give theirs back first."), Because: err}
	case lead.IsConflict(err):
		return problem.Problem{Code: problem.Conflict, Detail: WhyApart(err), Because: err}
	case err != nil:
		return fmt.Errorf("merge or part leads: %w", err)
	}
	return nil
}

// WhyApart says to people why two leads did not become one, or one not two.
func WhyApart(err error) string {
	var two lead.TwoClaims
	switch {
	case errors.As(err, &two):
		return fmt.Sprintf("Two people have these leads, %s one and %s the other; one of them has to give theirs back first.", two.By, two.Other)
	case errors.Is(err, lead.ErrTwoClaims):
		return "Two people have these leads; one of them has to give theirs back first."
	case errors.Is(err, lead.ErrSameLead):
		return "They are one lead already."
	case errors.Is(err, lead.ErrNotMerged):
		return "The lead was not merged, or is its own again already."
	}
	return "One of the leads was changed meanwhile, or is being merged; try again in a moment."
}

// resend sends a lead to targets again.
func (s *API) resend(c echo.Context, in Input) (*lead.Lead, error) {
	l, err := s.o.Resender.Resend(c.Request().Context(), c.Param("id"), lead.ResendOne{TouchID: in.TouchID, Target: in.Target, By: in.By, Revision: in.Revision})
	switch {
	case lead.IsConflict(err):
		err = problem.Problem{Code: problem.Conflict, Detail: taken(l), Because: err}
	case errors.Is(err, lead.ErrNoTarget):
		err = problem.Problem{Code: problem.Malformed, Detail: "There is no such target, or the lead was sent to none; name a target of the configuration.", Because: err}
	case err != nil:
		err = fmt.Errorf("resend lead: %w", err)
	}
	return l, err
}

// reclassifyLead judges the lead by the rules of now.
func (s *API) reclassifyLead(c echo.Context, in Input) (lead.Turn, error) {
	t, err := s.o.Judge.ReclassifyLead(c.Request().Context(), c.Param("id"), lead.ReclassifyOne{By: in.By, Revision: in.Revision, Alert: in.Alert, DryRun: in.DryRun})
	switch {
	case lead.IsConflict(err):
		err = problem.Problem{Code: problem.Conflict, Detail: taken(nil), Because: err}
	case err != nil:
		err = fmt.Errorf("reclassify lead: %w", err)
	}
	return t, err
}

// eraseLead forgets the person of a lead, whatever the lead is by now.
func (s *API) eraseLead(c echo.Context, in Input) (lead.Run, error) {
	return s.startErasure(c, lead.EraseRequest{LeadID: c.Param("id"), By: in.By})
}

// replayTouch reads the request of a touch again.
func (s *API) replayTouch(c echo.Context, in Input) (lead.Run, error) {
	run, err := s.o.Replayer.Replay(c.Request().Context(), c.Param("id"), in.DryRun)
	if err != nil {
		return run, fmt.Errorf("replay touch: %w", err)
	}
	if !in.DryRun {
		s.o.Sessions.Did(c, lead.ActReplay, c.Param("id"))
	}
	return run, nil
}

// off keeps a rep out of the round robins, or brings one back.
func (s *API) off(c echo.Context, in Input) (Off, error) {
	until, err := s.SetOff(c.Request().Context(), session.Of(c).Name, in.Rep, in.Until)
	if errors.Is(err, lead.ErrUntil) {
		err = problem.Problem{Code: problem.Malformed, Detail: fmt.Sprintf("until=%.40q is no moment to come; %v.", in.Until, lead.ErrUntil), Because: err}
	}
	return Off{in.Rep, until.UTC()}, err
}

// SetOff keeps a rep out of the round robins until the moment that words name, and
// records who did so. It returns that moment; zero: the rep is back.
func (s *API) SetOff(ctx context.Context, by, rep, words string) (time.Time, error) {
	until, err := s.o.People.OffUntil(ctx, rep, strings.TrimSpace(words))
	if err != nil {
		return until, fmt.Errorf("rep is off: %w", err)
	}
	act := lead.ActOff
	if until.IsZero() {
		act = lead.ActBack
	}
	s.o.Sessions.DidBy(ctx, by, act, rep)
	return until, nil
}

// setQueue pauses a queue or resumes it, and returns the state of all.
func (s *API) setQueue(c echo.Context, _ Input) (ops.Machinery, error) {
	verb := c.Param("verb")
	if verb != "pause" && verb != "resume" {
		return ops.Machinery{}, lead.ErrNotFound
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), machineryLimit)
	defer cancel()
	if err := s.o.Machinery.PauseQueue(ctx, c.Param("name"), verb == "pause"); err != nil {
		return ops.Machinery{}, fmt.Errorf("%s a queue: %w", verb, err)
	}
	s.o.Sessions.Did(c, lead.Act(verb+"_queue"), c.Param("name"))
	return s.o.Machinery.Machinery(ctx), nil
}

// onTask runs a task at once, or deletes it.
func (s *API) onTask(c echo.Context, in Input) (none struct{}, err error) {
	verb := c.Param("verb")
	do := map[string]func(context.Context, string, string) error{"run": s.o.Machinery.RunTask, "delete": s.o.Machinery.DeleteTask}[verb]
	if do == nil {
		return none, lead.ErrNotFound
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), machineryLimit)
	defer cancel()
	err = do(ctx, c.Param("name"), in.Task)
	if errors.Is(err, ops.ErrBusy) {
		return none, problem.Problem{Code: problem.Conflict, Detail: "The task runs already, or is about to; look again.", Because: err}
	}
	if err != nil {
		return none, fmt.Errorf("%s a task: %w", verb, err)
	}
	s.o.Sessions.Did(c, lead.Act(verb+"_task"), c.Param("name"))
	return none, nil
}
