package intake

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/provider"
	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
)

// answerAccepted answers that the touches are durable, though without files that
// were too large. Spam is answered the same way.
func (s *Intake) answerAccepted(c echo.Context, g *source.Endpoint, r *provider.Request, touches []*lead.Touch, files []string, status string) error {
	unread := slices.IndexFunc(touches, func(t *lead.Touch) bool { return t.State == lead.Unread })
	if !g.Vendor() && source.IsBrowser(r.Header) {
		if unread >= 0 {
			return s.visitor.mend(c, r, touches[unread])
		}
		if len(files) > 0 {
			return s.visitor.thankWithout(c, files)
		}
		return s.answerBrowser(c, g, r.Body)
	}
	if unread == 0 && status == "accepted" {
		status = "unread"
	}
	b := make([]byte, 0, 160+len(s.o.Public.String())+30*len(touches))
	b = append(b, `{"id":"`...)
	b = append(b, touches[0].ID...)
	if len(touches) > 1 {
		b = append(b, `","ids":["`...)
		for i, t := range touches {
			if i > 0 {
				b = append(b, `","`...)
			}
			b = append(b, t.ID...)
		}
		b = append(b, `"],"status":"`...)
	} else {
		b = append(b, `","status":"`...)
	}
	b = append(b, status...)
	b = append(b, `","inbox":"`...)
	b = append(b, s.inbox...)
	b = append(b, touches[0].ID...)
	b = append(b, '"')
	if hint, fields := s.hint(g, r, touches, files, unread); hint != "" {
		b = appendHint(b, hint, fields)
	}
	return answer(c, cmp.Or(g.Format.Accepts, http.StatusOK), append(b, '}'))
}

// hint tells a program why a touch is unread and which fields there were, and
// which files are not kept. Empty: there is nothing to tell.
func (s *Intake) hint(g *source.Endpoint, r *provider.Request, touches []*lead.Touch, files []string, unread int) (hint string, fields []string) {
	if unread >= 0 && !g.Vendor() {
		hint = "Kept, but not read: " + touches[unread].Error + "."
		if len(touches) > 1 {
			hint = fmt.Sprintf("Lead %d of %d is kept, but not read: %s.", unread+1, len(touches), touches[unread].Error)
		}
		if touches[unread].Error == noContactError {
			fields = provider.Labels(g.Format, r)
			hint += " Name one email or phone, or map it with fields: in the source's settings."
		}
	}
	if len(files) > 0 {
		hint += fmt.Sprintf(" Kept without files (%s): a request holds at most %d bytes.", strings.Join(files, ", "), s.o.MaxBody)
	}
	return strings.TrimSpace(hint), fields
}

func appendHint(b []byte, hint string, fields []string) []byte {
	more, err := json.Marshal(struct {
		Hint   string   `json:"hint"`
		Fields []string `json:"fields,omitempty"`
	}{hint, fields})
	if err != nil {
		panic(err) // strings
	}
	return append(append(b, ','), more[1:len(more)-1]...)
}

// answerBrowser sends a visitor on, or thanks.
func (s *Intake) answerBrowser(c echo.Context, g *source.Endpoint, body []byte) error {
	if next := g.NextPage(c.Request().Header, body); next != "" {
		return c.Redirect(http.StatusSeeOther, next)
	}
	return s.visitor.thank(c)
}

// answerReply answers a handshake with what the provider says, as what it says
// it is: some of it is an echo, which must never be taken for a page.
func answerReply(c echo.Context, r *provider.Reply, err error) error {
	if err != nil {
		return err
	}
	h := c.Response().Header()
	for key, value := range r.Header {
		h.Set(key, value)
	}
	h.Set("X-Content-Type-Options", "nosniff")
	return c.Blob(cmp.Or(r.Status, http.StatusOK), cmp.Or(r.ContentType, "text/plain; charset=utf-8"), r.Body)
}

// answer writes JSON that is known to be valid.
func answer(c echo.Context, status int, body []byte) error {
	return c.Blob(status, "application/json", body)
}

// CountRefusal counts and logs a delivery that was refused.
func (s *Intake) CountRefusal(r *http.Request, p problem.Problem) {
	name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/in/"), "/")
	name = s.o.Sources.Refused(name, p.Code)
	if p.Code == problem.Internal || p.Code == problem.NotDurable {
		s.breakages.Do(func() {
			s.o.Logger.Error("delivery not kept", "source", name, "why", string(p.Code), "error", p.Because)
		})
		return
	}
	s.refusals.Do(func() { s.o.Logger.Info("delivery refused", "source", name, "why", string(p.Code)) })
}

// RefuseVisitor answers a refusal with a page if a visitor's browser posted a
// form to a source of forms.
func (s *Intake) RefuseVisitor(c echo.Context, p problem.Problem) bool {
	return s.visits(c.Request()) && s.visitor.refuse(c, p) == nil
}
