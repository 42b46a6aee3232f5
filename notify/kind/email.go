package kind

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/message"
	"github.com/leadgate/leadgate/notify/outbound"
)

var emailKind = Kind{
	Name: "email",
	Doc:  "https://www.rfc-editor.org/rfc/rfc6409",
	Check: func(t notify.Target) error {
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
	target   notify.Target
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

func openEmail(t notify.Target, e Env) (notify.Sender, error) {
	host, port, implicit, err := mailServer(t.URL)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	if !e.AllowPrivate {
		dialer.Control = outbound.PublicOnly
	}
	return &mailer{target: t, env: e, host: host, port: port, implicit: implicit, dialer: dialer}, nil
}

func (s *mailer) Most() int { return emailMost }

// Send sends one message. The receipt is its Message-ID, which is the same for
// every attempt, so that mailboxes know a repetition.
func (s *mailer) Send(ctx context.Context, alerts []notify.Alert) (string, error) {
	if len(alerts) == 0 {
		return "", notify.ErrNothing
	}
	style := s.env.Style
	style.Now = s.env.Now()
	m := message.ComposeAll(alerts, style)
	var ids []string
	for _, a := range alerts {
		ids = append(ids, a.Touch.ID)
	}
	l := letter{To: s.target.To, From: s.target.From, Subject: m.Header, Date: s.env.Now(), ID: s.messageID(strings.Join(ids, " ")),
		Text: strings.Join(mailLines(m), "\n") + "\n", Body: mailOf(m)}
	if len(alerts) == 1 && m.Email.Link != "" {
		l.ReplyTo = (&mail.Address{Name: message.Line(message.Person(alerts[0].Lead, alerts[0].Touch).Name, 60), Address: m.Email.Shown}).String()
	}
	return l.ID, s.post(ctx, l)
}

// Alarm sends a message that tells no lead.
func (s *mailer) Alarm(ctx context.Context, a notify.Alarm) error {
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
		return &notify.Error{Class: notify.BadContent, Code: "unprintable", Err: errors.New("the message could not be written as a mail")}
	}
	ctx, cancel := context.WithTimeout(ctx, emailTimeout)
	defer cancel()
	if err := s.deliver(ctx, b.Bytes()); err != nil {
		return mailError(err)
	}
	return nil
}

// letter is a mail: the same as text and as HTML.
type letter struct {
	From, ReplyTo, Subject, ID, Text string
	To                               []string
	Date                             time.Time
	Body                             mailBody
}

// write writes a letter as RFC 5322 has it. No header takes a line break in.
func (l letter) write(w io.Writer) error {
	parts := multipart.NewWriter(w)
	header := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "%s: %s\r\n", name, strings.NewReplacer("\r", "", "\n", "").Replace(value))
		}
	}
	header("Date", l.Date.Format(time.RFC1123Z))
	header("From", encoded(l.From))
	var to []string
	for _, a := range l.To {
		to = append(to, encoded(a))
	}
	header("To", strings.Join(to, ", "))
	header("Reply-To", l.ReplyTo)
	header("Subject", mime.QEncoding.Encode("utf-8", message.Line(l.Subject, 150)))
	header("Message-ID", l.ID)
	header("Auto-Submitted", "auto-generated")
	header("MIME-Version", "1.0")
	header("Content-Type", mime.FormatMediaType("multipart/alternative", map[string]string{"boundary": parts.Boundary()}))
	io.WriteString(w, "\r\n") // an error shows when the parts are written
	if err := part(parts, "text/plain", func(w io.Writer) error { _, err := io.WriteString(w, l.Text); return err }); err != nil {
		return err
	}
	if err := part(parts, "text/html", func(w io.Writer) error { return mailPage.Execute(w, l.Body) }); err != nil {
		return err
	}
	return parts.Close()
}

// encoded is an address whose name may hold any character.
func encoded(s string) string {
	a, err := mail.ParseAddress(s)
	if err != nil {
		return s
	}
	return a.String()
}

func part(to *multipart.Writer, kind string, write func(io.Writer) error) error {
	w, err := to.CreatePart(textproto.MIMEHeader{"Content-Type": {kind + "; charset=utf-8"}, "Content-Transfer-Encoding": {"quoted-printable"}})
	if err != nil {
		return err
	}
	q := quotedprintable.NewWriter(w)
	if err := write(q); err != nil {
		return err
	}
	return q.Close()
}

// mailLines are a message as text.
func mailLines(m message.Message) []string {
	lines := []string{m.Header}
	lines = append(lines, nonEmpty(m.DueLine())...)
	for i, one := range m.Leads {
		lines = append(lines, strconv.Itoa(i+1)+". "+strings.Join(nonEmpty(one.Who+": "+one.Row(), one.Phone.Shown, one.Email.Shown, one.ClaimURL()), "  "))
	}
	lines = append(lines, nonEmpty(m.More, m.Phone.Shown, m.Email.Shown, m.About)...)
	if m.Quote != "" {
		lines = append(lines, "", "> "+strings.ReplaceAll(m.Quote, "\n", "\n> "), "")
	}
	for _, f := range m.Facts {
		lines = append(lines, f.Name+": "+f.Text)
	}
	link := m.ClaimURL()
	if len(m.Leads) > 0 {
		link = m.URL
	}
	return append(lines, nonEmpty(m.Why, m.NextStep, m.Note, link)...)
}

// mailBody is what the HTML of a mail is made of.
type mailBody struct {
	Header, Due, Quote string
	Phone, Email       message.Contact
	Lines              []string
	Facts              []message.Fact
	Leads              []mailLead
	Claim, URL, Open   string
	Call               string // digits
}

type mailLead struct{ Who, What, Contact, URL string }

func mailOf(m message.Message) mailBody {
	b := mailBody{Header: m.Header, Due: m.DueLine(), Quote: m.Quote, Phone: m.Phone, Email: m.Email, Facts: m.Facts, URL: m.URL, Open: "Open lead",
		Lines: nonEmpty(m.More, m.About, m.Why, m.NextStep, m.Note)}
	if url := m.ClaimURL(); url != m.URL && len(m.Leads) == 0 {
		b.Claim = url
	}
	b.Call = strings.TrimPrefix(m.Phone.Link, "tel:")
	if len(m.Leads) > 0 {
		b.Open = "Open the inbox"
	}
	for _, one := range m.Leads {
		b.Leads = append(b.Leads, mailLead{one.Who, one.Row(), strings.Join(nonEmpty(one.Phone.Shown, one.Email.Shown), "  "), one.ClaimURL()})
	}
	return b
}

var mailPage = template.Must(template.New("mail").Parse(`<!doctype html>
<html><body style="font:15px/1.5 system-ui,sans-serif;color:#1d1c1d;max-width:36em">
<h2 style="font-size:18px">{{.Header}}</h2>
{{with .Due}}<p><b>{{.}}</b></p>{{end}}
{{if or .Phone.Shown .Email.Shown}}<p>{{if .Call}}<a href="tel:{{.Call}}">{{.Phone.Shown}}</a>{{else}}{{.Phone.Shown}}{{end}} {{with .Email}}{{if .Link}}<a href="{{.Link}}">{{.Shown}}</a>{{else}}{{.Shown}}{{end}}{{end}}</p>{{end}}
{{with .Quote}}<blockquote style="border-left:3px solid #ddd;margin:0;padding-left:1em;white-space:pre-line">{{.}}</blockquote>{{end}}
{{with .Facts}}<table>{{range .}}<tr><td style="color:#666;padding-right:1em;vertical-align:top">{{.Name}}</td><td>{{.Text}}</td></tr>{{end}}</table>{{end}}
{{with .Leads}}<ol>{{range .}}<li><b>{{.Who}}</b> {{.What}} {{.Contact}}{{with .URL}} <a href="{{.}}">Open</a>{{end}}</li>{{end}}</ol>{{end}}
{{range .Lines}}<p>{{.}}</p>{{end}}
<p>{{with .Claim}}<a href="{{.}}"><b>Claim</b></a> &nbsp; {{end}}{{if .URL}}<a href="{{.URL}}">{{.Open}}</a>{{end}}</p>
</body></html>
`))

func nonEmpty(all ...string) (some []string) {
	for _, s := range all {
		if s != "" {
			some = append(some, s)
		}
	}
	return some
}
