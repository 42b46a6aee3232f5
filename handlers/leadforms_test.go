package handlers

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/handlers/handlertest"
	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/lead"
)

// fakeHand merges leads and tells of them again; it remembers what it did.
type fakeHand struct {
	did []string
	err error
}

func (f *fakeHand) Merge(_ context.Context, id, into, by string) (*lead.Lead, error) {
	f.did = append(f.did, fmt.Sprintf("%s merges %s into %s", by, id, into))
	return &lead.Lead{ID: into}, f.err
}

func (f *fakeHand) Unmerge(_ context.Context, id, by string) (*lead.Lead, error) {
	f.did = append(f.did, fmt.Sprintf("%s brings back %s", by, id))
	return &lead.Lead{ID: id}, f.err
}

func (f *fakeHand) Resend(_ context.Context, id string, r lead.ResendOne) (*lead.Lead, error) {
	f.did = append(f.did, fmt.Sprintf("%s tells %s of %s of %s at %d", r.By, r.Target, r.TouchID, id, r.Revision))
	return &lead.Lead{ID: id, Revision: 5}, f.err
}

func (f *fakeHand) ResendAll(context.Context, lead.ResendMany, time.Duration) (lead.Run, error) {
	return lead.Run{}, f.err
}

const (
	adaID = "01M88F76F4PNJ54C4FYRH1BGA1"
	bobID = "01M88F76F4PNJ54C4FYRH1BGA2"
)

// formServer has the leads of Ada and Bob, and what can be done about them.
func formServer(t *testing.T, change ...func(ada, bob *lead.Lead)) (*Server, *fakeJudge, *fakeHand, map[session.Right]string) {
	t.Helper()
	ada, bob := leadOf(1, "Ada Brandt"), leadOf(2, "Bob Brook")
	for _, c := range change {
		c(ada, bob)
	}
	sh := &shelf{leads: []*lead.Lead{ada, bob}}
	judge := &fakeJudge{turn: lead.Turn{LeadID: adaID, Person: ada.Person,
		Before: lead.Verdict{Temperature: lead.Warm, Score: 30, Reasons: []lead.Reason{{Because: "signed up", Points: 30, Rule: "webinar"}, {Because: "an old rule", Points: 5, Rule: "old"}}},
		After:  lead.Verdict{Temperature: lead.Hot, Score: 80, Reasons: []lead.Reason{{Because: "signed up", Points: 75, Rule: "webinar"}, {Because: "work e-mail", Points: 5, Rule: "work_email"}}},
		Told:   []string{"sales"}}}
	hand := &fakeHand{}
	s, cookies := insiders(t, func(o *Options) {
		o.API.Reader, o.API.Actor, o.API.Judge, o.API.Merger, o.API.Resender = sh, sh, judge, hand, hand
	})
	return s, judge, hand, cookies
}

// sent is what a form gets: the status, where it leads, and the page.
func sent(s *Server, cookie, path string, pairs ...string) (status int, to, page string) {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	w := post(s, path, formType, form.Encode(), "Cookie", cookie, "Accept", "text/html")
	return w.Code, w.Header().Get("Location"), w.Body.String()
}

func TestReclassifyPage(t *testing.T) {
	s, judge, _, cookies := formServer(t)
	path := "/l/" + adaID + "/reclassify"
	status, _, page := sent(s, cookies[session.Write], path, "revision", "3")
	page = html.UnescapeString(page)
	for _, want := range []string{"warm <b>30</b>", "hot <b>80</b>", "<b>+75</b> <span class=\"tag\">was +30</span> signed up", "<b>+5</b> <span class=\"tag\">new</span> work e-mail",
		"<b>+5</b> <span class=\"tag\">lost</span> <s>an old rule</s>", "Tell sales that the lead is hot", `name="revision" value="3"`, `name="sure" value="yes"`} {
		if status != 200 || !strings.Contains(page, want) {
			t.Errorf("the difference = %d, lacks %q:\n%s", status, want, page)
		}
	}
	if !judge.how.DryRun {
		t.Fatal("asking changed the lead")
	}
	if box := handlertest.Elements(t, page, "input"); handlertest.Attr(box[len(box)-1], "name") != "alert" || strings.Contains(page, "checked") {
		t.Errorf("the box that tells sales is not there, or ticked by itself:\n%s", page)
	}
	for name, tt := range map[string]struct {
		alert string
		want  lead.ReclassifyOne
	}{"Silently": {"", lead.ReclassifyOne{By: "Dana", Revision: 3}}, "WithAlert": {"yes", lead.ReclassifyOne{By: "Dana", Revision: 3, Alert: true}}} {
		status, to, _ := sent(s, cookies[session.Write], path, "revision", "3", "sure", "yes", "alert", tt.alert)
		if status != 303 || to != "/l/"+adaID+"?said=reclassified" || judge.how != tt.want {
			t.Errorf("%s = %d to %s as %+v, want %+v", name, status, to, judge.how, tt.want)
		}
	}
	if status, _, page := sent(s, cookies[session.Write], path, "revision", "2"); status != 409 || !strings.Contains(page, "has changed since") || !strings.Contains(page, "Ada Brandt") {
		t.Errorf("with an old revision = %d, want 409 and the lead as it is", status)
	}
	if status, _, _ := sent(s, cookies[session.Write], "/l/"+bobID+"/reclassify"); status != 404 {
		t.Errorf("of nobody = %d, want 404", status)
	}
	judge.turn.Told = nil
	if _, _, page := sent(s, cookies[session.Write], path); strings.Contains(page, `name="alert"`) || !strings.Contains(page, "No target would be alerted") {
		t.Errorf("nobody would hear, and the page offers to tell:\n%s", page)
	}
	judge.turn.After.Temperature = lead.Warm
	if _, _, page := sent(s, cookies[session.Write], path); !strings.Contains(page, "Nobody is alerted") {
		t.Errorf("it stays warm, and the page does not say that nobody is alerted:\n%s", page)
	}
	judge.turn.After = judge.turn.Before
	if status, _, page := sent(s, cookies[session.Write], path); status != 200 || !strings.Contains(page, "nothing to change") || strings.Contains(page, "<button>") {
		t.Errorf("the same verdict = %d, want a page that offers nothing:\n%s", status, page)
	}
	judge.err = lead.ErrUnavailable
	if status, _, page := sent(s, cookies[session.Write], path); status != 503 || !strings.Contains(page, "<html") {
		t.Errorf("without a store = %d, want a page with 503", status)
	}
}

func TestResendPage(t *testing.T) {
	s, _, hand, cookies := formServer(t)
	path, touch := "/l/"+adaID+"/resend", "T"+adaID[1:]
	status, _, page := sent(s, cookies[session.Write], path, "target", "sales", "touch", touch)
	if status != 200 || !strings.Contains(page, "sales is told of Ada Brandt again (demo request)") || !strings.Contains(page, "twice") || len(hand.did) != 0 {
		t.Fatalf("the question = %d after %q:\n%s", status, hand.did, page)
	}
	if status, to, _ := sent(s, cookies[session.Write], path, "target", "sales", "touch", touch, "revision", "1", "sure", "yes"); status != 303 || to != "/l/"+adaID+"?said=resent" {
		t.Errorf("the answer = %d to %s", status, to)
	}
	if d := cmp.Diff([]string{"Dana tells sales of " + touch + " of " + adaID + " at 1"}, hand.did); d != "" {
		t.Errorf("done (-want +got):\n%s", d)
	}
	for name, tt := range map[string]struct {
		id, target, sure string
		err              error
		status           int
		want             string
	}{
		"NoTarget":      {adaID, "", "yes", nil, 400, "Press the button"},
		"UnknownTarget": {adaID, "gone", "yes", lead.ErrNoTarget, 400, "no such target"},
		"Stale":         {adaID, "sales", "yes", lead.ErrConflict, 409, "it is at revision 5"},
		"NobodyAsked":   {"01M88F76F4PNJ54C4FYRH1BGA9", "sales", "", nil, 404, "<html"},
		"Nobody":        {adaID, "sales", "yes", lead.ErrNotFound, 404, "<html"},
		"StoreAway":     {adaID, "sales", "yes", lead.ErrUnavailable, 503, "Try again"},
	} {
		t.Run(name, func(t *testing.T) {
			hand.err = tt.err
			if status, _, page := sent(s, cookies[session.Write], "/l/"+tt.id+"/resend", "target", tt.target, "sure", tt.sure); status != tt.status || !strings.Contains(page, tt.want) {
				t.Errorf("= %d, want %d with %q:\n%s", status, tt.status, tt.want, page)
			}
		})
	}
}

func TestMergePage(t *testing.T) {
	s, _, hand, cookies := formServer(t)
	path := "/l/" + adaID + "/merge"
	for _, into := range []string{bobID, " " + publicURL + "/l/" + bobID + "?said=x#touches"} {
		status, _, page := sent(s, cookies[session.Write], path, "into", into)
		for _, want := range []string{"Ada Brandt", "Bob Brook", "bob.brook@works.example", `name="into" value="` + bobID + `"`, "It can be undone"} {
			if status != 200 || !strings.Contains(page, want) {
				t.Errorf("into %s = %d, lacks %q:\n%s", into, status, want, page)
			}
		}
	}
	if len(hand.did) != 0 {
		t.Fatalf("asking did %q", hand.did)
	}
	if status, to, _ := sent(s, cookies[session.Write], path, "into", bobID, "sure", "yes"); status != 303 || to != "/l/"+bobID+"?said=merged" {
		t.Errorf("merge = %d to %s", status, to)
	}
	if status, to, _ := sent(s, cookies[session.Write], "/l/"+adaID+"/unmerge"); status != 303 || to != "/l/"+adaID+"?said=unmerged" {
		t.Errorf("unmerge = %d to %s", status, to)
	}
	if d := cmp.Diff([]string{"Dana merges " + adaID + " into " + bobID, "Dana brings back " + adaID}, hand.did); d != "" {
		t.Errorf("done (-want +got):\n%s", d)
	}
	for name, tt := range map[string]struct {
		path   string
		into   string
		sure   string
		err    error
		status int
		want   string
	}{
		"OfItself":      {path, adaID, "", nil, 422, "That is this lead"},
		"Unknown":       {path, "nobody", "", nil, 422, "No lead has this"},
		"OfNobody":      {"/l/01M88F76F4PNJ54C4FYRH1BGA9/merge", bobID, "", nil, 404, "<html"},
		"TwoClaims":     {path, bobID, "yes", errors.Join(lead.ErrConflict, lead.ErrTwoClaims), 409, "has to give theirs back first"},
		"OneAlready":    {path, bobID, "yes", errors.Join(lead.ErrConflict, lead.ErrSameLead), 409, "one lead already"},
		"Busy":          {path, bobID, "yes", lead.ErrConflict, 409, "try again in a moment"},
		"StoreAway":     {path, bobID, "yes", lead.ErrUnavailable, 503, "Try again"},
		"NotMerged":     {"/l/" + adaID + "/unmerge", "", "", errors.Join(lead.ErrConflict, lead.ErrNotMerged), 409, "was not merged"},
		"UnmergeAway":   {"/l/" + adaID + "/unmerge", "", "", lead.ErrUnavailable, 503, "Try again"},
		"UnmergeNobody": {"/l/" + adaID + "/unmerge", "", "", lead.ErrNotFound, 404, "<html"},
	} {
		t.Run(name, func(t *testing.T) {
			hand.err = tt.err
			if status, _, page := sent(s, cookies[session.Write], tt.path, "into", tt.into, "sure", tt.sure); status != tt.status || !strings.Contains(page, tt.want) {
				t.Errorf("= %d, want %d with %q:\n%s", status, tt.status, tt.want, page)
			}
		})
	}
}

// Both pages of a merge say what became of the leads, and only who may write has
// the buttons.
func TestLeadPage_Merged(t *testing.T) {
	s, _, _, cookies := formServer(t, func(ada, bob *lead.Lead) { ada.MergedInto, bob.Absorbed = bobID, []string{adaID} })
	forms := func(id string, r session.Right) []string {
		return handlertest.Actions(t, ask(s, "GET", "/l/"+id, "", "Cookie", cookies[r]).Body.String())
	}
	ada := ask(s, "GET", "/l/"+adaID, "", "Cookie", cookies[session.Write]).Body.String()
	if !strings.Contains(ada, `This lead is part of <a href="/l/`+bobID+`">Bob Brook</a>`) || strings.Contains(ada, "waiting") {
		t.Errorf("the page of the merged lead does not point to the other, or says that it waits:\n%s", ada)
	}
	if d := cmp.Diff([]string{"/signout", "/l/" + adaID + "/unmerge"}, forms(adaID, session.Write)); d != "" {
		t.Errorf("forms of the merged lead (-want +got):\n%s", d)
	}
	bob := "/l/" + bobID
	if d := cmp.Diff([]string{"/signout", bob + "/claim", bob + "/junk", "/l/" + adaID + "/unmerge", bob + "/merge", bob + "/reclassify"}, forms(bobID, session.Write)); d != "" {
		t.Errorf("forms of the other lead (-want +got):\n%s", d)
	}
	for _, id := range []string{adaID, bobID} {
		if got := forms(id, session.Read); len(got) > 2 || len(got) == 2 && got[1] != "/l/"+adaID+"/unmerge" {
			t.Errorf("a reader is shown the forms %q", got)
		}
	}
}

// Whatever is in a field, the pages that ask have the elements that they always
// have.
func TestForms_Inert(t *testing.T) {
	shape := func(text string) (all []string) {
		s, judge, _, cookies := formServer(t, func(ada, bob *lead.Lead) {
			for _, l := range []*lead.Lead{ada, bob} {
				l.Person = lead.Person{Name: text, Email: text, Phone: text, Company: text}
				l.History[0].Action, l.Claim = lead.Action(text), &lead.Claim{By: text}
			}
			bob.Absorbed = []string{adaID}
		})
		judge.turn.Person, judge.turn.Told = lead.Person{Name: text}, []string{text}
		judge.turn.After.Reasons = []lead.Reason{{Because: text, Rule: text}}
		for _, form := range [][]string{{"reclassify", "revision", text}, {"resend", "target", text, "touch", text}, {"merge", "into", bobID}, {"merge", "into", "x" + text}} {
			status, _, page := sent(s, cookies[session.Write], "/l/"+adaID+"/"+form[0], form[1:]...)
			if status != 200 && status != 422 {
				t.Errorf("%s with %q = %d", form[0], text, status)
			}
			all = append(all, shapeOf(t, page, text)...)
		}
		_, _, page := sent(s, cookies[session.Write], "/rules/effect", "rules", "extends: default\nscore: {hott: 3} # "+strings.Join(strings.Fields(text), " "))
		return append(append(all, shapeOf(t, page, text)...), shapeOf(t, ask(s, "GET", "/l/"+bobID, "", "Cookie", cookies[session.Write]).Body.String(), text)...)
	}
	want := shape("harmless")
	for _, text := range hostile {
		if d := cmp.Diff(want, shape(text)); d != "" {
			t.Errorf("%q changes a page (-harmless +it):\n%s", text, d)
		}
	}
}

// The link to an address carries no further headers of a mail.
func TestLeadPage_Mailto(t *testing.T) {
	for address, want := range map[string]string{
		"ada+x@works.example":                "mailto:ada+x@works.example",
		"x?bcc=spy@evil.example&cc=y":        "mailto:x%3Fbcc=spy@evil.example&cc=y",
		`x"><script>alert(1)</script>@e.com`: "mailto:x%22%3E%3Cscript%3Ealert%281%29%3C%2Fscript%3E@e.com",
	} {
		s, _, _, cookies := formServer(t, func(ada, _ *lead.Lead) { ada.Person.Email = address })
		page := ask(s, "GET", "/l/"+adaID, "", "Cookie", cookies[session.Write]).Body.String()
		var got []string
		for _, n := range handlertest.Elements(t, page, "a") {
			if href := handlertest.Attr(n, "href"); strings.HasPrefix(href, "mailto:") {
				got = append(got, href)
			}
		}
		if len(got) != 1 || got[0] != want {
			t.Errorf("%q links to %q, want %q", address, got, want)
		}
	}
}
