//go:build browser

package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// The settings with people, health and what was done; by the owner and by a rep,
// with scripts and without, with names that want to be more than names.
func TestBrowser_Settings(t *testing.T) {
	const evil = `<img src=x onerror=alert(1)>`
	p := newProgram(t)
	p.config(twoReps + fmt.Sprintf("  - {name: %q, reps: [Dana], mode: claim}\n", "<b>all of Europe, the Middle East and Africa</b>"))
	p.start()
	b := newBrowser(t, p)
	one := p.settled(p.lead("hot", "Grace Example").ID)
	p.act(one.LeadID, "claim", "Dana")
	p.act(one.LeadID, "unclaim", "Dana")
	for range 30 {
		p.act(one.LeadID, "claim", evil)
		p.act(one.LeadID, "unclaim", evil)
	}
	p.audits(evil + " unclaim " + one.LeadID)
	b.signIn("Dana")
	b.open("/settings")
	b.wait("Signed in")
	b.check("settings-people")
	if n := eval[int](b, `document.querySelectorAll('main img, main b.all').length`); n > 0 {
		t.Errorf("%d elements were made by names", n)
	}

	// Slack, the public address and the disk's speed are looked at when asked.
	if strings.Contains(eval[string](b, "document.body.innerText"), "an fsync takes") {
		t.Error("the page looked at everything unasked")
	}
	b.do(chromedp.Click("form[action^='/settings/doctor'] button"))
	b.wait("Everything was looked at")
	b.wait("an fsync takes")
	b.check("settings-doctor")

	b.open("/settings")
	b.do(chromedp.SendKeys("#off-until", "tomorrow"), chromedp.Click("form[action='/settings/off'] button:not(.quiet)"))
	b.wait("off until")
	b.scripts(false)
	b.do(chromedp.Click("form[action='/settings/off'] button.quiet"))
	b.wait("Back: leads are dealt again")
	b.wait("brought back Dana")
	b.do(chromedp.Click("a[href*='before=']"))
	b.wait("Latest")
	b.scripts(true)
	b.check("settings-audit")
	b.do(chromedp.Click("a[href*='before=']"))
	b.wait("claimed " + one.LeadID)
	if eval[bool](b, `document.querySelector("a[href*='before=']") !== null`) {
		t.Error("the last page of the audit has a next one")
	}
	b.quiet()
}
