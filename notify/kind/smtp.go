package kind

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/smtp"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/outbound"
)

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
		return &notify.Error{Class: notify.BadTarget, Code: "no_tls", Err: errNoTLS}
	case errors.Is(err, errNoAuth):
		return &notify.Error{Class: notify.BadToken, Code: "no_auth", Err: errNoAuth}
	case !errors.As(err, &said):
		return outbound.ErrorOf(err, ambiguous)
	}
	e := &notify.Error{Code: "smtp_" + strconv.Itoa(said.Code), Err: errors.New("the mail server answered " + strconv.Itoa(said.Code))}
	switch code := said.Code; {
	case code == 530, code == 534, code == 535, code == 538:
		e.Class = notify.BadToken
	case code == 552, code >= 500 && ambiguous:
		e.Class = notify.BadContent
	case code >= 500:
		e.Class = notify.BadTarget
	default:
		e.Ambiguous = ambiguous
	}
	return e
}
