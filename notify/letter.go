package notify

import (
	"fmt"
	"html/template"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strconv"
	"strings"
	"time"
)

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
	header("Subject", mime.QEncoding.Encode("utf-8", line(l.Subject, 150)))
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
func mailLines(m Message) []string {
	lines := []string{m.Header}
	lines = append(lines, nonEmpty(dueLine(m))...)
	for i, one := range m.Leads {
		lines = append(lines, strconv.Itoa(i+1)+". "+strings.Join(nonEmpty(one.Who+": "+rowOf(one), one.Phone.Shown, one.Email.Shown, claimURL(one)), "  "))
	}
	lines = append(lines, nonEmpty(m.More, m.Phone.Shown, m.Email.Shown, m.About)...)
	if m.Quote != "" {
		lines = append(lines, "", "> "+strings.ReplaceAll(m.Quote, "\n", "\n> "), "")
	}
	for _, f := range m.Facts {
		lines = append(lines, f.Name+": "+f.Text)
	}
	link := claimURL(m)
	if len(m.Leads) > 0 {
		link = m.URL
	}
	return append(lines, nonEmpty(m.Why, m.NextStep, m.Note, link)...)
}

// mailBody is what the HTML of a mail is made of.
type mailBody struct {
	Header, Due, Quote string
	Phone, Email       Contact
	Lines              []string
	Facts              []Fact
	Leads              []mailLead
	Claim, URL, Open   string
	Call               string // digits
}

type mailLead struct{ Who, What, Contact, URL string }

func mailOf(m Message) mailBody {
	b := mailBody{Header: m.Header, Due: dueLine(m), Quote: m.Quote, Phone: m.Phone, Email: m.Email, Facts: m.Facts, URL: m.URL, Open: "Open lead",
		Lines: nonEmpty(m.More, m.About, m.Why, m.NextStep, m.Note)}
	if url := claimURL(m); url != m.URL && len(m.Leads) == 0 {
		b.Claim = url
	}
	b.Call = strings.TrimPrefix(m.Phone.Link, "tel:")
	if len(m.Leads) > 0 {
		b.Open = "Open the inbox"
	}
	for _, one := range m.Leads {
		b.Leads = append(b.Leads, mailLead{one.Who, rowOf(one), strings.Join(nonEmpty(one.Phone.Shown, one.Email.Shown), "  "), claimURL(one)})
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
