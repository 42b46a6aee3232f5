package kind

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http/httptest"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/notifytest"
)

// postOffice is a mail server that offers what it is told to and keeps what it takes.
type postOffice struct {
	addr     string
	roots    *x509.CertPool
	says     map[string]string // command -> answer instead of the usual one; "hang": none
	auth     string            // what AUTH offers
	plain    bool              // no STARTTLS
	implicit bool              // TLS from the first byte on
	silent   chan struct{}
	mu       sync.Mutex
	heard    []string // commands, upper case
	letters  []string
	users    []string // USER:PASSWORD
}

func newPostOffice(t *testing.T, change func(*postOffice)) *postOffice {
	certs := httptest.NewUnstartedServer(nil)
	certs.StartTLS()
	t.Cleanup(certs.Close)
	p := &postOffice{roots: x509.NewCertPool(), auth: "PLAIN", silent: make(chan struct{})}
	p.roots.AddCert(certs.Certificate())
	if change != nil {
		change(p)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.addr = ln.Addr().String()
	var serving sync.WaitGroup
	t.Cleanup(func() { close(p.silent); ln.Close(); serving.Wait() })
	serving.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { p.serve(c, certs.TLS) })
		}
	})
	return p
}

func (p *postOffice) serve(c net.Conn, config *tls.Config) {
	defer func() { c.Close() }()
	secure := p.implicit
	if secure {
		c = tls.Server(c, config)
	}
	r := bufio.NewReader(c)
	say := func(s string) { io.WriteString(c, s+"\r\n") }
	say("220 mail.example ESMTP")
	for {
		l, err := r.ReadString('\n')
		if err != nil {
			return
		}
		l = strings.TrimSpace(l)
		verb, rest, _ := strings.Cut(l, " ")
		verb = strings.ToUpper(verb)
		p.mu.Lock()
		p.heard = append(p.heard, strings.ToUpper(l))
		answer := p.says[verb]
		p.mu.Unlock()
		switch {
		case answer == "hang":
			<-p.silent
			return
		case answer != "":
			say(answer)
		case verb == "EHLO":
			say("250-mail.example")
			if !secure && !p.plain {
				say("250-STARTTLS")
			}
			say("250 AUTH " + p.auth)
		case verb == "STARTTLS":
			say("220 go on")
			tc := tls.Server(c, config)
			if tc.Handshake() != nil {
				return
			}
			c, r, secure = tc, bufio.NewReader(tc), true
		case verb == "AUTH":
			p.authenticate(rest, say, r)
		case verb == "DATA":
			say("354 go on")
			var b strings.Builder
			for {
				l, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if strings.TrimRight(l, "\r\n") == "." {
					break
				}
				b.WriteString(l)
			}
			p.mu.Lock()
			p.letters = append(p.letters, b.String())
			end := p.says["."]
			p.mu.Unlock()
			if end == "" {
				end = "250 taken"
			}
			say(end)
		default:
			say("250 fine")
		}
	}
}

func (p *postOffice) authenticate(rest string, say func(string), r *bufio.Reader) {
	way, first, _ := strings.Cut(rest, " ")
	text := func(s string) string { b, _ := base64.StdEncoding.DecodeString(strings.TrimSpace(s)); return string(b) }
	user := strings.TrimPrefix(strings.ReplaceAll(text(first), "\x00", ":"), ":")
	if strings.EqualFold(way, "LOGIN") {
		say("334 " + base64.StdEncoding.EncodeToString([]byte("Username:")))
		name, _ := r.ReadString('\n')
		say("334 " + base64.StdEncoding.EncodeToString([]byte("Password:")))
		password, _ := r.ReadString('\n')
		user = text(name) + ":" + text(password)
	}
	p.mu.Lock()
	p.users = append(p.users, user)
	p.mu.Unlock()
	say("235 welcome")
}

func (p *postOffice) sender(t *testing.T, change ...func(*notify.Target, *Env)) notify.Sender {
	t.Helper()
	_, port, _ := net.SplitHostPort(p.addr)
	scheme := "smtp"
	if p.implicit {
		scheme = "smtps"
	}
	target := notify.Target{Name: "mail", Kind: "email", URL: scheme + "://127.0.0.1:" + port, From: "Leadgate <leads@example.com>", To: []string{"Sales <sales@example.com>", "ceo@example.com"},
		User: "leads", Secret: "xoxb-secret"}
	env := Env{AllowPrivate: true, Style: testStyle, Now: func() time.Time { return testStyle.Now }, roots: p.roots}
	for _, c := range change {
		c(&target, &env)
	}
	s, err := Open(target, env)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEmail_Sends(t *testing.T) {
	for _, tt := range []struct {
		auth     string
		implicit bool
	}{{"PLAIN LOGIN", false}, {"LOGIN", false}, {"PLAIN LOGIN", true}, {"LOGIN", true}} {
		p := newPostOffice(t, func(p *postOffice) { p.auth, p.implicit = tt.auth, tt.implicit })
		a := notifytest.Grace(lead.HotAlert, func(l *lead.Lead, t *lead.Touch) {
			l.Person.Name = "Grace\r\nBcc: evil@example.com <b>Höpper</b>"
			t.Message = "<script>alert(1)</script>\n.\nthe end"
		})
		s := p.sender(t)
		receipt, err := s.Send(t.Context(), []notify.Alert{a})
		if err != nil {
			t.Fatal(err)
		}
		if again, err := s.Send(t.Context(), []notify.Alert{a}); err != nil || again != receipt {
			t.Errorf("a second attempt has the Message-ID %q, %v, want %q", again, err, receipt)
		}
		if p.users[0] != "leads:xoxb-secret" {
			t.Errorf("AUTH %s gave %q", tt.auth, p.users[0])
		}
		if slices.Contains(p.heard, "STARTTLS") == tt.implicit {
			t.Errorf("with TLS from the first byte on %v the server heard %q", tt.implicit, p.heard)
		}
		m, err := mail.ReadMessage(strings.NewReader(p.letters[0]))
		if err != nil {
			t.Fatal(err)
		}
		subject, _ := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		if !strings.Contains(subject, "🔥 Grace Bcc: evil@example.com") || m.Header.Get("Bcc") != "" || m.Header.Get("Message-Id") != receipt {
			t.Errorf("headers = %v, subject %q", m.Header, subject)
		}
		if to := m.Header.Get("To"); to != `"Sales" <sales@example.com>, <ceo@example.com>` {
			t.Errorf("To = %s", to)
		}
		if reply, err := mail.ParseAddress(m.Header.Get("Reply-To")); err != nil || reply.Address != "grace@acme.example" {
			t.Errorf("Reply-To = %v, %v, want the lead", reply, err)
		}
		text, html := parts(t, m)
		if !strings.Contains(text, "> <script>") || !strings.Contains(text, "\n> .\n") || !strings.Contains(text, "?do=claim") {
			t.Errorf("text = %s", text)
		}
		if strings.Contains(html, "<script>") || strings.Contains(html, "<b>Höpper") || !strings.Contains(html, `href="tel:&#43;14155550100"`) || strings.Contains(html, "ZgotmplZ") {
			t.Errorf("html = %s", html)
		}
	}
}

func parts(t *testing.T, m *mail.Message) (text, html string) {
	t.Helper()
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	r := multipart.NewReader(m.Body, params["boundary"])
	var all []string
	for {
		p, err := r.NextPart()
		if err != nil {
			break
		}
		b, _ := io.ReadAll(p)
		all = append(all, string(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))))
	}
	if len(all) != 2 {
		t.Fatalf("%d parts, want two", len(all))
	}
	return all[0], all[1]
}

func TestEmail_Failures(t *testing.T) {
	for _, tt := range []struct {
		name string
		says map[string]string
		want notify.Error
	}{
		{"Busy", map[string]string{"MAIL": "451 try later, grace@acme.example"}, notify.Error{Code: "smtp_451"}},
		{"BadPassword", map[string]string{"AUTH": "535 leads xoxb-secret"}, notify.Error{Class: notify.BadToken, Code: "smtp_535"}},
		{"NoSuchUser", map[string]string{"RCPT": "550 no acme"}, notify.Error{Class: notify.BadTarget, Code: "smtp_550"}},
		{"TooBig", map[string]string{".": "552 too big"}, notify.Error{Class: notify.BadContent, Code: "smtp_552"}},
		{"Spam", map[string]string{".": "554 looks like spam"}, notify.Error{Class: notify.BadContent, Code: "smtp_554"}},
		{"BusyInTheEnd", map[string]string{".": "450 greylisted"}, notify.Error{Ambiguous: true, Code: "smtp_450"}},
		{"Hang", map[string]string{"EHLO": "hang"}, notify.Error{Code: "timeout"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPostOffice(t, func(p *postOffice) { p.says = tt.says })
			ctx := t.Context()
			if tt.name == "Hang" {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, 100*time.Millisecond)
				defer cancel()
			}
			_, err := p.sender(t).Send(ctx, []notify.Alert{notifytest.Grace(lead.HotAlert)})
			var e *notify.Error
			if !errors.As(err, &e) {
				t.Fatalf("Send = %v, want an *Error", err)
			}
			if got := (notify.Error{Class: e.Class, Ambiguous: e.Ambiguous, Code: e.Code}); got != tt.want {
				t.Errorf("error = %+v, want %+v", got, tt.want)
			}
			for _, secret := range notifytest.Secrets {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error %q contains %q", err, secret)
				}
			}
		})
	}
}

// Nothing is said to a server that cannot be trusted: no password, no lead.
func TestEmail_WantsTLS(t *testing.T) {
	for _, tt := range []struct {
		name     string
		implicit bool
		change   func(*notify.Target, *Env)
		want     string
	}{
		{"StrangeCertificate", false, func(_ *notify.Target, e *Env) { e.roots = x509.NewCertPool() }, "tls"},
		{"NoAUTH", false, nil, "no_auth"},
		{"Private", false, func(_ *notify.Target, e *Env) { e.AllowPrivate = false }, "private_address"},
		{"StrangeCertificateAtOnce", true, func(_ *notify.Target, e *Env) { e.roots = x509.NewCertPool() }, "tls"},
		{"NoAUTHAtOnce", true, nil, "no_auth"},
		{"PrivateAtOnce", true, func(_ *notify.Target, e *Env) { e.AllowPrivate = false }, "private_address"},
		{"NoTLSAtOnce", false, func(t *notify.Target, _ *Env) { t.URL = strings.Replace(t.URL, "smtp:", "smtps:", 1) }, "tls"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPostOffice(t, func(p *postOffice) {
				if p.implicit = tt.implicit; tt.want == "no_auth" {
					p.auth = "NTLM"
				}
			})
			var changes []func(*notify.Target, *Env)
			if tt.change != nil {
				changes = append(changes, tt.change)
			}
			_, err := p.sender(t, changes...).Send(t.Context(), []notify.Alert{notifytest.Grace(lead.HotAlert)})
			var e *notify.Error
			if !errors.As(err, &e) || e.Code != tt.want {
				t.Fatalf("Send = %v, want %s", err, tt.want)
			}
			if len(p.users)+len(p.letters) > 0 {
				t.Errorf("the server heard %q, %q", p.users, p.letters)
			}
		})
	}
	// A server without TLS: refused while its address is a public one.
	m := &mailer{env: Env{}, dialer: &net.Dialer{}, target: notify.Target{From: "a@b.example", To: []string{"a@b.example"}}}
	p := newPostOffice(t, func(p *postOffice) { p.plain = true })
	host, port, _ := net.SplitHostPort(p.addr)
	m.host = host
	fmt.Sscan(port, &m.port)
	if err := m.deliver(t.Context(), []byte("x")); !errors.Is(err, errNoTLS) || len(p.letters) > 0 {
		t.Errorf("deliver without TLS = %v, %d letters, want errNoTLS", err, len(p.letters))
	}
}

func TestEmail_Rollup(t *testing.T) {
	p := newPostOffice(t, nil)
	s := p.sender(t)
	if _, err := s.Send(t.Context(), notifytest.Crowd(s.Most())); err != nil {
		t.Fatal(err)
	}
	if err := s.(notify.Alarmer).Alarm(t.Context(), notify.Alarm{Title: "Target crm takes no leads", Text: "All are kept."}); err != nil {
		t.Fatal(err)
	}
	if len(p.letters) != 2 || !strings.Contains(p.letters[1], "All are kept") {
		t.Fatalf("letters = %q", p.letters)
	}
	m, err := mail.ReadMessage(strings.NewReader(p.letters[0]))
	if err != nil {
		t.Fatal(err)
	}
	text, html := parts(t, m)
	for what, body := range map[string]string{"text": text, "html": html} {
		if n := strings.Count(body, "?do=claim"); n != s.Most() {
			t.Errorf("%s has %d claims, want one for each of %d leads", what, n, s.Most())
		}
	}
}

// A digest says how each score has moved and how many leads it leaves out.
func TestEmail_Digest(t *testing.T) {
	p := newPostOffice(t, nil)
	if _, err := p.sender(t).Send(t.Context(), notifytest.OfADay(notifytest.Crowd(2, notifytest.Warm), 14)); err != nil {
		t.Fatal(err)
	}
	m, err := mail.ReadMessage(strings.NewReader(p.letters[0]))
	if err != nil {
		t.Fatal(err)
	}
	text, html := parts(t, m)
	for what, body := range map[string]string{"text": text, "html": html} {
		for _, want := range []string{"14 warm leads since", "20 → 45", "and 12 more", "zoom-webinars 9"} {
			if !strings.Contains(body, want) {
				t.Errorf("%s does not say %q: %s", what, want, body)
			}
		}
	}
}
