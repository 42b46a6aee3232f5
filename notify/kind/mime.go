package kind

import (
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
	"time"
)

// mailMessage is a mail: the same as text and as HTML.
type mailMessage struct {
	From, ReplyTo, Subject, ID, Text string
	To                               []string
	InReplyTo                        string   // id of the mail that this one follows; empty: none
	References                       []string // ids of what it belongs to, the oldest first
	Date                             time.Time
	Body                             mailBody
}

// write writes a mail as RFC 5322 has it.
func (m mailMessage) write(w io.Writer) error {
	parts := multipart.NewWriter(w)
	header := func(name, value string) {
		if value != "" {
			io.WriteString(w, folded(name, value)) // an error shows when the parts are written
		}
	}
	header("Date", m.Date.Format(time.RFC1123Z))
	header("From", encoded(m.From))
	var to []string
	for _, a := range m.To {
		to = append(to, encoded(a))
	}
	header("To", strings.Join(to, ", "))
	header("Reply-To", m.ReplyTo)
	header("Subject", encodedText(m.Subject))
	header("Message-ID", m.ID)
	header("In-Reply-To", m.InReplyTo)
	header("References", strings.Join(m.References, " "))
	header("Auto-Submitted", "auto-generated")
	header("MIME-Version", "1.0")
	header("Content-Type", mime.FormatMediaType("multipart/alternative", map[string]string{"boundary": parts.Boundary()}))
	io.WriteString(w, "\r\n")
	if err := part(parts, "text/plain", func(w io.Writer) error { _, err := io.WriteString(w, m.Text); return err }); err != nil {
		return err
	}
	if err := part(parts, "text/html", func(w io.Writer) error { return mailPage.Execute(w, m.Body) }); err != nil {
		return err
	}
	return parts.Close()
}

// foldAt is the longest line of a header with encoded words; servers refuse
// lines of more than 998 characters.
// https://www.rfc-editor.org/rfc/rfc2047#section-2
const foldAt = 76

// folded is a header, broken between words into lines of at most foldAt
// characters where that is possible. Line breaks in the value are removed.
func folded(name, value string) string {
	var b strings.Builder
	b.WriteString(name + ":")
	n := b.Len()
	for i, word := range strings.Split(strings.NewReplacer("\r", "", "\n", "").Replace(value), " ") {
		if n+1+len(word) > foldAt && word != "" && (i > 0 || 1+len(word) <= foldAt) {
			b.WriteString("\r\n")
			n = 0
		}
		b.WriteString(" " + word)
		n += 1 + len(word)
	}
	return b.String() + "\r\n"
}

// encodedText is text of any characters in a header, in the shorter encoding.
func encodedText(s string) string {
	q, b := mime.QEncoding.Encode("utf-8", s), mime.BEncoding.Encode("utf-8", s)
	if len(b) < len(q) {
		return b
	}
	return q
}

// encoded is an address whose name may hold any character.
func encoded(s string) string {
	a, err := mail.ParseAddress(s)
	if err != nil {
		return s // Check has refused it
	}
	return a.String()
}

// addressOf is an address without the name before it.
func addressOf(s string) string {
	a, err := mail.ParseAddress(s)
	if err != nil {
		return s
	}
	return a.Address
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
	if err := q.Close(); err != nil {
		return fmt.Errorf("write the part %s: %w", kind, err)
	}
	return nil
}
