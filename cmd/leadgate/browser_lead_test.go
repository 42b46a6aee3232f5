//go:build browser

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// A lead is judged again, sent again, merged and brought back, and other rules are
// tried: by a browser with scripts and by one without.
func TestBrowser_LeadForms(t *testing.T) {
	for _, c := range []struct {
		name    string
		scripts bool
	}{{"Scripts", true}, {"NoScripts", false}} {
		t.Run(c.name, func(t *testing.T) {
			slack := newFakeSlack(t)
			p := newProgram(t, slack.env()...)
			p.write("rules.yaml", "extends: default\n")
			p.config("rules: rules.yaml\n")
			p.start()
			b := newBrowser(t, p)
			b.signIn("Dana Reyes")
			hot := believable(p)
			webinar := p.settled(p.form("webinar", "name", "Grace H.", "email", "grace@home.example", "company", "Acme"))
			b.scripts(c.scripts)
			look := func(name string) { // axe is a script
				if c.scripts {
					b.check(name)
				}
			}
			click := func(selector, wait string) {
				t.Helper()
				b.do(chromedp.Click(selector))
				b.wait(wait)
			}

			// By the same rules there is nothing to do, by others there is.
			b.open("/l/" + webinar.LeadID)
			click("form[action$='/reclassify'] button", "There is nothing to change")
			look("reclassify-same")
			before := p.ready().Rules
			p.write("rules.yaml", hotterRules)
			p.await("the new rules", 10*time.Second, func() bool { return p.ready().Rules != before })
			b.open("/l/" + webinar.LeadID)
			click("form[action$='/reclassify'] button", "Tell slack that the lead is hot")
			look("reclassify")
			b.do(chromedp.Click("input[name=alert]"))
			click("main form button", "It is judged by the rules of today")
			b.wait("judged again warm MQL -> hot SQL by Dana Reyes")
			p.await("the alert", 10*time.Second, func() bool { return len(slack.about("Grace H.")) == 1 })

			b.open("/l/" + hot)
			look("lead-told")
			click("form[action$='/resend'] button", "may have twice")
			look("resend")
			click("main form button", "It is on its way again")
			p.await("the second alert", 10*time.Second, func() bool { return len(slack.about("Grace Hopper")) == 2 })
			p.settled(hot)

			b.open("/l/" + webinar.LeadID)
			b.do(chromedp.Click("aside details:has(#into) summary"), chromedp.SendKeys("#into", "nobody@acme.example"), chromedp.Submit("#into"))
			b.wait("No lead has this link")
			b.refused()
			b.do(chromedp.Click("aside details:has(#into) summary"), chromedp.SendKeys("#into", "grace.hopper@acme.example"), chromedp.Submit("#into"))
			b.wait("Are these one person?")
			look("merge")
			click("main form button", "The two are one lead now")
			b.wait("Merged into it: Grace H.")
			look("lead-merged-into")
			b.open("/l/" + webinar.LeadID)
			b.wait("This lead is part of")
			look("lead-merged")
			click("form[action$='/unmerge'] button", "It is a lead of its own again")

			b.open("/rules")
			b.do(chromedp.SetValue("#rules", "extends: default\nscore: {hott: 3}\n"), chromedp.Submit("#rules"))
			b.wait("Line 2, column 9")
			look("rules-broken")
			b.refused()
			b.do(chromedp.SetValue("#rules", "extends: default\nactions:\n  demo_request: {score: 40, stage: MQL, because: wants a demo}\n"), chromedp.Submit("#rules"))
			b.wait("Who would change")
			b.wait("Grace Hopper")
			look("rules-effect")
			b.quiet()
		})
	}
}

// refused takes it that the console reports one answer of 422, and nothing else.
func (b *browser) refused() {
	b.t.Helper()
	b.p.await("the console to report a refusal", 5*time.Second, func() bool { b.mu.Lock(); defer b.mu.Unlock(); return len(b.errors) > 0 })
	b.mu.Lock()
	if strings.Contains(b.errors[0], "status of 422") {
		b.errors = b.errors[1:]
	}
	b.mu.Unlock()
	b.quiet()
}
