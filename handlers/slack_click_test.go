package handlers

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leadgate/leadgate/handlers/handlertest"
	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/slack"
	"github.com/leadgate/leadgate/lead"
)

// slackWorld is Slack's API and its response URLs.
type slackWorld struct {
	*httptest.Server
	mu    sync.Mutex
	said  []string // whispers and dialogs, in order
	heard chan struct{}
}

func newSlackWorld(t *testing.T) *slackWorld {
	w := &slackWorld{heard: make(chan struct{}, 100)}
	w.Server = httptest.NewServer(w)
	t.Cleanup(w.Close)
	return w
}

func (w *slackWorld) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	switch {
	case strings.HasSuffix(r.URL.Path, "/auth.test"):
		fmt.Fprint(rw, `{"ok":true,"team_id":"T1","user_id":"UBOT","bot_id":"B1"}`)
	case strings.HasSuffix(r.URL.Path, "/bots.info"):
		fmt.Fprint(rw, `{"ok":true,"bot":{"id":"B1","app_id":"A1"}}`)
	case strings.HasSuffix(r.URL.Path, "/users.info"):
		guest := form.Get("user") == "UGUEST"
		fmt.Fprintf(rw, `{"ok":true,"user":{"id":%q,"team_id":"T1","name":"n","is_restricted":%t,"profile":{"display_name":"Display %s"}}}`, form.Get("user"), guest, form.Get("user"))
	default: // views.open, and whispers
		w.mu.Lock()
		w.said = append(w.said, string(body))
		w.mu.Unlock()
		w.heard <- struct{}{}
		fmt.Fprint(rw, `{"ok":true}`)
	}
}

// one waits for what was said next.
func (w *slackWorld) one(t *testing.T) string {
	t.Helper()
	select {
	case <-w.heard:
	case <-time.After(30 * time.Second):
		t.Fatal("nothing was said")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.said[len(w.said)-1]
}

const signingSecret = "signing-secret"

// fromSlackHeader signs a body as Slack does.
func fromSlackHeader(body string) []string {
	ts := strconv.FormatInt(time.Now().Unix(), 10) // the verifier of Slack's library has its own clock
	mac := hmac.New(sha256.New, []byte(signingSecret))
	mac.Write([]byte("v0:" + ts + ":" + body))
	return []string{"X-Slack-Request-Timestamp", ts, "X-Slack-Signature", "v0=" + hex.EncodeToString(mac.Sum(nil))}
}

// slackServer is a server with one lead, l1 of Grace, that people in Slack act on.
func slackServer(t *testing.T, world *slackWorld, change ...func(*Options)) (*Server, *actorOfOne) {
	t.Helper()
	actor := &actorOfOne{lead.Lead{ID: "l1", Revision: 3, Status: lead.New, Verdict: lead.Verdict{Temperature: lead.Hot, Score: 90},
		Person: lead.Person{Name: "Grace <Hopper>", Company: "Acme"}, CreatedAt: noon.Add(-time.Minute)}}
	s, _ := testServer(t, nil, append([]func(*Options){func(o *Options) {
		o.API.Actor, o.API.Reader = actor, readerOfLeads{&actor.l}
		o.Slack = slack.Options{SigningSecret: signingSecret, BotToken: "xoxb-test", APIURL: world.URL + "/api/"}
	}}, change...)...)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); s.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	return s, actor
}

// readerOfLeads knows one lead.
type readerOfLeads struct{ l *lead.Lead }

func (readerOfLeads) Touch(context.Context, string) (*lead.Touch, error) {
	return nil, lead.ErrNotFound
}
func (readerOfLeads) Touches(context.Context, lead.TouchQuery) (lead.TouchPage, error) {
	return lead.TouchPage{}, nil
}
func (readerOfLeads) Books(context.Context, string) (lead.Books, error) { return lead.Books{}, nil }
func (r readerOfLeads) Lead(_ context.Context, id string) (*lead.Lead, error) {
	if id == "other" {
		return &lead.Lead{ID: "other"}, nil
	}
	if id != r.l.ID {
		return nil, lead.ErrNotFound
	}
	return r.l, nil
}

func (r readerOfLeads) Leads(_ context.Context, q lead.Query) (lead.LeadPage, error) {
	if q.Status != "" && q.Status != r.l.Status || q.Temperature != nil && *q.Temperature != r.l.Temperature {
		return lead.LeadPage{}, nil
	}
	return lead.LeadPage{Items: []*lead.Lead{r.l}}, nil
}

// click is what Slack sends for a button or a menu.
func (w *slackWorld) click(user, action, value string, change ...func(map[string]any)) string {
	a := map[string]any{"type": "button", "action_id": action, "block_id": "act", "value": value}
	if action == "lead.more" {
		a = map[string]any{"type": "overflow", "action_id": action, "block_id": "act", "selected_option": map[string]any{"value": value}}
	}
	p := map[string]any{
		"type": "block_actions", "api_app_id": "A1", "trigger_id": "trigger", "response_url": w.URL + "/response",
		"team": map[string]any{"id": "T1"}, "user": map[string]any{"id": user, "team_id": "T1", "name": "login"},
		"container": map[string]any{"type": "message", "message_ts": "1.2", "channel_id": "C1"}, "actions": []any{a},
	}
	for _, c := range change {
		c(p)
	}
	return payload(p)
}

func payload(p map[string]any) string {
	b, err := json.Marshal(p)
	if err != nil {
		panic(err) // strings only
	}
	return url.Values{"payload": {string(b)}}.Encode()
}

func ephemeral(p map[string]any) { p["container"].(map[string]any)["is_ephemeral"] = true }

func TestSlack_Click(t *testing.T) {
	for _, c := range []struct {
		name    string
		reps    []lead.Rep
		claimed string // who has the lead before
		user    string
		action  string
		value   string
		change  func(map[string]any)
		status  lead.Status
		by      string // who has it afterwards
		say     string // what only the person sees, or the dialog
	}{
		{"Claim", nil, "", "U1", "lead.claim", "v1.l1.3", nil, lead.Claimed, "Display U1", ""},
		{"ClaimInRollup", nil, "", "U1", "lead.claim.7", "v1.l1.3", nil, lead.Claimed, "Display U1", ""},
		{"ClaimOfARep", []lead.Rep{{Name: "Dana", Slack: "U1"}}, "", "U1", "lead.claim", "v1.l1.3", nil, lead.Claimed, "Dana", ""},
		{"ClaimOfNoRep", []lead.Rep{{Name: "Dana", Slack: "U1"}, {Name: "Lee", Slack: ""}}, "", "U2", "lead.claim", "v1.l1.3", nil, lead.New, "", "add your member id, U2"},
		{"ClaimOfAGuest", nil, "", "UGUEST", "lead.claim", "v1.l1.3", nil, lead.New, "", "Guests cannot"},
		{"ClaimFromAnotherWorkspace", nil, "", "U1", "lead.claim", "v1.l1.3",
			func(p map[string]any) { p["user"].(map[string]any)["team_id"] = "T2" }, lead.New, "", "members of this workspace"},
		{"ClaimTaken", nil, "Dana", "U1", "lead.claim", "v1.l1.3", nil, lead.Claimed, "Dana", "Dana has Grace &lt;Hopper&gt;, Acme since 1 min ago"},
		{"ClaimOfAnUnknownLead", nil, "", "U1", "lead.claim", "v1.l9.3", nil, lead.New, "", "not known here"},
		{"ClaimInAList", nil, "", "U1", "lead.claim.1", "v1.l1.3", ephemeral, lead.Claimed, "Display U1", "You have Grace"},
		{"Unclaim", nil, "Display U1", "U1", "lead.unclaim", "v1.l1.3", nil, lead.New, "", ""},
		{"Contacted", nil, "Display U1", "U1", "lead.contacted", "v1.l1.3", nil, lead.Contacted, "Display U1", ""},
		{"MenuContacted", nil, "", "U1", "lead.more", "v1.l1.3.contacted", nil, lead.Contacted, "Display U1", ""},
		{"MenuNoVerb", nil, "", "U1", "lead.more", "v1.l1.3", nil, lead.New, "", ""},
		{"MenuJunkAsksWhy", nil, "", "U1", "lead.more", "v1.l1.3.junk", nil, lead.New, "", "lead.junk"},
		{"MenuAssignAsksWhom", nil, "", "U1", "lead.more", "v1.l1.3.assign", nil, lead.New, "", "users_select"},
		{"MenuAssignAsksWhichRep", []lead.Rep{{Name: "Dana", Slack: "U1"}}, "", "U1", "lead.more", "v1.l1.3.assign", nil, lead.New, "", "static_select"},
		{"MenuDuplicateAsksOfWhat", nil, "", "U1", "lead.more", "v1.l1.3.duplicate", nil, lead.New, "", "lead.duplicate"},
		{"MenuJunkOfAnUnknownLead", nil, "", "U1", "lead.more", "v1.l9.3.junk", nil, lead.New, "", "not known here"},
		{"Open", nil, "", "U1", "lead.open", "v1.l1.3", nil, lead.New, "", ""},
		{"OfAnotherVersion", nil, "", "U1", "lead.claim", "v2.l1.3", nil, lead.New, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			world := newSlackWorld(t)
			s, actor := slackServer(t, world, func(o *Options) { o.Reps = func() []lead.Rep { return c.reps } })
			if c.claimed != "" {
				actor.l.Claim, actor.l.Status = &lead.Claim{By: c.claimed, At: noon.Add(-time.Minute)}, lead.Claimed
			}
			var change []func(map[string]any)
			if c.change != nil {
				change = append(change, c.change)
			}
			body := world.click(c.user, c.action, c.value, change...)
			if w := post(s, "/slack/interactions", formType, body, fromSlackHeader(body)...); w.Code != 200 || w.Body.Len() != 0 {
				t.Fatalf("the click is answered %d %q, want an empty 200", w.Code, w.Body)
			}
			by := ""
			if actor.l.Claim != nil {
				by = actor.l.Claim.By
			}
			if actor.l.Status != c.status || by != c.by {
				t.Errorf("the lead is %s of %q, want %s of %q", actor.l.Status, by, c.status, c.by)
			}
			if c.say != "" {
				said := world.one(t)
				if plain, err := url.QueryUnescape(said); !strings.Contains(said, c.say) && (err != nil || !strings.Contains(plain, c.say)) &&
					!strings.Contains(jsonText(said), c.say) {
					t.Errorf("it says %s, want %q", said, c.say)
				}
			}
		})
	}
}

// jsonText is the text of a whisper.
func jsonText(s string) string {
	var m struct{ Text string }
	_ = json.Unmarshal([]byte(s), &m) // "" when it is none
	return m.Text
}

func TestSlack_ClickOfAStranger(t *testing.T) {
	world := newSlackWorld(t)
	s, actor := slackServer(t, world)
	for name, change := range map[string]func(map[string]any){
		"Team": func(p map[string]any) { p["team"] = map[string]any{"id": "T2"} },
		"App":  func(p map[string]any) { p["api_app_id"] = "A2" },
	} {
		body := world.click("U1", "lead.claim", "v1.l1.3", change)
		handlertest.WantProblem(t, post(s, "/slack/interactions", formType, body, fromSlackHeader(body)...), problem.Forbidden)
		if actor.l.Claim != nil {
			t.Errorf("%s: a stranger claimed the lead", name)
		}
	}
}

func TestSlack_Replay(t *testing.T) {
	world := newSlackWorld(t)
	s, actor := slackServer(t, world)
	body := world.click("U1", "lead.claim", "v1.l1.3")
	header := fromSlackHeader(body)
	if w := post(s, "/slack/interactions", formType, body, header...); w.Code != 200 {
		t.Fatalf("first = %d", w.Code)
	}
	actor.l.Claim, actor.l.Status = nil, lead.New
	handlertest.WantProblem(t, post(s, "/slack/interactions", formType, body, header...), problem.Stale)
	if actor.l.Claim != nil {
		t.Error("a replayed request claimed the lead")
	}
}

func TestSlack_Dialogs(t *testing.T) {
	for _, c := range []struct {
		name, dialog string
		reps         []lead.Rep
		answer       map[string]any
		fail         error
		status       lead.Status
		trail        string // of the lead
		problem      string // shown in the dialog
	}{
		{"Junk", "junk", nil, map[string]any{"selected_option": map[string]any{"value": "spam"}}, nil, lead.Junk, "junk spam Display U1", ""},
		{"AssignMember", "assign", nil, map[string]any{"selected_user": "U2"}, nil, lead.Claimed, "assign  Display U1 to Display U2", ""},
		{"AssignMemberWhoIsARep", "assign", []lead.Rep{{Name: "Dana", Slack: "U1"}, {Name: "Lee", Slack: "U2"}}, map[string]any{"selected_user": "U2"}, nil, lead.Claimed, "assign  Dana to Lee", ""},
		{"AssignRep", "assign", []lead.Rep{{Name: "Dana", Slack: "U1"}, {Name: "Lee", Slack: "U2"}}, map[string]any{"selected_option": map[string]any{"value": "Lee"}}, nil, lead.Claimed, "assign  Dana to Lee", ""},
		{"AssignToNobody", "assign", nil, map[string]any{}, nil, lead.New, "", "Say whom"},
		{"DuplicateByLink", "duplicate", nil, map[string]any{"value": " https://leads.example.com/l/other?do=claim "}, nil, lead.Closed, "duplicate  Display U1 of other", ""},
		{"DuplicateByID", "duplicate", nil, map[string]any{"value": "other"}, nil, lead.Closed, "duplicate  Display U1 of other", ""},
		{"DuplicateOfItself", "duplicate", nil, map[string]any{"value": "grace@acme.example"}, nil, lead.New, "", "Say whom"},
		{"DuplicateOfNone", "duplicate", nil, map[string]any{"value": "nope"}, nil, lead.New, "", "no such lead"},
		{"OfAnotherVersion", "sing", nil, nil, nil, lead.New, "", "another version"},
		{"OfNoRep", "junk", []lead.Rep{{Name: "Lee", Slack: "U2"}}, map[string]any{"selected_option": map[string]any{"value": "spam"}}, nil, lead.New, "", "not among the reps"},
		{"NotDurable", "junk", nil, map[string]any{"selected_option": map[string]any{"value": "spam"}}, lead.ErrUnavailable, lead.New, "", "nothing has changed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			world := newSlackWorld(t)
			s, actor := slackServer(t, world, func(o *Options) {
				o.Reps = func() []lead.Rep { return c.reps }
				if c.fail != nil {
					o.API.Actor = failing{c.fail}
				}
			})
			body := payload(map[string]any{"type": "view_submission", "api_app_id": "A1", "team": map[string]any{"id": "T1"},
				"user": map[string]any{"id": "U1", "team_id": "T1"},
				"view": map[string]any{"callback_id": "lead." + c.dialog, "private_metadata": `{"lead":"l1","click":{}}`,
					"state": map[string]any{"values": map[string]any{"ask": map[string]any{"answer": c.answer}}}}})
			w := post(s, "/slack/interactions", formType, body, fromSlackHeader(body)...)
			if w.Code != 200 || !strings.Contains(w.Body.String(), c.problem) || c.problem == "" && w.Body.Len() != 0 {
				t.Errorf("the dialog is answered %d %s, want %q", w.Code, w.Body, c.problem)
			}
			trail := ""
			if n := len(actor.l.Trail); n > 0 {
				st := actor.l.Trail[n-1]
				trail = fmt.Sprintf("%s %s %s", st.Step, st.Why, st.Note)
			}
			if actor.l.Status != c.status || trail != c.trail {
				t.Errorf("the lead is %s after %q, want %s after %q", actor.l.Status, trail, c.status, c.trail)
			}
		})
	}
}

// failing is an actor that cannot keep anything.
type failing struct{ err error }

func (f failing) Act(context.Context, string, lead.Command, int64) (*lead.Lead, error) {
	return nil, errors.Join(f.err)
}

func TestSlack_Command(t *testing.T) {
	for _, c := range []struct {
		name, text string
		reps       []lead.Rep
		claimed    string
		want       []string
	}{
		{"All", "", nil, "", []string{"Hot and unclaimed: 1", "You have no open leads.", `"action_id":"lead.claim.1"`, "/l/l1|Grace \\u0026lt;Hopper"}},
		{"Mine", "mine", nil, "Display U1", []string{"Your open leads: 1", `"action_id":"lead.contacted.1"`}},
		{"MineWhenItIsAnothers", "mine", nil, "Dana", []string{"You have no open leads."}},
		{"Hot", "HOT", nil, "Dana", []string{"No hot lead waits."}},
		{"Help", "sing", nil, "", []string{"/leads mine"}},
		{"Off", "off until 14:00", []lead.Rep{{Name: "Dana", Slack: "U1"}}, "", []string{"until \\u003c!date^1795615200"}},
		{"Back", "back", []lead.Rep{{Name: "Dana", Slack: "U1"}}, "", []string{"You are back"}},
		{"OffSometime", "off soon", []lead.Rep{{Name: "Dana", Slack: "U1"}}, "", []string{"no moment to come"}},
		{"OffWithoutTurns", "off until 14:00", nil, "", []string{"Only the reps"}},
		{"NoRep", "", []lead.Rep{{Name: "Lee", Slack: "U2"}}, "", []string{"not among the reps"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			world := newSlackWorld(t)
			s, actor := slackServer(t, world, func(o *Options) { o.Reps, o.API.People = func() []lead.Rep { return c.reps }, onePerson{} })
			if c.claimed != "" {
				actor.l.Claim, actor.l.Status = &lead.Claim{By: c.claimed, At: noon}, lead.Claimed
			}
			body := url.Values{"command": {"/leads"}, "text": {c.text}, "team_id": {"T1"}, "api_app_id": {"A1"}, "user_id": {"U1"}}.Encode()
			w := post(s, "/slack/commands", formType, body, fromSlackHeader(body)...)
			for _, want := range append(c.want, `"response_type":"ephemeral"`) {
				if w.Code != 200 || !strings.Contains(w.Body.String(), want) {
					t.Errorf("/leads %s = %d %s, want %s", c.text, w.Code, w.Body, want)
				}
			}
		})
	}
}
