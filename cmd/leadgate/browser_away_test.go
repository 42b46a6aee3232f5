//go:build browser

package main

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// An inbox that is open says by itself what it can know of Redis: rows come and
// are claimed while Redis is away, and all is read again when it is back.
func TestBrowser_RedisAway(t *testing.T) {
	redis := newRealRedis(t)
	p := newProgram(t, "LEADGATE_REDIS_URL="+redis.url())
	p.start()
	id := p.settled(believable(p)).LeadID
	b := newBrowser(t, p)
	b.signIn("Dana Reyes")
	redis.pause()
	b.open("/")
	b.wait("What is below is what this node holds.")
	b.wait("Grace Hopper")
	b.check("away-inbox")

	b.open("/")
	p.form("demo-request", "name", "Alan Turing", "email", "alan@turing.example", "message", "Can we talk today?")
	b.wait("Alan Turing")
	b.do(chromedp.Click("#rows .row:first-child [data-verb=claim]"))
	b.until(`document.querySelector('#rows .row:first-child [data-verb=unclaim]')`)
	b.open("/l/" + id)
	b.wait("What is below is what this node holds.")
	b.check("away-lead")
	b.open("/?q=nobody")
	b.wait("This node holds no such lead")
	b.quiet()

	b.open("/")
	b.wait("Redis is away")
	redis.resume()
	b.until(`!document.querySelector('.outage') && document.body.innerText.includes('Alan Turing')`)
	b.until(`document.querySelectorAll('#rows [data-verb=unclaim]').length === 1`)
}
