package kind

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"net"
	"net/netip"
	"net/textproto"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/outbound"
)

// mailServer is where a mailer delivers to. It speaks SMTP by itself, because
// net/smtp hides the answer to a refused EHLO behind that of HELO, and because
// each command has a time limit of its own.
type mailServer struct {
	host         string
	port         int
	implicit     bool // TLS from the first byte on
	user, secret string
	allowPlain   bool // a server without TLS may get the message, though no password
	dialer       *net.Dialer
	tls          *tls.Config
	limits       smtpLimits
}

// smtpLimits bound the commands of a transaction, never the whole of it.
type smtpLimits struct {
	command time.Duration // one command until its answer
	data    time.Duration // writing the message
	end     time.Duration // the answer to a message that was written in full
}

// A server may examine a message for minutes before it accepts it; giving up on
// it earlier would send the message again while the server delivers it.
// https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.2
var rfc5321Limits = smtpLimits{command: time.Minute, data: 3 * time.Minute, end: 10 * time.Minute}

// mailTimeout bounds an attempt as a whole, for servers that use every limit.
const mailTimeout = 15 * time.Minute

// refusal is a recipient that a server did not accept.
type refusal struct {
	to  string
	err *textproto.Error
}

func (r refusal) temporary() bool { return r.err.Code < 500 }

var (
	errNoTLS  = errors.New("the mail server does not offer TLS")
	errNoAuth = errors.New("the mail server takes neither PLAIN nor LOGIN")
)

// afterData is a failure after the whole message was written.
type afterData struct{ error }

func (e *afterData) Unwrap() error { return e.error }

// deliver makes one transaction and returns the recipients that the server
// refused. The others have the message if there is no error and one is left.
func (m *mailServer) deliver(ctx context.Context, from string, to []string, message []byte) (refused []refusal, err error) {
	s, err := m.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if err := m.prepare(ctx, s); err != nil {
		return nil, err
	}
	if _, err := s.command(ctx, 250, "MAIL FROM:<%s>", from); err != nil {
		return nil, err
	}
	for _, one := range to {
		_, err := s.command(ctx, 25, "RCPT TO:<%s>", one)
		var answer *textproto.Error
		switch {
		case err == nil:
		case errors.As(err, &answer) && answer.Code != 421: // which ends the connection
			refused = append(refused, refusal{one, answer})
		default:
			return nil, err
		}
	}
	if len(refused) == len(to) {
		return refused, nil
	}
	if _, err := s.command(ctx, 354, "DATA"); err != nil {
		return nil, err
	}
	if err := s.send(ctx, message); err != nil {
		return nil, err
	}
	s.limits.command = time.Second
	_, _ = s.command(ctx, 221, "QUIT") // the server has the message whatever it answers
	return refused, nil
}

// prepare greets the server, encrypts the connection and signs in.
func (m *mailServer) prepare(ctx context.Context, s *session) error {
	if _, _, err := s.text.ReadResponse(220); err != nil {
		return err
	}
	if err := s.hello(ctx); err != nil {
		return err
	}
	_, offered := s.offers["STARTTLS"]
	switch {
	case m.implicit:
	case offered:
		if _, err := s.command(ctx, 220, "STARTTLS"); err != nil {
			return err
		}
		s.encrypt(m.tls)
		if err := s.hello(ctx); err != nil {
			return err
		}
	case !m.allowPlain:
		return errNoTLS
	}
	if m.user == "" {
		return nil
	}
	if encrypted := m.implicit || offered; !encrypted && m.host != "localhost" && m.host != "127.0.0.1" {
		return errNoTLS
	}
	return s.authenticate(ctx, m.user, m.secret)
}

// session is a connection to a mail server.
type session struct {
	raw    net.Conn // what deadlines are set on
	text   *textproto.Conn
	name   string            // of this host
	offers map[string]string // extensions with their parameters
	limits smtpLimits
	stop   func() bool
}

func (m *mailServer) dial(ctx context.Context) (*session, error) {
	conn, err := m.dialer.DialContext(ctx, "tcp", net.JoinHostPort(m.host, strconv.Itoa(m.port)))
	if err != nil {
		return nil, err
	}
	hostname, _ := os.Hostname() // without one the address is used
	s := &session{raw: conn, text: textproto.NewConn(conn), name: helloName(hostname, conn.LocalAddr()), limits: m.limits}
	s.stop = context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	s.limit(ctx, m.limits.command)
	if m.implicit {
		s.encrypt(m.tls)
	}
	return s, nil
}

func (s *session) close() {
	s.stop()
	s.text.Close()
}

// helloName is this host's name in its greeting: its full name, else the address
// that the connection comes from.
// https://www.rfc-editor.org/rfc/rfc5321#section-4.1.1.1
func helloName(hostname string, local net.Addr) string {
	name := strings.ToLower(strings.TrimSuffix(hostname, "."))
	if strings.Contains(name, ".") && !strings.HasPrefix(name, "localhost.") && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") == "" {
		return name
	}
	at, err := netip.ParseAddrPort(local.String())
	if err != nil {
		return "[127.0.0.1]"
	}
	a := at.Addr().Unmap().WithZone("")
	if a.Is6() {
		return "[IPv6:" + a.String() + "]"
	}
	return "[" + a.String() + "]"
}

// limit bounds what follows. A context that ends bounds it, too.
func (s *session) limit(ctx context.Context, d time.Duration) {
	s.raw.SetDeadline(time.Now().Add(d))
	if ctx.Err() != nil { // it may have ended before
		s.raw.SetDeadline(time.Unix(1, 0))
	}
}

// command sends one command and reads its answer, whose code must begin with
// want.
func (s *session) command(ctx context.Context, want int, format string, args ...any) (string, error) {
	s.limit(ctx, s.limits.command)
	if err := s.text.PrintfLine(format, args...); err != nil {
		return "", err
	}
	_, answer, err := s.text.ReadResponse(want)
	return answer, err
}

// hello greets the server and reads what it offers. Only a server that does not
// know EHLO is greeted with HELO.
func (s *session) hello(ctx context.Context) error {
	answer, err := s.command(ctx, 250, "EHLO %s", s.name)
	if refused := (*textproto.Error)(nil); errors.As(err, &refused) && (refused.Code == 500 || refused.Code == 502) {
		answer, err = s.command(ctx, 250, "HELO %s", s.name)
	}
	s.offers = map[string]string{}
	for line := range strings.Lines(answer) {
		name, parameters, _ := strings.Cut(strings.TrimSpace(line), " ")
		s.offers[strings.ToUpper(name)] = parameters
	}
	return err
}

// encrypt goes on over TLS; the handshake is made with the next command.
func (s *session) encrypt(c *tls.Config) { s.text = textproto.NewConn(tls.Client(s.raw, c)) }

// authenticate signs in with PLAIN, else with LOGIN, which some servers want.
func (s *session) authenticate(ctx context.Context, user, secret string) error {
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	offers := strings.Fields(strings.ToUpper(s.offers["AUTH"]))
	switch {
	case slices.Contains(offers, "PLAIN"):
		_, err := s.command(ctx, 235, "AUTH PLAIN %s", encode("\x00"+user+"\x00"+secret))
		return err
	case slices.Contains(offers, "LOGIN"):
		if _, err := s.command(ctx, 334, "AUTH LOGIN"); err != nil {
			return err
		}
		if _, err := s.command(ctx, 334, "%s", encode(user)); err != nil {
			return err
		}
		_, err := s.command(ctx, 235, "%s", encode(secret))
		return err
	}
	return errNoAuth
}

// send writes the message and waits until the server has accepted it.
func (s *session) send(ctx context.Context, message []byte) error {
	s.limit(ctx, s.limits.data)
	w := s.text.DotWriter()
	if _, err := w.Write(message); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	s.limit(ctx, s.limits.end)
	if _, _, err := s.text.ReadResponse(250); err != nil {
		return &afterData{err} // the server may have it all the same
	}
	return nil
}

// mailError is what a failure of a mail server means. The server's answer is not
// shown: it repeats addresses.
func mailError(err error) error {
	var answer *textproto.Error
	var late *afterData
	ambiguous := errors.As(err, &late)
	switch {
	case errors.Is(err, errNoTLS):
		return &notify.Error{Class: notify.BadTarget, Code: "no_tls", Err: errNoTLS}
	case errors.Is(err, errNoAuth):
		return &notify.Error{Class: notify.BadToken, Code: "no_auth", Err: errNoAuth}
	case !errors.As(err, &answer):
		return outbound.ErrorOf(err, ambiguous)
	}
	e := &notify.Error{Code: "smtp_" + strconv.Itoa(answer.Code), Err: errors.New("the mail server answered " + strconv.Itoa(answer.Code))}
	switch code := answer.Code; {
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
