//go:build browser

package main

import (
	"context"
	_ "embed" // axe
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

//go:embed testdata/axe.min.js
var axe string

// browser is Chromium with one tab, at the pages of one program.
type browser struct {
	t   *testing.T
	p   *program
	ctx context.Context

	mu     sync.Mutex
	errors []string // what the console said
}

// newBrowser opens a tab, or skips the test where there is no Chromium.
func newBrowser(t *testing.T, p *program) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("LEADGATE_REQUIRE_ALL") == "1" {
			t.Fatal("chromium is not installed, and LEADGATE_REQUIRE_ALL=1 asks for it")
		}
		t.Skip("chromium is not installed")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("lang", "en"))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(cancel)
	b := &browser{t: t, p: p, ctx: ctx}
	b.do(chromedp.EmulateViewport(1280, 900))
	messages := chromedp.Console(ctx)
	var reading sync.WaitGroup
	reading.Go(func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.Type == "error" || m.Type == "warning" || m.Type == chromedp.ConsoleException {
				b.mu.Lock()
				b.errors = append(b.errors, fmt.Sprintf("%s: %s %s", m.Type, m.Text, m.URL))
				b.mu.Unlock()
			}
		}
	})
	t.Cleanup(func() { cancel(); reading.Wait() })
	return b
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// eval evaluates an expression, or a promise of it.
func eval[T any](b *browser, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%.100s: %v", expression, err)
	}
	return v
}

func (b *browser) open(path string) {
	b.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = "http://" + b.p.addr + path
	}
	b.do(chromedp.Navigate(path))
}

// wait waits until the page shows a text.
func (b *browser) wait(text string) {
	b.t.Helper()
	b.until(fmt.Sprintf("document.body.innerText.includes(%q)", text))
}

func (b *browser) until(condition string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("document.readyState === 'complete' && Boolean("+condition+")"))
		if err == nil && ok {
			return
		}
		select {
		case <-ctx.Done():
			b.picture("timeout")
			b.t.Fatalf("waited 20 s for %s; the page shows:\n%s", condition, eval[string](b, "document.body.innerText"))
		case <-tick.C:
		}
	}
}

func (b *browser) press(keys ...string) {
	b.t.Helper()
	for _, k := range keys {
		b.do(chromedp.KeyEvent(k))
	}
}

// signIn opens a one-time link.
func (b *browser) signIn(name string) {
	b.t.Helper()
	b.open(b.link(name))
	b.until(`document.querySelector('h1')?.textContent === 'Inbox'`)
}

func (b *browser) link(name string) string {
	b.t.Helper()
	code, out := b.p.run("signin", "--name", name)
	link, _, _ := strings.Cut(out, "\n")
	if code != 0 || !strings.Contains(link, "/signin#") {
		b.t.Fatalf("signin = %d %s", code, out)
	}
	return link
}

func (b *browser) media(scheme string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *browser) scripts(on bool) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
	if err != nil {
		b.t.Fatal(err)
	}
}

// check looks at the page with axe in light and dark, and at 360 pixels.
func (b *browser) check(name string) {
	b.t.Helper()
	for _, scheme := range []string{"light", "dark"} {
		b.media(scheme)
		b.picture(name + "-" + scheme)
		eval[bool](b, axe+";true")
		found := eval[json.RawMessage](b, `axe.run().then(r => r.violations.map(v => ({id: v.id, help: v.help, nodes: v.nodes.map(n => n.html + ' ' + n.failureSummary).slice(0, 3)})))`)
		if string(found) != "[]" {
			b.t.Errorf("%s in %s: axe found %s", name, scheme, found)
		}
	}
	b.media("light")
	b.do(chromedp.EmulateViewport(360, 740))
	if wide := eval[int](b, "document.documentElement.scrollWidth"); wide > 360 {
		b.t.Errorf("%s is %d pixels wide on a screen of 360", name, wide)
	}
	b.picture(name + "-360")
	b.do(chromedp.EmulateViewport(1280, 900))
}

// picture saves what is seen to the directory named by SCREENSHOTS.
func (b *browser) picture(name string) {
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644)
	}
	if err != nil {
		b.t.Error(err)
	}
}

// quiet requires that the console said nothing bad so far, policy violations
// among it.
func (b *browser) quiet() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.errors {
		b.t.Errorf("console: %s", e)
	}
	b.errors = nil
}

// form sends a form as a visitor's browser would.
func (p *program) form(source string, pairs ...string) string {
	p.t.Helper()
	var body []string
	for i := 0; i+1 < len(pairs); i += 2 {
		body = append(body, pairs[i]+"="+strings.NewReplacer(" ", "+", "&", "%26", "+", "%2B").Replace(pairs[i+1]))
	}
	code, a := p.post("/in/"+source, "application/x-www-form-urlencoded", strings.Join(body, "&"))
	if code != http.StatusAccepted {
		p.t.Fatalf("form to %s = %d", source, code)
	}
	return a.ID
}

// believable fills the program with leads of every sort and returns a hot one.
func believable(p *program) string {
	p.form("webinar", "name", "Jonas Weber", "email", "jonas.weber@weber-maschinen.example", "company", "Weber Maschinen", "message", "Will there be a recording?")
	p.form("contact", "name", "Marta Nowak", "email", "marta@nowak.example", "message", "I would like to know how you handle retention of personal data in the EU, and whether there is a list of subprocessors that we could look at before a call.")
	p.form("contact", "name", "Bot", "email", "bot@spam.example", "_gotcha", "https://spam.example")
	hot := p.form("demo-request", "name", "Grace Hopper", "email", "grace.hopper@acme.example", "company", "Acme Industries", "title", "VP Sales", "phone", "+49 30 901820",
		"message", "We are 40 sales people and need this before the trade fair on Monday. Call me today?", "employees", "200-500", "utm_source", "google", "utm_campaign", "brand")
	p.form("demo-request", "name", "Ada Brandt", "email", "ada.brandt@brandt-druck.example", "company", "Brandt Druck", "message", "Please show me the Slack alerts.")
	p.form("webinar", "email", "k.osei@osei-logistics.example")
	p.settled(hot)
	return hot
}

// newFirstRun starts a program without any configuration, as somebody meets it who
// tries it out: there is a page of forms.
func newFirstRun(t *testing.T) *program {
	p := newProcess(t) // in a directory of its own
	p.env = []string{"BE_LEADGATE=1", "HOME=" + p.dir}
	p.args = []string{"--listen", "127.0.0.1:0"}
	if err := os.Mkdir(filepath.Join(p.dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("data", filepath.Join(p.dir, "leadgate-data")); err != nil {
		t.Fatal(err)
	}
	p.start()
	return p
}

// tab opens another tab of the same browser, with the same cookies.
func (b *browser) tab() *browser {
	ctx, cancel := chromedp.NewContext(b.ctx)
	b.t.Cleanup(cancel)
	return &browser{t: b.t, p: b.p, ctx: ctx}
}

// A visitor writes, and the one who watches the inbox sees it, opens it, takes
// it and records the contact, all by keyboard.
func TestBrowser_Keyboard(t *testing.T) {
	p := newFirstRun(t)
	b := newBrowser(t, p)
	b.signIn("Dana Reyes")
	b.wait("Nobody has written yet")

	visitor := b.tab()
	visitor.open("/try")
	visitor.until(`document.querySelector('[id="demo-request.name"]')`)
	eval[bool](visitor, `document.querySelector('[id="demo-request.name"]').focus(), true`)
	visitor.press("Grace Hopper", kb.Tab, "grace@acme.example", kb.Tab, "Acme", kb.Tab, "+4930901820", kb.Tab, "Call me today?", kb.Tab, kb.Enter)
	visitor.wait("Thank you")

	b.wait("Grace Hopper")
	b.wait("Call me today?")
	b.picture("live")
	b.press("j")
	b.until(`document.activeElement.textContent === 'Grace Hopper'`)

	// The row may be replaced at any moment, also just after the key.
	eval[bool](b, `(() => {
		const row = document.activeElement.closest('.row');
		row.replaceWith(row.cloneNode(true));
		return document.dispatchEvent(new CustomEvent('htmx:after:swap'));
	})()`)
	b.until(`document.activeElement.textContent === 'Grace Hopper'`)
	b.press(kb.Enter)
	b.until(`location.pathname.startsWith('/l/') && document.querySelector('[data-verb=claim]')`)
	b.press("c")
	b.wait("The lead is yours.")
	b.press("m")
	b.wait("contact is recorded")
	b.wait("Contacted by Dana Reyes")
	b.quiet()

	// In the list the same keys act on the row, which stays in place.
	p.form("demo-request", "name", "Ada Brandt", "email", "ada.brandt@brandt-druck.example", "message", "Me too")
	b.open("/")
	b.wait("Ada Brandt")
	b.press("j")
	b.until(`document.activeElement.textContent === 'Ada Brandt'`)
	b.press("c")
	b.until(`document.querySelector('.row .status')?.textContent === 'claimed'`)
	b.until(`document.activeElement.textContent === 'Ada Brandt'`)
	b.press("m")
	b.until(`[...document.querySelectorAll('.row .status')].every(s => s.textContent === 'contacted')`)
	b.press("?")
	b.until(`document.querySelector('.keys').open`)
	b.press("/")
	b.until(`document.activeElement.id === 'q'`)
	eval[bool](b, `document.activeElement.value = '', true`) // the protocol types the key that a browser would not
	b.press("grace", kb.Enter)
	b.until(`document.querySelectorAll('.row').length === 1`)
	b.quiet()
}

// The same without JavaScript: links and forms.
func TestBrowser_WithoutScripts(t *testing.T) {
	p := newFirstRun(t)
	b := newBrowser(t, p)
	b.scripts(false)
	_, code, _ := strings.Cut(b.link("Dana Reyes"), "#")
	b.open("/")
	b.do(chromedp.SendKeys("#code", code), chromedp.SendKeys("#code", kb.Enter))
	b.do(chromedp.WaitVisible("#empty"))
	b.open("/try")
	b.do(chromedp.SendKeys(`[id="demo-request.name"]`, "Grace Hopper"), chromedp.SendKeys(`[id="demo-request.email"]`, "grace@acme.example"+kb.Enter))
	b.do(chromedp.WaitVisible("h1"))
	p.await("the lead", 5*time.Second, func() bool {
		b.open("/")
		n, err := chromedp.Run(b.ctx, chromedp.Nodes(".row .open", chromedp.AtLeast(0)))
		return err == nil && len(n) == 1
	})
	b.do(chromedp.Click(".row .open"), chromedp.WaitVisible("[data-verb=claim]"), chromedp.Click("[data-verb=claim]"),
		chromedp.WaitVisible("[data-verb=contacted]"), chromedp.Click("[data-verb=contacted]"))
	b.wait("Contacted by Dana Reyes")
	b.quiet()
}

func TestBrowser_Pages(t *testing.T) {
	p := newProgram(t)
	p.start()
	b := newBrowser(t, p)
	b.open("/signin")
	b.check("signin")
	b.signIn("Dana Reyes")
	b.check("inbox-empty")
	hot := believable(p)
	b.open("/")
	b.wait("Grace Hopper")
	b.check("inbox")
	b.open("/l/" + hot)
	b.check("lead")
	for _, verb := range []string{"claim", "contacted"} {
		if code := p.tries(hot, verb, "Dana Reyes"); code != http.StatusOK {
			t.Errorf("%s = %d", verb, code)
		}
	}
	for _, page := range []string{"sources", "rules", "queues", "reports", "queues?queue=hot&state=retry", "reports?by=rep", "settings"} {
		b.open("/" + page)
		b.check(strings.NewReplacer("?", "-", "=", "-", "&", "-").Replace(page))
	}
	b.open("/rules")
	b.do(chromedp.SendKeys("#payload", "name=Ada&email=ada@acme.example&phone=0301234&message=Call me"), chromedp.Submit("#payload"))
	b.until("document.querySelector('article.touch')?.innerText.includes('work e-mail')") // the page before tells of it, too
	b.check("rules-tried")
	b.open("/sources")
	b.do(chromedp.Click("form[action='/sources/contact/test'] button"))
	b.wait("This is the test lead")
	b.open("/?tab=quarantine")
	b.do(chromedp.Click(".row [data-verb=release]"))
	b.until(`!document.querySelector('.row [data-verb=release]')`)
	b.open("/l/" + hot)
	b.do(chromedp.Click("form[action$='/replay'] button"))
	b.wait("Read it again")
	b.check("replay")
	b.open("/l/" + hot)
	b.do(chromedp.Click("form[action$='/erase'] button"))
	b.wait("It cannot be undone")
	b.check("erase")
	b.do(chromedp.Click("main form button"))
	b.wait("The person is forgotten")
	b.quiet()
}
