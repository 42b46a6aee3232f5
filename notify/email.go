package notify

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

var emailKind = Kind{
	Name: "email",
	Doc:  "https://www.rfc-editor.org/rfc/rfc6409",
	Check: func(t Target) error {
		if _, _, _, err := mailServer(t.URL); err != nil {
			return err
		}
		if len(t.To) == 0 {
			return errors.New("an email target needs to: addresses that hear")
		}
		for _, a := range append([]string{t.From}, t.To...) {
			if _, err := mail.ParseAddress(a); err != nil || strings.ContainsAny(a, "\r\n") {
				return errors.New("from and to must be addresses: sales@example.com, or Sales <sales@example.com>")
			}
		}
		if (t.User == "") != (t.Secret == "") {
			return errors.New("user and secret belong together")
		}
		return nil
	},
	Open: openEmail,
}

const (
	emailTimeout = 10 * time.Second
	emailMost    = 50 // leads in one message
)

// mailer sends messages through a mail server. An answer goes to the lead.
type mailer struct {
	target   Target
	env      Env
	host     string
	port     int
	implicit bool // TLS from the first byte on
	dialer   *net.Dialer
}

// mailServer reads smtp://host:587, which changes to TLS once connected, or
// smtps://host:465, which begins with it.
func mailServer(s string) (host string, port int, implicit bool, err error) {
	bad := errors.New("an email target needs a url: smtp://mail.example.com:587 (STARTTLS) or smtps://mail.example.com:465")
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" || u.User != nil || strings.Trim(u.Path, "/") != "" {
		return "", 0, false, bad
	}
	implicit = u.Scheme == "smtps"
	port = 587
	if implicit {
		port = 465
	}
	if p := u.Port(); p != "" {
		if port, err = strconv.Atoi(p); err != nil || port < 1 || port > 65535 {
			return "", 0, false, bad
		}
	}
	return u.Hostname(), port, implicit, nil
}

func openEmail(t Target, e Env) (Sender, error) {
	host, port, implicit, err := mailServer(t.URL)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	if !e.AllowPrivate {
		dialer.Control = publicOnly
	}
	return &mailer{target: t, env: e, host: host, port: port, implicit: implicit, dialer: dialer}, nil
}

func (s *mailer) Most() int { return emailMost }

// Send sends one message. The receipt is its Message-ID, which is the same for
// every attempt, so that mailboxes know a repetition.
func (s *mailer) Send(ctx context.Context, alerts []Alert) (string, error) {
	if len(alerts) == 0 {
		return "", errNothing
	}
	style := s.env.Style
	style.Now = s.env.Now()
	m := composeAll(alerts, style)
	var ids []string
	for _, a := range alerts {
		ids = append(ids, a.Touch.ID)
	}
	l := letter{To: s.target.To, From: s.target.From, Subject: m.Header, Date: s.env.Now(), ID: s.messageID(strings.Join(ids, " ")),
		Text: strings.Join(mailLines(m), "\n") + "\n", Body: mailOf(m)}
	if len(alerts) == 1 && m.Email.Link != "" {
		l.ReplyTo = (&mail.Address{Name: line(person(alerts[0].Lead, alerts[0].Touch).Name, 60), Address: m.Email.Shown}).String()
	}
	return l.ID, s.post(ctx, l)
}

// Alarm sends a message that tells no lead.
func (s *mailer) Alarm(ctx context.Context, a Alarm) error {
	return s.post(ctx, letter{To: s.target.To, From: s.target.From, Subject: a.Title, Date: s.env.Now(), ID: s.messageID(a.Key + a.At.String()),
		Text: strings.Join(nonEmpty(a.Title, a.Text, a.URL), "\n\n") + "\n", Body: mailBody{Header: a.Title, Lines: []string{a.Text}, URL: a.URL, Open: "Open leadgate"}})
}

// messageID is the same for every attempt of the same.
func (s *mailer) messageID(of string) string {
	sum := sha256.Sum256([]byte(of + "/" + s.target.Name))
	return "<" + hex.EncodeToString(sum[:12]) + ".leadgate@" + addressOf(s.target.From)[strings.LastIndexByte(addressOf(s.target.From), '@')+1:] + ">"
}

// addressOf is an address without the name before it.
func addressOf(s string) string {
	a, err := mail.ParseAddress(s)
	if err != nil {
		return s // Check has refused it
	}
	return a.Address
}

func (s *mailer) post(ctx context.Context, l letter) error {
	var b bytes.Buffer
	if err := l.write(&b); err != nil {
		return &Error{Class: BadContent, Code: "unprintable", Err: errors.New("the message could not be written as a mail")}
	}
	ctx, cancel := context.WithTimeout(ctx, emailTimeout)
	defer cancel()
	if err := s.deliver(ctx, b.Bytes()); err != nil {
		return mailError(err)
	}
	return nil
}

// deliver talks to the server once. A server without TLS gets nothing, unless
// targets inside are allowed.
func (s *mailer) deliver(ctx context.Context, message []byte) error {
	conn, err := s.dialer.DialContext(ctx, "tcp", net.JoinHostPort(s.host, strconv.Itoa(s.port)))
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	secure := &tls.Config{ServerName: s.host, MinVersion: tls.VersionTLS12, RootCAs: s.env.roots}
	if s.implicit {
		conn = tls.Client(conn, secure)
	}
	c, err := smtp.NewClient(conn, s.host)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.Hello("localhost"); err != nil {
		return err
	}
	offered, _ := c.Extension("STARTTLS")
	switch {
	case s.implicit:
	case offered:
		if err := c.StartTLS(secure); err != nil {
			return err
		}
	case !s.env.AllowPrivate:
		return errNoTLS
	}
	if s.target.User != "" {
		if err := s.authenticate(c); err != nil {
			return err
		}
	}
	if err := c.Mail(addressOf(s.target.From)); err != nil {
		return err
	}
	for _, to := range s.target.To {
		if err := c.Rcpt(addressOf(to)); err != nil {
			return err
		}
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(message); err != nil {
		return err
	}
	if err := w.Close(); err != nil { // the server may have it all the same
		return &afterData{err}
	}
	_ = c.Quit() // it has the message
	return nil
}

func (s *mailer) authenticate(c *smtp.Client) error {
	if _, ok := c.TLSConnectionState(); !ok && s.host != "localhost" && s.host != "127.0.0.1" {
		return errNoTLS
	}
	_, ways := c.Extension("AUTH")
	offers := strings.Fields(strings.ToUpper(ways))
	switch {
	case slices.Contains(offers, "PLAIN"):
		return c.Auth(smtp.PlainAuth("", s.target.User, s.target.Secret, s.host))
	case slices.Contains(offers, "LOGIN"):
		return c.Auth(loginAuth{s.target.User, s.target.Secret})
	}
	return errNoAuth
}

// loginAuth is AUTH LOGIN, which some servers want in place of PLAIN.
type loginAuth struct{ user, secret string }

func (a loginAuth) Start(*smtp.ServerInfo) (string, []byte, error) { return "LOGIN", nil, nil }

func (a loginAuth) Next(asked []byte, more bool) ([]byte, error) {
	switch {
	case !more:
		return nil, nil
	case strings.HasPrefix(strings.ToLower(string(asked)), "user"):
		return []byte(a.user), nil
	}
	return []byte(a.secret), nil
}

var (
	errNoTLS  = errors.New("the mail server does not offer TLS")
	errNoAuth = errors.New("the mail server takes neither PLAIN nor LOGIN")
)

// afterData is a failure after the whole message was written.
type afterData struct{ error }

func (e *afterData) Unwrap() error { return e.error }

// mailError says what a failure of a mail server means. What the server said is
// not shown: it repeats addresses.
func mailError(err error) error {
	var said *textproto.Error
	var late *afterData
	ambiguous := errors.As(err, &late)
	switch {
	case errors.Is(err, errNoTLS):
		return &Error{Class: BadTarget, Code: "no_tls", Err: errNoTLS}
	case errors.Is(err, errNoAuth):
		return &Error{Class: BadToken, Code: "no_auth", Err: errNoAuth}
	case !errors.As(err, &said):
		return failure(err, ambiguous)
	}
	e := &Error{Code: "smtp_" + strconv.Itoa(said.Code), Err: errors.New("the mail server answered " + strconv.Itoa(said.Code))}
	switch code := said.Code; {
	case code == 530, code == 534, code == 535, code == 538:
		e.Class = BadToken
	case code == 552, code >= 500 && ambiguous:
		e.Class = BadContent
	case code >= 500:
		e.Class = BadTarget
	default:
		e.Ambiguous = ambiguous
	}
	return e
}
