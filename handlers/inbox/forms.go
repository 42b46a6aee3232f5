package inbox

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/api"
	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/ops"
)

// form is the page's half of a command: how its form is read, what is asked
// before it is done, and where the browser goes on to.
type form[Out any] struct {
	command api.Command[Out]
	read    func(echo.Context) (api.Input, error)
	ask     func(echo.Context, api.Input) (confirmView, error) // nil: it is done at once
	done    func(echo.Context, Out) string
}

// answer answers the form with a question until somebody is sure, and then by
// doing it. A conflict shows the lead as it is.
func (f form[Out]) answer(p *Pages) echo.HandlerFunc {
	return func(c echo.Context) error {
		in, err := f.read(c)
		if err == nil && f.ask != nil && c.FormValue("sure") == "" {
			var v confirmView
			if v, err = f.ask(c, in); err == nil {
				return p.render(c, http.StatusOK, "confirm", p.frame(c, "inbox", v.Title, v))
			}
			return p.stay(c, err)
		}
		if err != nil {
			return err
		}
		out, err := f.command.Do(c, in)
		if err != nil {
			return p.stay(c, err)
		}
		return c.Redirect(http.StatusSeeOther, f.done(c, out))
	}
}

// notDone keeps the browser on the lead's page, with a sentence.
type notDone string

func (s notDone) Error() string { return string(s) }

// stay shows the lead's page again where the lead stood in the way, or the form
// named a wrong one; every other error is answered like any.
func (p *Pages) stay(c echo.Context, err error) error {
	if why, ok := errors.AsType[notDone](err); ok {
		return p.showLeadPage(c, http.StatusUnprocessableEntity, string(why))
	}
	if no, ok := errors.AsType[problem.Problem](err); ok && no.Code == problem.Conflict && strings.HasPrefix(c.Path(), "/l/") {
		return p.showLeadPage(c, http.StatusConflict, no.Detail)
	}
	return err
}

// confirmView shows what is about to be done, and to what, before it is done.
type confirmView struct {
	Title  string
	Text   string
	Action string // where the form that does it goes
	Button string // empty: there is nothing to do
	Back   string
	Kept   []fact // what the form sends besides
	Offer  string // what a box, not ticked, lets happen besides; empty: there is none

	Results []lead.Result // of reading a request again
	Turns   []lead.Turn   // of judging a lead again
	Leads   []row         // that become one
}

// keep has the form send a value.
func (v *confirmView) keep(name, value string) { v.Kept = append(v.Kept, fact{name, value}) }

// Forms are the commands that pages have a button for, by the path of the form.
func (p *Pages) Forms() map[string]echo.HandlerFunc {
	do := p.o.API.Commands
	toLead := func(said string) func(echo.Context, *lead.Lead) string {
		return func(_ echo.Context, l *lead.Lead) string { return withSaid("/l/"+l.ID, said) }
	}
	return map[string]echo.HandlerFunc{
		"/l/:id/:verb":   p.act,
		"/l/:id/merge":   form[*lead.Lead]{do.Merge, readForm, p.askMerge, toLead("merged")}.answer(p),
		"/l/:id/unmerge": form[*lead.Lead]{do.Unmerge, func(echo.Context) (api.Input, error) { return api.Input{}, nil }, nil, toLead("unmerged")}.answer(p),
		"/l/:id/resend": form[*lead.Lead]{do.Resend, readResend, p.askResend,
			func(c echo.Context, _ *lead.Lead) string { return withSaid("/l/"+c.Param("id"), "resent") }}.answer(p),
		"/l/:id/reclassify": form[lead.Turn]{do.Reclassify, readForm, p.askReclassify,
			func(_ echo.Context, t lead.Turn) string { return withSaid("/l/"+t.LeadID, "reclassified") }}.answer(p),
		"/l/:id/erase": form[lead.Run]{do.Erase, readForm, askErase,
			func(echo.Context, lead.Run) string { return "/?said=erased" }}.answer(p),
		"/t/:id/replay": form[lead.Run]{do.Replay, readForm, p.askReplay,
			func(c echo.Context, _ lead.Run) string { return withSaid(localPath(c.FormValue("back")), "replayed") }}.answer(p),
		"/settings/off": form[api.Off]{do.Off, readOff, nil, func(_ echo.Context, off api.Off) string {
			if off.OffUntil.IsZero() {
				return "/settings?said=back#people"
			}
			return "/settings?said=off#people"
		}}.answer(p),
		"/queues/:name/:verb": p.actOnQueue,
	}
}

// readForm reads what most forms send. The revision is that which the form was
// made from.
func readForm(c echo.Context) (api.Input, error) {
	revision, _ := strconv.ParseInt(c.FormValue("revision"), 10, 64)
	return api.Input{Into: c.FormValue("into"), Target: c.FormValue("target"), TouchID: c.FormValue("touch"), Task: c.FormValue("task"),
		Revision: revision, Alert: c.FormValue("alert") != ""}, nil
}

func readResend(c echo.Context) (in api.Input, err error) {
	if in, err = readForm(c); in.Target == "" {
		err = problem.Problem{Code: problem.Malformed, Detail: "Press the button of a target on the lead's page."}
	}
	return in, err
}

// readOff lets everybody speak for himself, and the owner for anybody.
func readOff(c echo.Context) (api.Input, error) {
	me := session.Of(c)
	in := api.Input{Rep: cmp.Or(c.FormValue("rep"), me.Name), Until: c.FormValue("until")}
	if in.Rep != me.Name && me.Right < session.Owner {
		return in, problem.Problem{Code: problem.Forbidden, Detail: "You may say this of yourself; of others the owner may."}
	}
	if c.FormValue("back") != "" {
		in.Until = "back"
	}
	return in, nil
}

// act does what a button of a lead says. A row of the inbox gets the row as it is
// afterwards, every other form goes back to its page.
func (p *Pages) act(c echo.Context) error {
	in, err := readForm(c)
	if err != nil {
		return err
	}
	l, err := p.o.API.Commands.Act.Do(c, in)
	back := localPath(c.FormValue("back"))
	if inRow := c.Request().Header.Get("HX-Request") == "true"; inRow && l != nil {
		r := newRow(l, session.Of(c), back, p.o.Now())
		if no, ok := errors.AsType[problem.Problem](err); ok && no.Code == problem.Conflict {
			r.Said = no.Detail
			return p.write(c, http.StatusConflict, "inbox", "row", r)
		}
		if err == nil {
			return p.write(c, http.StatusOK, "inbox", "row", r)
		}
	}
	if err != nil {
		return p.stay(c, err)
	}
	return c.Redirect(http.StatusSeeOther, withSaid(back, c.Param("verb")))
}

// actOnQueue pauses and resumes a queue or, with a task, runs and deletes it.
func (p *Pages) actOnQueue(c echo.Context) error {
	do := p.o.API.Commands
	if c.FormValue("task") == "" {
		return form[ops.Machinery]{do.Queue, readForm, nil, func(echo.Context, ops.Machinery) string { return "/queues?said=done" }}.answer(p)(c)
	}
	return form[struct{}]{do.Task, readForm, nil, func(c echo.Context, _ struct{}) string {
		return "/queues?said=done&" + url.Values{"queue": {c.Param("name")}, "state": {c.FormValue("state")}}.Encode()
	}}.answer(p)(c)
}

// askReplay shows what reading a request again would change.
func (p *Pages) askReplay(c echo.Context, in api.Input) (confirmView, error) {
	in.DryRun = true
	run, err := p.o.API.Commands.Replay.Do(c, in)
	return confirmView{Title: "Read again", Action: "/t/" + c.Param("id") + "/replay", Button: "Read it again", Back: localPath(c.FormValue("back")), Results: run.Results,
		Text: "This is what reading the request again, with the presets of today, would do. Nobody who was told is told again."}, err
}

func askErase(c echo.Context, _ api.Input) (confirmView, error) {
	at := "/l/" + c.Param("id")
	return confirmView{Title: "Erase this person", Action: at + "/erase", Button: "Erase for ever", Back: at,
		Text: "The lead, its touches, the requests that brought it and the messages about it are deleted, on disk and in Slack. It cannot be undone."}, nil
}

// askMerge shows both leads side by side.
func (p *Pages) askMerge(c echo.Context, in api.Input) (v confirmView, err error) {
	l, err := p.o.Reader.Lead(c.Request().Context(), c.Param("id"))
	if err != nil {
		return v, fmt.Errorf("read lead: %w", err)
	}
	other, err := p.o.API.OtherLead(c.Request().Context(), in.Into)
	switch {
	case errors.Is(err, lead.ErrNotFound):
		return v, notDone("No lead has this link, id or e-mail address.")
	case err != nil:
		return v, fmt.Errorf("find the other lead: %w", err)
	case other.ID == l.ID:
		return v, notDone("That is this lead. Name another one.")
	}
	v = confirmView{Title: "Are these one person?", Action: "/l/" + l.ID + "/merge", Button: "Merge them", Back: "/l/" + l.ID,
		Text: "The first lead becomes part of the second, which then has the touches, the messages and the claim of both. It can be undone."}
	for _, one := range []*lead.Lead{l, other} {
		v.Leads = append(v.Leads, newRow(one, session.Of(c), v.Back, p.o.Now()))
	}
	v.keep("into", other.ID)
	return v, nil
}

// askReclassify shows what today's rules would make of the lead.
func (p *Pages) askReclassify(c echo.Context, in api.Input) (v confirmView, err error) {
	in.DryRun, in.Alert = true, true // so that the page says who would hear
	t, err := p.o.API.Commands.Reclassify.Do(c, in)
	if err != nil {
		return v, err
	}
	v = confirmView{Title: "Judge again: " + Brief(60, whoIs(t.Person)), Action: "/l/" + t.LeadID + "/reclassify", Button: "Judge again", Back: "/l/" + t.LeadID, Turns: []lead.Turn{t},
		Text: "This is what the rules of today make of the lead. Messages about it follow."}
	v.keep("revision", strconv.FormatInt(in.Revision, 10))
	switch {
	case t.Same():
		v.Button, v.Turns, v.Text = "", nil, "The rules of today say what the lead says already. There is nothing to change."
	case len(t.Told) > 0:
		v.Offer = "Tell " + strings.Join(t.Told, ", ") + " that the lead is hot"
	case t.Before.Temperature < lead.Hot && t.After.Temperature == lead.Hot:
		v.Text += " No target would be alerted: no route wants to hear of it, or all have heard."
	default:
		v.Text += " Nobody is alerted."
	}
	return v, nil
}

// askResend asks whether a target shall have a lead again.
func (p *Pages) askResend(c echo.Context, in api.Input) (v confirmView, err error) {
	id := c.Param("id")
	l, err := p.o.Reader.Lead(c.Request().Context(), id)
	if err != nil {
		return v, fmt.Errorf("read lead: %w", err)
	}
	what := ""
	if i := slices.IndexFunc(l.History, func(p lead.Past) bool { return p.ID == in.TouchID }); i >= 0 {
		what = " (" + p.o.Rules().Label(l.History[i].Action) + ")"
	}
	v = confirmView{Title: "Send again", Action: "/l/" + id + "/resend", Button: "Send again", Back: "/l/" + id,
		Text: fmt.Sprintf("%s is told of %s again%s, whether it has it or not. What it has it may have twice then.", Brief(60, in.Target), Brief(60, whoIs(l.Person)), what)}
	v.keep("revision", strconv.FormatInt(l.Revision, 10))
	v.keep("touch", in.TouchID)
	v.keep("target", in.Target)
	return v, nil
}

// withSaid adds to a path what its page shall begin with.
func withSaid(path, key string) string {
	u, err := url.Parse(path)
	if err != nil {
		return "/"
	}
	q := u.Query()
	q.Set("said", key)
	u.RawQuery = q.Encode()
	return strings.TrimSuffix(u.String(), "?")
}
