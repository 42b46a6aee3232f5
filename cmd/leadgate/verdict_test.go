package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leadgate/leadgate/jobs"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/rules"
	"github.com/leadgate/leadgate/notify/routing"
)

const hotterRules = "extends: default\nactions:\n  webinar_registered: {score: 75, stage: SQL, because: signed up}\n"

// Rules are tried on past leads without changing anything, then put in force,
// then leads are judged anew; the program is killed in between.
func TestRulesTryAndReclassify(t *testing.T) {
	t.Parallel()
	slack := newFakeSlack(t)
	p := newProgram(t, slack.env()...)
	p.write("rules.yaml", "extends: default\n")
	p.config("rules: rules.yaml\n")
	p.start()
	webinar := p.settled(p.lead("webinar", "Ada Quell").ID)
	p.settled(p.lead("demo-request", "Bob Brook").ID)
	before := p.ready().Rules
	p.write("other.yaml", hotterRules)

	code, out := p.run("rules", "try", p.path("other.yaml"), "--since", "1d")
	for _, want := range []string{"2  leads did something", "1  of them would be of another class", "+1.0  alerts a day: 2.0 instead of 1.0", "warm MQL -> hot SQL", webinar.LeadID, "now +75, was +30  signed up  (rule webinar_registered)"} {
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("rules try = %d, lacks %q:\n%s", code, want, out)
		}
	}
	perDay := func(days string) string {
		code, out := p.run("rules", "try", p.path("other.yaml"), "--since", days+"d")
		_, figures, ok := strings.Cut(out, "alerts a day: ")
		figures, _, _ = strings.Cut(figures, "\n")
		if code != 0 || !ok {
			t.Errorf("rules try = %d:\n%s", code, out)
		}
		return figures
	}
	if code, page := p.submit("/rules/effect", "rules", hotterRules, "days", "7"); code != http.StatusOK || !strings.Contains(page, "<small>"+perDay("7")+"</small>") ||
		!strings.Contains(page, `<a href="/l/`+webinar.LeadID+`">Ada Quell</a>`) || !strings.Contains(page, "warm MQL -&gt; hot SQL") {
		t.Errorf("the page of rules = %d, other numbers than %q:\n%s", code, perDay("7"), page)
	}
	var doc struct {
		Result lead.Rehearsal
		Turns  []lead.Turn
	}
	code, out = p.run("rules", "try", "--json", p.path("other.yaml"))
	if err := json.Unmarshal([]byte(out), &doc); code != 0 || err != nil || doc.Result.Turned != 1 || len(doc.Turns) != 1 || doc.Turns[0].After.Temperature != lead.Hot || doc.Result.RulesInUse != before {
		t.Errorf("rules try --json = %d, %v, %+v", code, err, doc)
	}
	p.write("broken.yaml", "extends: default\nscore: {hott: 3}\n")
	if code, out := p.run("rules", "try", p.path("broken.yaml")); code != exitConfig || !strings.Contains(out, "broken.yaml:2:9:") || !strings.Contains(out, "fix: write hot") {
		t.Errorf("rules try of a broken file = %d:\n%s", code, out)
	}
	if code, _ := p.run("rules", "try"); code != exitUsage {
		t.Errorf("rules try without a file = %d, want %d", code, exitUsage)
	}
	temperature := func() lead.Temperature {
		var l lead.Lead
		p.get("/leads/"+webinar.LeadID, &l)
		return l.Temperature
	}
	if temperature() != lead.Warm || p.ready().Rules != before {
		t.Fatal("trying rules changed something")
	}

	p.write("rules.yaml", hotterRules)
	p.await("the new rules", 10*time.Second, func() bool { return p.ready().Rules != before })
	if temperature() != lead.Warm {
		t.Error("a verdict changed before anybody asked for it")
	}
	if code, out := p.run("reclassify", "--dry-run", "--temperature", "warm"); code != 0 || !strings.Contains(out, "1  of them would be of another class") || temperature() != lead.Warm {
		t.Errorf("reclassify --dry-run = %d:\n%s", code, out)
	}
	if code, out := p.run("reclassify", "--source", "elsewhere"); code != 0 || !strings.Contains(out, "0  leads judged") {
		t.Errorf("reclassify of another source = %d:\n%s", code, out)
	}
	if code, out := p.run("reclassify", "--temperature", "tepid"); code != exitFailed || !strings.Contains(out, "tepid") {
		t.Errorf("reclassify of a wrong temperature = %d:\n%s", code, out)
	}
	if code, out := p.run("reclassify"); code != 0 || !strings.Contains(out, "1  of them are of another class") {
		t.Errorf("reclassify = %d:\n%s", code, out)
	}
	if temperature() != lead.Hot {
		t.Error("after reclassify the lead is not hot")
	}
	p.end()
	p.start()
	if temperature() != lead.Hot {
		t.Error("after kill -9 the lead is not hot any more")
	}
	var hot struct{ Items []lead.Lead }
	if p.get("/leads?temperature=hot", &hot); len(hot.Items) != 2 {
		t.Errorf("%d hot leads are listed, want 2", len(hot.Items))
	}
	if ms := slack.about("Ada Quell"); len(ms) != 0 {
		t.Errorf("reclassify told %d times of somebody", len(ms))
	}
}

// With --alert those who turn hot are told of, once, and the books stay right.
func TestReclassify_Alert(t *testing.T) {
	t.Parallel()
	slack := newFakeSlack(t)
	p := newProgram(t, slack.env()...)
	p.write("rules.yaml", "extends: default\n")
	p.config("rules: rules.yaml\n")
	p.start()
	p.settled(p.lead("webinar", "Ada Quell").ID)
	p.settled(p.lead("demo-request", "Bob Brook").ID)
	before := p.ready().Rules
	p.write("rules.yaml", hotterRules)
	p.await("the new rules", 10*time.Second, func() bool { return p.ready().Rules != before })
	if code, out := p.run("reclassify", "--alert", "--dry-run"); code != 0 || !strings.Contains(out, "1  of them would be alerted") {
		t.Errorf("reclassify --alert --dry-run = %d:\n%s", code, out)
	}
	if code, out := p.run("reclassify", "--alert"); code != 0 || !strings.Contains(out, "1  of them are alerted") {
		t.Fatalf("reclassify --alert = %d:\n%s", code, out)
	}
	p.await("the alert", 10*time.Second, func() bool { return len(slack.about("Ada Quell")) == 1 })
	if code, out := p.run("reclassify", "--alert"); code != 0 || strings.Contains(out, "alerted") {
		t.Errorf("reclassify --alert for the second time = %d:\n%s", code, out)
	}
	var books lead.Books
	p.await("the books to balance", 10*time.Second, func() bool {
		p.get("/books", &books)
		return books == lead.Books{Accepted: 2, Alerted: 2}
	})
	if n, bob := len(slack.about("Ada Quell")), len(slack.about("Bob Brook")); n != 1 || bob != 1 {
		t.Errorf("Ada was told of %d times, Bob %d times, want once each", n, bob)
	}
}

// One lead is judged again: first as a try, then for good, with an alert or
// without, and only as the one who asks has seen it.
func TestReclassify_One(t *testing.T) {
	t.Parallel()
	slack := newFakeSlack(t)
	p := newProgram(t, slack.env()...)
	p.write("rules.yaml", "extends: default\n")
	p.config("rules: rules.yaml\n")
	p.start()
	ada, bob := p.settled(p.lead("webinar", "Ada Quell").ID), p.settled(p.lead("webinar", "Bob Brook").ID)
	again := func(id, body string) (turn lead.Turn, code int) {
		code = p.call("/leads/"+id+"/reclassify", body, &turn)
		return turn, code
	}
	if turn, code := again(ada.LeadID, `{"by":"Dana"}`); code != 200 || !turn.Same() {
		t.Errorf("by the same rules = %d %+v, want the same verdict", code, turn)
	}
	if l := p.leadOf(ada.LeadID); slices.ContainsFunc(l.Trail, func(s lead.Step) bool { return s.Step == lead.StepReclassified }) {
		t.Errorf("nothing has changed, and the trail says %+v", l.Trail)
	}
	before := p.ready().Rules
	p.write("rules.yaml", hotterRules)
	p.await("the new rules", 10*time.Second, func() bool { return p.ready().Rules != before })

	seen := p.leadOf(ada.LeadID)
	for name, c := range map[string]struct {
		body string
		told int
	}{"Silently": {`{"dry_run":true}`, 0}, "WithAlert": {`{"dry_run":true,"alert":true}`, 1}} {
		turn, code := again(ada.LeadID, c.body)
		if code != 200 || turn.Before.Class() != "warm MQL" || turn.After.Class() != "hot SQL" || len(turn.Told) != c.told || len(turn.Changes()) == 0 {
			t.Errorf("%s tried = %d %+v, want it to turn hot and %d told", name, code, turn, c.told)
		}
	}
	if l := p.leadOf(ada.LeadID); l.Temperature != lead.Warm || l.Revision != seen.Revision {
		t.Fatalf("trying it changed the lead: %+v", l)
	}
	p.call("/leads/"+ada.LeadID+"/claim", `{"by":"Eli"}`, nil)
	if _, code := again(ada.LeadID, fmt.Sprintf(`{"by":"Dana","revision":%d}`, seen.Revision)); code != http.StatusConflict {
		t.Errorf("after somebody claimed the lead = %d, want 409", code)
	}
	p.call("/leads/"+ada.LeadID+"/unclaim", `{"by":"Eli"}`, nil)
	if turn, code := again(ada.LeadID, `{"by":"Dana"}`); code != 200 || turn.After.Temperature != lead.Hot || len(turn.Told) != 0 {
		t.Errorf("for good = %d %+v", code, turn)
	}
	if turn, code := again(bob.LeadID, `{"by":"Dana","alert":true}`); code != 200 || !slices.Equal(turn.Told, []string{"slack"}) {
		t.Errorf("with an alert = %d %+v, want slack told", code, turn)
	}
	p.await("the alert", 10*time.Second, func() bool { return len(slack.about("Bob Brook")) == 1 })
	p.end()
	p.start()
	l := p.leadOf(ada.LeadID)
	if last := l.Trail[len(l.Trail)-1]; l.Temperature != lead.Hot || last.Step != lead.StepReclassified || last.Note != "warm MQL -> hot SQL by Dana" {
		t.Errorf("after kill -9 the lead is %s after %+v", l.Temperature, last)
	}
	if n := len(slack.about("Ada Quell")); n != 0 {
		t.Errorf("%d messages about the one that was judged silently", n)
	}
	if _, code := again("nobody", "{}"); code != http.StatusNotFound {
		t.Errorf("of nobody = %d, want 404", code)
	}
}

func TestExplain_Today(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.start()
	a := p.lead("webinar", "Ada Quell", `,"purchasing_time_frame":"4-6 months"`)
	p.settled(a.ID)
	code, out := p.run("explain", a.ID)
	for _, want := range []string{"touch " + a.ID, "today by rules " + rules.Default().Version() + ": warm MQL", "+30  signed up for a webinar  (rule webinar_registered)",
		"nearly  wants to buy within 3 months  (rule buys_soon): not so:", "--all prints them", "target console: not told  too_cool The lead is cooler"} {
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("explain = %d, lacks %q:\n%s", code, want, out)
		}
	}
	if _, out := p.run("explain", "--all", a.ID); !strings.Contains(out, "(rule third_touch)") || strings.Contains(out, "--all prints") {
		t.Errorf("explain --all lacks rules:\n%s", out)
	}
	var x lead.Explanation
	if code, out := p.run("explain", "--json", a.ID); code != 0 || json.Unmarshal([]byte(out), &x) != nil || x.Verdict.Temperature != lead.Warm || len(x.Lines) == 0 || len(x.Decisions) != 1 {
		t.Errorf("explain --json = %d %s", code, out)
	}
}

// Two leads become one, which whoever comes later finds, and two again.
func TestMerge(t *testing.T) {
	t.Parallel()
	slack := newFakeSlack(t)
	p := newProcess(t, slack.env()...)
	p.start()
	home := p.settled(p.lead("demo-request", "Ada Home").ID)
	works := p.settled(p.lead("webinar", "Ada Works").ID)
	read := p.leadOf
	act := func(id, verb, body string) int { return p.call("/leads/"+id+"/"+verb, body, nil) }
	homeBefore, worksBefore := read(home.LeadID), read(works.LeadID)

	for _, wrong := range []struct {
		id, verb, body string
		want           int
	}{
		{home.LeadID, "merge", `{"by":"Dana","into":"nobody"}`, 404},
		{home.LeadID, "merge", `{"by":"Dana"}`, 400},
		{home.LeadID, "merge", `{"into":"` + works.LeadID + `"}`, 400},
		{home.LeadID, "merge", `{"by":"Dana","into":"` + home.LeadID + `"}`, 409},
		{home.LeadID, "unmerge", `{"by":"Dana"}`, 409},
		{home.LeadID, "unmerge", `{"by":"Dana","into":"x"}`, 400},
	} {
		if code := act(wrong.id, wrong.verb, wrong.body); code != wrong.want {
			t.Errorf("POST %s %s = %d, want %d", wrong.verb, wrong.body, code, wrong.want)
		}
	}
	act(home.LeadID, "claim", `{"by":"Dana"}`)
	act(works.LeadID, "claim", `{"by":"Eli"}`)
	if code, out := p.run("merge", home.LeadID, works.LeadID, "--by", "Dana"); code != exitFailed || !strings.Contains(out, "Eli") {
		t.Errorf("merge of two people's leads = %d:\n%s", code, out)
	}
	act(works.LeadID, "unclaim", `{"by":"Eli"}`)

	if code, out := p.run("merge", home.LeadID, works.LeadID, "--by", "Dana"); code != 0 || !strings.Contains(out, "HOT") || !strings.Contains(out, "claimed by Dana") || !strings.Contains(out, "2 touches") {
		t.Fatalf("merge = %d:\n%s", code, out)
	}
	p.kill()
	p.start()
	both := read(works.LeadID)
	if l := read(home.LeadID); l.MergedInto != works.LeadID {
		t.Errorf("the merged lead points at %q", l.MergedInto)
	}
	if both.Temperature != lead.Hot || !slices.Contains(both.Touches, home.ID) || both.Claim == nil || both.Claim.By != "Dana" || !slices.Contains(both.Absorbed, home.LeadID) {
		t.Errorf("after the merge and kill -9: %+v", both)
	}
	if touch, _ := p.touch(home.ID); touch.LeadID != works.LeadID {
		t.Errorf("the touch's lead is %s", touch.LeadID)
	}
	if list := all[lead.Lead](p, "/leads"); len(list) != 1 {
		t.Errorf("%d leads are listed, want 1", len(list))
	}
	var found struct{ Items []lead.Lead }
	if p.get("/leads?email=ada.home@works.example", &found); len(found.Items) != 1 || found.Items[0].ID != works.LeadID {
		t.Errorf("by the merged lead's address: %+v", found.Items)
	}
	if p.get("/leads?source=demo-request", &found); len(found.Items) != 1 || found.Items[0].ID != works.LeadID {
		t.Errorf("by the merged lead's source: %+v", found.Items)
	}
	again := p.settled(p.lead("webinar", "Ada Home", `,"page_url":"https://works.example/other"`).ID)
	if again.LeadID != works.LeadID {
		t.Errorf("a later touch went to %s, want %s", again.LeadID, works.LeadID)
	}
	if code := act(home.LeadID, "contacted", `{"by":"Dana"}`); code != 200 || read(works.LeadID).Status != lead.Contacted {
		t.Errorf("an act on the merged lead = %d, the other is %s", code, read(works.LeadID).Status)
	}

	var export lead.Export
	if code := p.get("/export?email=ada.works@works.example", &export); code != http.StatusOK || len(export.Leads) != 2 || len(export.Touches) != 3 {
		t.Errorf("the export by one address = %d, %d leads, %d touches, want both leads and all touches", code, len(export.Leads), len(export.Touches))
	}

	if code, out := p.run("merge", "--undo", home.LeadID, "--by", "Dana"); code != 0 {
		t.Fatalf("merge --undo = %d:\n%s", code, out)
	}
	p.kill()
	p.start()
	homeAfter, worksAfter := read(home.LeadID), read(works.LeadID)
	if homeAfter.MergedInto != "" || homeAfter.Person != homeBefore.Person || !slices.Equal(homeAfter.Touches, append(homeBefore.Touches, again.ID)) || homeAfter.Claim == nil {
		t.Errorf("the lead that was merged came back as %+v, was %+v", homeAfter, homeBefore)
	}
	if worksAfter.Person != worksBefore.Person || !slices.Equal(worksAfter.Touches, worksBefore.Touches) || len(worksAfter.Absorbed) != 0 || worksAfter.Temperature != lead.Warm {
		t.Errorf("the other came back as %+v, was %+v", worksAfter, worksBefore)
	}
	if code, _ := p.run("merge", home.LeadID); code != exitUsage {
		t.Errorf("merge of one lead = %d, want %d", code, exitUsage)
	}
}

// An alert that reclassify promised is told once, wherever the process ends
// between the verdict in the store and the touch in the journal.
func TestReclassify_AlertAfterACrash(t *testing.T) {
	t.Parallel()
	hotter, err := rules.Parse("rules.yaml", []byte(hotterRules))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		step    string
		restart bool // else the same process is asked again
		again   int  // who is alerted by asking again
	}{
		{"before the lead", true, 1}, {"before the touch", true, 0}, {"after the touch", true, 0}, {"before the touch", false, 0},
	} {
		t.Run(fmt.Sprintf("%s/%v", tt.step, tt.restart), func(t *testing.T) {
			t.Parallel() // each stop waits for a worker that asks Redis
			var book atomic.Pointer[rules.Set]
			book.Store(rules.Default())
			h := newHouse(t, "2026-11-24T10:00:00Z", jobs.Options{Routes: []routing.Route{{To: "sales", AtLeast: lead.Hot}}, Rules: book.Load}, "sales")
			h.stop()
			h.addr = newRealRedis(t).addr
			h.open()
			ada := h.demo("Ada", did("webinar_registered"))
			book.Store(hotter)
			breaks := func(f func(string) bool) { h.mu.Lock(); defer h.mu.Unlock(); h.breaks = f }
			reclassify := func() (lead.Reclassified, error) {
				return h.Runs.Reclassify(t.Context(), lead.Chosen{Alert: true}, false, lead.Walk{})
			}
			breaks(func(step string) bool { return step == tt.step })
			if _, err := reclassify(); !errors.Is(err, errBroken) {
				t.Fatalf("Reclassify = %v, want that it breaks off", err)
			}
			if tt.restart {
				h.stop()
			}
			h.setTime("2026-11-24T10:02:00Z")
			breaks(nil)
			if tt.restart {
				h.open()
			}
			times := func() int {
				return h.heard(lead.JustTurnedHot, ada.ID)["sales"] + h.heard(lead.HotAlert, ada.ID)["sales"]
			}
			told := func() bool { return times() > 0 }
			if tt.restart && tt.again == 0 {
				awaitFor(t, "the promised alert", 10*time.Second, told)
			}
			if r, err := reclassify(); err != nil || r.Alerted != tt.again {
				t.Errorf("Reclassify again = %+v, %v, want %d alerted", r, err, tt.again)
			}
			awaitFor(t, "the alert", 10*time.Second, told)
			awaitFor(t, "the books to balance", 10*time.Second, func() bool {
				b, err := h.Views.Books(t.Context(), "2026-11-24")
				return err == nil && b == lead.Books{Accepted: 1, Alerted: 1}
			})
			if n := times(); n != 1 {
				t.Errorf("told %d times, want once", n)
			}
		})
	}
}
