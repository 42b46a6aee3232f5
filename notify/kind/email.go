package kind

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"html/template"
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/message"
	"github.com/leadgate/leadgate/notify/outbound"
)

var emailKind = Kind{
	Name: "email",
	Doc:  "https://www.rfc-editor.org/rfc/rfc6409",
	Check: func(t notify.Target) error {
		if _, _, _, err := parseServer(t.URL); err != nil {
			return err
		}
		if len(t.To) == 0 {
			return errors.New("an email target needs to: addresses that get the mails")
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
	Timeout: mailTimeout,
	Open:    openEmail,
}

const (
	mailMost     = 50   // leads in one message
	rememberMost = 1000 // messages whose progress a mailer keeps
)

// mailer sends messages through a mail server. A reply goes to the lead.
type mailer struct {
	target notify.Target
	env    Env
	server mailServer

	mu   sync.Mutex
	left map[string]progress // by Message-ID, of messages whose attempts failed
}

// progress is what attempts that failed have left behind.
type progress struct {
	accepted []string // recipients that have the message
	unsure   bool     // the server may have taken it without confirming it
}

// parseServer reads smtp://host:587, which changes to TLS once connected, or
// smtps://host:465, which begins with it.
func parseServer(s string) (host string, port int, implicit bool, err error) {
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
	host, port, implicit, err := parseServer(t.URL)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	if !e.AllowPrivate {
		dialer.Control = outbound.PublicOnly
	}
	return &mailer{target: t, env: e, left: map[string]progress{}, server: mailServer{host: host, port: port, implicit: implicit, user: t.User, secret: t.Secret,
		allowPlain: e.AllowPrivate, dialer: dialer, tls: &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12, RootCAs: e.roots}, limits: rfc5321Limits}}, nil
}

func (s *mailer) Most() int { return mailMost }

// Send sends one message. The receipt is its Message-ID, which is the same for
// every attempt, so that mailboxes recognise a repetition, and which later
// messages about the lead refer to.
func (s *mailer) Send(ctx context.Context, alerts []notify.Alert) (string, error) {
	style := s.env.Style
	style.Now = s.env.Now()
	m := message.ComposeAll(alerts, style).Defanged()
	var ids []string
	for _, a := range alerts {
		ids = append(ids, a.ID())
	}
	out := mailMessage{To: s.target.To, From: s.target.From, Subject: m.Header, Date: style.Now, ID: s.messageID(strings.Join(ids, " ")),
		Text: strings.Join(mailLines(m), "\n") + "\n", Body: mailOf(m)}
	if len(alerts) == 1 && m.LeadID != "" {
		out.References = append(out.References, s.messageID("lead "+m.LeadID))
		if thread := alerts[0].Thread; strings.HasPrefix(thread, "<") && strings.HasSuffix(thread, ">") {
			out.InReplyTo, out.References = thread, append(out.References, thread)
		}
	}
	if len(alerts) == 1 && m.Email.Link != "" {
		out.ReplyTo = (&mail.Address{Name: message.Line(message.PersonOf(alerts[0].Lead, alerts[0].Touch).Name, 60), Address: m.Email.Shown}).String()
	}
	return out.ID, s.post(ctx, out)
}

// Alarm sends a message that is about no lead.
func (s *mailer) Alarm(ctx context.Context, a notify.Alarm) error {
	return s.post(ctx, mailMessage{To: s.target.To, From: s.target.From, Subject: a.Title, Date: s.env.Now(), ID: s.messageID(a.Key + a.At.String()),
		Text: strings.Join(nonEmpty(a.Title, a.Text, a.URL), "\n\n") + "\n", Body: mailBody{Header: a.Title, Lines: []string{a.Text}, URL: a.URL, Open: "Open leadgate"}})
}

// messageID is the same for every attempt of the same.
func (s *mailer) messageID(of string) string {
	sum := sha256.Sum256([]byte(of + "/" + s.target.Name))
	from := addressOf(s.target.From)
	return "<" + hex.EncodeToString(sum[:12]) + ".leadgate@" + from[strings.LastIndexByte(from, '@')+1:] + ">"
}

// repeated is the last line of a message that may have arrived before.
const repeated = "You may have this mail already: the mail server did not confirm the first one."

// post sends a message to the recipients that do not have it from an earlier
// attempt. A recipient that is refused for good does not keep the others from it.
func (s *mailer) post(ctx context.Context, m mailMessage) error {
	before := s.progress(m.ID)
	if before.unsure {
		m.Text += "\n" + repeated + "\n"
		m.Body.Lines = append(m.Body.Lines, repeated)
	}
	var b bytes.Buffer
	if err := m.write(&b); err != nil {
		return &notify.Error{Class: notify.BadContent, Code: "unprintable", Err: errors.New("the message could not be written as a mail")}
	}
	var to []string
	for _, a := range m.To {
		if a = addressOf(a); !slices.Contains(before.accepted, a) {
			to = append(to, a)
		}
	}
	refused, err := s.server.deliver(ctx, addressOf(m.From), to, b.Bytes())
	if err != nil {
		failed := mailError(err)
		var e *notify.Error
		if errors.As(failed, &e) && e.Ambiguous {
			before.unsure = true
			s.setProgress(m.ID, before)
		}
		return failed
	}
	for _, r := range refused {
		to = slices.DeleteFunc(to, func(a string) bool { return a == r.to })
	}
	before.accepted = append(before.accepted, to...)
	for _, r := range refused {
		if r.temporary() || len(before.accepted) == 0 {
			s.setProgress(m.ID, before)
			return mailError(r.err)
		}
	}
	if len(refused) > 0 {
		s.env.Logger.Warn("a mail server refuses recipients; the others have the message", "target", s.target.Name, "refused", len(refused), "of", len(m.To), "code", refused[0].err.Code)
	}
	s.setProgress(m.ID, progress{})
	return nil
}

func (s *mailer) progress(id string) progress {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.left[id]
}

// setProgress keeps what an attempt has left behind; losing it costs at worst a
// second copy under the same Message-ID.
func (s *mailer) setProgress(id string, p progress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.left) > rememberMost {
		clear(s.left)
	}
	if delete(s.left, id); p.unsure || len(p.accepted) > 0 {
		s.left[id] = p
	}
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
