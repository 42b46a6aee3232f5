package kind

import (
	"bufio"
	"bytes"
	"cmp"
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
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/message"
	"github.com/leadgate/leadgate/notify/notifytest"
)

// smtpServer is a mail server that offers what is configured and keeps the mails it accepts.
type smtpServer struct {
	addr     string
	roots    *x509.CertPool
	answers  map[string]string // by command, or RCPT and address, instead of the usual one; "hang": none
	scan     time.Duration     // how long it examines a mail before it accepts it
	auth     string            // what AUTH offers
	plain    bool              // no STARTTLS
	implicit bool              // TLS from the first byte on
	silent   chan struct{}
	mu       sync.Mutex
	commands []string // upper case
	mails    []string
	accepted []string // recipients
	users    []string // USER:PASSWORD
}

func newSMTPServer(t *testing.T, change func(*smtpServer)) *smtpServer {
	certs := httptest.NewUnstartedServer(nil)
	certs.StartTLS()
	t.Cleanup(certs.Close)
	p := &smtpServer{roots: x509.NewCertPool(), auth: "PLAIN", silent: make(chan struct{})}
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

func (p *smtpServer) serve(c net.Conn, config *tls.Config) {
	defer func() { c.Close() }()
	secure := p.implicit
	if secure {
		c = tls.Server(c, config)
	}
	r := bufio.NewReader(c)
	reply := func(s string) { io.WriteString(c, s+"\r\n") }
	reply("220 mail.example ESMTP")
	for {
		l, err := r.ReadString('\n')
		if err != nil {
			return
		}
		l = strings.TrimSpace(l)
		verb, rest, _ := strings.Cut(l, " ")
		verb = strings.ToUpper(verb)
		p.mu.Lock()
		p.commands = append(p.commands, strings.ToUpper(l))
		answer := p.answers[verb]
		if verb == "RCPT" {
			address := strings.Trim(strings.TrimPrefix(strings.ToLower(rest), "to:"), "<>")
			answer = cmp.Or(p.answers["RCPT "+address], answer)
			if answer == "" {
				p.accepted = append(p.accepted, address)
			}
		}
		p.mu.Unlock()
		switch {
		case answer == "hang":
			<-p.silent
			return
		case answer != "":
			reply(answer)
		case verb == "EHLO":
			reply("250-mail.example")
			if !secure && !p.plain {
				reply("250-STARTTLS")
			}
			reply("250 AUTH " + p.auth)
		case verb == "STARTTLS":
			reply("220 go on")
			tc := tls.Server(c, config)
			if tc.Handshake() != nil {
				return
			}
			c, r, secure = tc, bufio.NewReader(tc), true
		case verb == "AUTH":
			p.authenticate(rest, reply, r)
		case verb == "DATA":
			reply("354 go on")
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
			p.mails = append(p.mails, b.String())
			end := p.answers["."]
			p.mu.Unlock()
			if p.scan > 0 {
				select {
				case <-time.After(p.scan):
				case <-p.silent:
				}
			}
			if end == "hang" {
				<-p.silent
				return
			}
			if end == "" {
				end = "250 taken"
			}
			reply(end)
		default:
			reply("250 fine")
		}
	}
}

func (p *smtpServer) authenticate(rest string, reply func(string), r *bufio.Reader) {
	way, first, _ := strings.Cut(rest, " ")
	text := func(s string) string { b, _ := base64.StdEncoding.DecodeString(strings.TrimSpace(s)); return string(b) }
	user := strings.TrimPrefix(strings.ReplaceAll(text(first), "\x00", ":"), ":")
	if strings.EqualFold(way, "LOGIN") {
		reply("334 " + base64.StdEncoding.EncodeToString([]byte("Username:")))
		name, _ := r.ReadString('\n')
		reply("334 " + base64.StdEncoding.EncodeToString([]byte("Password:")))
		password, _ := r.ReadString('\n')
		user = text(name) + ":" + text(password)
	}
	p.mu.Lock()
	p.users = append(p.users, user)
	p.mu.Unlock()
	reply("235 welcome")
}

func (p *smtpServer) sender(t *testing.T, change ...func(*notify.Target, *Env)) notify.Sender {
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
		p := newSMTPServer(t, func(p *smtpServer) { p.auth, p.implicit = tt.auth, tt.implicit })
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
		if slices.Contains(p.commands, "STARTTLS") == tt.implicit {
			t.Errorf("with TLS from the first byte on %v the server got %q", tt.implicit, p.commands)
		}
		m, err := mail.ReadMessage(strings.NewReader(p.mails[0]))
		if err != nil {
			t.Fatal(err)
		}
		subject, _ := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		if !strings.Contains(subject, "🔥 Grace Bcc: evil@example[.]com") || m.Header.Get("Bcc") != "" || m.Header.Get("Message-Id") != receipt {
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
		name    string
		answers map[string]string
		want    notify.Error
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
			p := newSMTPServer(t, func(p *smtpServer) { p.answers = tt.answers })
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

// Nothing is sent to a server that cannot be trusted: no password, no lead.
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
			p := newSMTPServer(t, func(p *smtpServer) {
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
			if len(p.users)+len(p.mails) > 0 {
				t.Errorf("the server got %q, %q", p.users, p.mails)
			}
		})
	}
	// A server without TLS: refused while private targets are not allowed.
	p := newSMTPServer(t, func(p *smtpServer) { p.plain = true })
	m := p.sender(t).(*mailer)
	m.server.allowPlain, m.server.user = false, ""
	if _, err := m.server.deliver(t.Context(), "a@b.example", []string{"a@b.example"}, []byte("x")); !errors.Is(err, errNoTLS) || len(p.mails) > 0 {
		t.Errorf("deliver without TLS = %v, %d mails, want errNoTLS", err, len(p.mails))
	}
	// A password goes over an unencrypted connection to this machine only.
	m.server.allowPlain, m.server.user, m.server.secret, m.server.host = true, "u", "s", "127.0.0.2"
	if _, err := m.server.deliver(t.Context(), "a@b.example", []string{"a@b.example"}, []byte("x")); err == nil || len(p.users) > 0 {
		t.Errorf("deliver of a password without TLS = %v, users %q", err, p.users)
	}
}

func TestEmail_Rollup(t *testing.T) {
	p := newSMTPServer(t, nil)
	s := p.sender(t)
	if _, err := s.Send(t.Context(), notifytest.Crowd(s.Most())); err != nil {
		t.Fatal(err)
	}
	if err := s.(*mailer).Alarm(t.Context(), notify.Alarm{Title: "Target crm takes no leads", Text: "All are kept."}); err != nil {
		t.Fatal(err)
	}
	if len(p.mails) != 2 || !strings.Contains(p.mails[1], "All are kept") {
		t.Fatalf("mails = %q", p.mails)
	}
	m, err := mail.ReadMessage(strings.NewReader(p.mails[0]))
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

// A digest shows how each score has moved and how many leads it leaves out.
func TestEmail_Digest(t *testing.T) {
	p := newSMTPServer(t, nil)
	if _, err := p.sender(t).Send(t.Context(), notifytest.OfADay(notifytest.Crowd(2, notifytest.Warm), 14)); err != nil {
		t.Fatal(err)
	}
	m, err := mail.ReadMessage(strings.NewReader(p.mails[0]))
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

// A server that wants the name of its client, as Google's relay does, gets the
// host's name or its address; when it refuses all the same, its answer is the
// error, not the end of the connection.
func TestEmail_Greets(t *testing.T) {
	p := newSMTPServer(t, nil)
	if _, err := p.sender(t).Send(t.Context(), []notify.Alert{notifytest.Grace(lead.HotAlert)}); err != nil {
		t.Fatal(err)
	}
	if name, _ := strings.CutPrefix(p.commands[0], "EHLO "); name == "LOCALHOST" || !strings.Contains(name, ".") {
		t.Errorf("the first command is %q, want a full name or an address", p.commands[0])
	}
	for _, tt := range []struct {
		answers map[string]string
		want    string
	}{
		{map[string]string{"EHLO": "421 4.7.0 Try again later, closing connection. (EHLO)", "HELO": "hang"}, "smtp_421"},
		{map[string]string{"EHLO": "504 need fully-qualified hostname", "HELO": "hang"}, "smtp_504"},
		{map[string]string{"EHLO": "502 what?"}, "no_auth"}, // HELO: there are no extensions, so no sign-in
	} {
		p := newSMTPServer(t, func(p *smtpServer) { p.answers = tt.answers })
		_, err := p.sender(t).Send(t.Context(), []notify.Alert{notifytest.Grace(lead.HotAlert)})
		var e *notify.Error
		if !errors.As(err, &e) || e.Code != tt.want {
			t.Errorf("with %v: %v, want %s", tt.answers, err, tt.want)
		}
	}
	v4, v6 := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 9}, &net.TCPAddr{IP: net.ParseIP("2001:db8::7"), Port: 9}
	for _, tt := range []struct {
		hostname string
		local    net.Addr
		want     string
	}{
		{"gate.example.com", v4, "gate.example.com"}, {"Gate.Example.com.", v6, "gate.example.com"}, {"gate", v4, "[192.0.2.7]"}, {"gate", v6, "[IPv6:2001:db8::7]"},
		{"localhost.localdomain", v4, "[192.0.2.7]"}, {"", &net.TCPAddr{IP: net.ParseIP("::ffff:192.0.2.7"), Port: 1}, "[192.0.2.7]"}, {"a b.example", v4, "[192.0.2.7]"}, {"gate", &net.UnixAddr{Name: "x"}, "[127.0.0.1]"},
	} {
		if got := helloName(tt.hostname, tt.local); got != tt.want {
			t.Errorf("helloName(%q, %v) = %s, want %s", tt.hostname, tt.local, got, tt.want)
		}
	}
}

// A server may examine a mail for longer than a command may take: it is sent
// once. A server that never confirms it gets it again under the same id, marked.
func TestEmail_SlowEnd(t *testing.T) {
	p := newSMTPServer(t, func(p *smtpServer) { p.scan = 300 * time.Millisecond })
	m := p.sender(t).(*mailer)
	m.server.limits = smtpLimits{command: 200 * time.Millisecond, data: 200 * time.Millisecond, end: time.Minute}
	if _, err := m.Send(t.Context(), []notify.Alert{notifytest.Grace(lead.HotAlert)}); err != nil || len(p.mails) != 1 {
		t.Fatalf("Send = %v, %d mails, want one", err, len(p.mails))
	}

	p = newSMTPServer(t, func(p *smtpServer) { p.answers = map[string]string{".": "hang"} })
	m = p.sender(t).(*mailer)
	m.server.limits.end = 50 * time.Millisecond
	_, err := m.Send(t.Context(), []notify.Alert{notifytest.Grace(lead.HotAlert)})
	var e *notify.Error
	if !errors.As(err, &e) || e.Code != "timeout" || !e.Ambiguous {
		t.Fatalf("Send to a server that does not confirm = %v", err)
	}
	p.mu.Lock()
	p.answers = nil
	p.mu.Unlock()
	if _, err := m.Send(t.Context(), []notify.Alert{notifytest.Grace(lead.HotAlert)}); err != nil || len(p.mails) != 2 {
		t.Fatalf("the second attempt = %v, %d mails", err, len(p.mails))
	}
	first, second := readMail(t, p.mails[0]), readMail(t, p.mails[1])
	if first.Header.Get("Message-Id") != second.Header.Get("Message-Id") {
		t.Error("the attempts have different ids")
	}
	text, html := parts(t, second)
	if !strings.Contains(text, repeated) || !strings.Contains(html, repeated) {
		t.Errorf("the second mail does not say that it may be a repeat: %s", text)
	}
	if text, _ := parts(t, first); strings.Contains(text, repeated) {
		t.Error("the first mail says that it is a repeat")
	}
	if len(m.left) != 0 {
		t.Errorf("%d mails are remembered, want none", len(m.left))
	}
}

// A recipient that is refused keeps nobody else from the mail; one that is
// refused for now is tried again alone.
func TestEmail_RefusedRecipients(t *testing.T) {
	alerts := []notify.Alert{notifytest.Grace(lead.HotAlert)}
	for _, tt := range []struct {
		name    string
		answers map[string]string
		want    string // the code of the first attempt's error
		class   notify.Class
		mails   int
	}{
		{"OneForGood", map[string]string{"RCPT ceo@example.com": "550 gone"}, "", 0, 1},
		{"OneForNow", map[string]string{"RCPT ceo@example.com": "451 greylisted"}, "smtp_451", notify.Again, 1},
		{"All", map[string]string{"RCPT": "550 gone"}, "smtp_550", notify.BadTarget, 0},
		{"AllForNow", map[string]string{"RCPT": "451 greylisted"}, "smtp_451", notify.Again, 0},
		{"OneOfEach", map[string]string{"RCPT sales@example.com": "550 gone", "RCPT ceo@example.com": "451 greylisted"}, "smtp_550", notify.BadTarget, 0},
		{"Closing", map[string]string{"RCPT ceo@example.com": "421 closing"}, "smtp_421", notify.Again, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newSMTPServer(t, func(p *smtpServer) { p.answers = tt.answers })
			s := p.sender(t)
			_, err := s.Send(t.Context(), alerts)
			var e *notify.Error
			if tt.want == "" && err != nil || tt.want != "" && (!errors.As(err, &e) || e.Code != tt.want || e.Class != tt.class) {
				t.Fatalf("Send = %v, want %q of class %v", err, tt.want, tt.class)
			}
			if len(p.mails) != tt.mails {
				t.Errorf("%d mails, want %d", len(p.mails), tt.mails)
			}
			if tt.name != "OneForNow" {
				return
			}
			p.mu.Lock()
			p.answers, p.accepted = nil, nil
			p.mu.Unlock()
			if _, err := s.Send(t.Context(), alerts); err != nil || !slices.Equal(p.accepted, []string{"ceo@example.com"}) {
				t.Errorf("the next attempt = %v, to %q, want only who has not got it", err, p.accepted)
			}
			if to := readMail(t, p.mails[1]).Header.Get("To"); !strings.Contains(to, "sales@") {
				t.Errorf("To of the next attempt = %s, want all", to)
			}
		})
	}
}

// No line of a header is longer than 76 characters where it can be broken, and
// none longer than the 998 that servers accept.
func TestEmail_FoldsHeaders(t *testing.T) {
	p := newSMTPServer(t, nil)
	s := p.sender(t, func(t *notify.Target, _ *Env) {
		t.From = "Отдел продаж и маркетинга компании Пример и партнёры <leads@example.com>"
		t.To = nil
		for i := range 20 {
			t.To = append(t.To, fmt.Sprintf("First%02d Lastname%02d <first%02d.lastname%02d@sales.example.com>", i, i, i, i))
		}
	})
	a := notifytest.Grace(lead.HotAlert, func(l *lead.Lead, _ *lead.Touch) {
		l.Person.Name = "นางสาวกาญจนาภรณ์ วัฒนพาณิชย์สกุลไทย"
		l.Person.Company = "บริษัท อุตสาหกรรมอาหารทะเลแช่แข็งไทยเจริญรุ่งเรือง จำกัด (มหาชน)"
	})
	if _, err := s.Send(t.Context(), []notify.Alert{a}); err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(p.mails[0], "\r\n\r\n")
	for line := range strings.SplitSeq(head, "\r\n") {
		if len(line) > foldAt && strings.Count(line, " ") > 1 || strings.TrimSpace(line) == "" {
			t.Errorf("a line of %d characters: %q", len(line), line)
		}
	}
	m := readMail(t, p.mails[0])
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || !strings.Contains(subject, "นางสาวกาญจนาภรณ์ วัฒนพาณิชย์สกุลไทย, บริษัท") {
		t.Errorf("Subject = %q, %v", subject, err)
	}
	to, err := m.Header.AddressList("To")
	if err != nil || len(to) != 20 || to[19].Name != "First19 Lastname19" || to[19].Address != "first19.lastname19@sales.example.com" {
		t.Errorf("To = %v, %v", to, err)
	}
	from, err := m.Header.AddressList("From")
	if err != nil || from[0].Name != "Отдел продаж и маркетинга компании Пример и партнёры" {
		t.Errorf("From = %v, %v", from, err)
	}
	if reply, err := m.Header.AddressList("Reply-To"); err != nil || reply[0].Name != a.Lead.Person.Name {
		t.Errorf("Reply-To = %v, %v", reply, err)
	}
}

// Folding and encoding lose nothing of any text.
func TestFolded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := message.Line(notifytest.HostileText().Draw(t, "text"), 150)
		header := folded("Subject", encodedText(text))
		for line := range strings.SplitSeq(strings.TrimSuffix(header, "\r\n"), "\r\n") {
			if len(line) > 998 || strings.ContainsAny(line, "\r\n") || strings.TrimSpace(line) == "" {
				t.Errorf("line %q of %q", line, text)
			}
		}
		m, err := mail.ReadMessage(strings.NewReader(header + "\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil || got != text {
			t.Errorf("%q is read back as %q, %v", text, got, err)
		}
	})
}

// Mails about a lead belong together: each refers to the lead's own id, a
// follow-up also to the mail that it follows.
func TestEmail_Threads(t *testing.T) {
	p := newSMTPServer(t, nil)
	s := p.sender(t)
	alert := notifytest.Grace(lead.HotAlert)
	first, err := s.Send(t.Context(), []notify.Alert{alert})
	if err != nil {
		t.Fatal(err)
	}
	follow := notifytest.Grace(lead.Escalated)
	follow.Thread, follow.Notice = first, "escalation:1"
	second, err := s.Send(t.Context(), []notify.Alert{follow})
	if err != nil || second == first {
		t.Fatalf("an escalation of the same touch has the id %q, %v, want one of its own", second, err)
	}
	follow.Thread = "C0SALES/1795344121.004200" // of a target that was Slack before
	if _, err := s.Send(t.Context(), []notify.Alert{follow}); err != nil {
		t.Fatal(err)
	}
	a, b, c := readMail(t, p.mails[0]).Header, readMail(t, p.mails[1]).Header, readMail(t, p.mails[2]).Header
	root := a.Get("References")
	if root == "" || a.Get("In-Reply-To") != "" {
		t.Errorf("the alert refers to %q, in reply to %q", root, a.Get("In-Reply-To"))
	}
	if b.Get("References") != root+" "+first || b.Get("In-Reply-To") != first {
		t.Errorf("the escalation refers to %q, in reply to %q", b.Get("References"), b.Get("In-Reply-To"))
	}
	if c.Get("References") != root || c.Get("In-Reply-To") != "" {
		t.Errorf("with a foreign receipt the mail refers to %q", c.Get("References"))
	}
}

// A mail client makes links of what looks like one: of a visitor's text nothing
// does. Links lead to the inbox, to the phone, and to the address alone.
func TestEmail_VisitorsLinksAreDead(t *testing.T) {
	address := regexp.MustCompile(`(?i)(https?://|www\.)\S+|[\w.+-]+@[\w-]+\.[\w.-]+`)
	p := newSMTPServer(t, nil)
	s := p.sender(t)
	evil := "see https://evil.example/x?a=b and www.evil.example or evil.example"
	for _, email := range []string{"grace@acme.example", "grace@acme.example?bcc=spy@evil.example", ""} {
		a := notifytest.Grace(lead.HotAlert, func(l *lead.Lead, t *lead.Touch) {
			l.Person = lead.Person{Name: "Grace " + evil, Email: email, Phone: evil, Company: evil, Title: evil}
			t.Person, t.Message, t.PageURL, t.Fields = l.Person, evil, "https://evil.example/pricing", map[string]string{evil: evil}
		})
		if _, err := s.Send(t.Context(), append(notifytest.Crowd(1), a)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Send(t.Context(), []notify.Alert{a}); err != nil {
			t.Fatal(err)
		}
	}
	for _, sent := range p.mails {
		m := readMail(t, sent)
		subject, _ := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		text, html := parts(t, m)
		for _, body := range []string{subject, text, html} {
			for _, found := range address.FindAllString(body, -1) {
				if !strings.HasPrefix(found, testStyle.PublicURL) && found != "grace@acme.example" {
					t.Errorf("%q is a link in %s", found, body)
				}
			}
			if strings.Contains(body, "evil.example") {
				t.Errorf("evil.example is there as it was typed: %s", body)
			}
		}
		for _, link := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(html, -1) {
			if !strings.HasPrefix(link[1], testStyle.PublicURL) && link[1] != "mailto:grace@acme.example" && link[1] != "tel:&#43;14155550100" {
				t.Errorf("the html links to %s", link[1])
			}
		}
	}
}

func readMail(t *testing.T, text string) *mail.Message {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}
