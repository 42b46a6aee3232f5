package handlers

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/provider"
	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
)

// answerAccepted answers that the touches are durable. Spam is answered the
// same way.
func (s *Server) answerAccepted(c echo.Context, g *source.Endpoint, r *provider.Request, touches []*lead.Touch, status string) error {
	unread := slices.IndexFunc(touches, func(t *lead.Touch) bool { return t.State == lead.Unread })
	if !g.Vendor() && isBrowser(r.Header) {
		if unread >= 0 {
			return s.visitor.mend(c, r, touches[unread])
		}
		return s.answerBrowser(c, g, r.Body)
	}
	if unread == 0 && status == "accepted" {
		status = "unread"
	}
	b := make([]byte, 0, 160+len(s.o.PublicURL)+30*len(touches))
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
	if unread >= 0 && !g.Vendor() {
		b = appendHint(b, g, r, touches, unread)
	}
	return answer(c, cmp.Or(g.Format.Accepts, http.StatusOK), append(b, '}'))
}

// appendHint tells a program why a touch is unread, and which fields there were.
func appendHint(b []byte, g *source.Endpoint, r *provider.Request, touches []*lead.Touch, unread int) []byte {
	hint := "Kept, but not read: " + touches[unread].Error + "."
	if len(touches) > 1 {
		hint = fmt.Sprintf("Lead %d of %d is kept, but not read: %s.", unread+1, len(touches), touches[unread].Error)
	}
	var fields []string
	if touches[unread].Error == noContactError {
		fields = provider.Labels(g.Format, r)
		hint += " Name one email or phone, or map it with fields: in the source's settings."
	}
	more, err := json.Marshal(struct {
		Hint   string   `json:"hint"`
		Fields []string `json:"fields,omitempty"`
	}{hint, fields})
	if err != nil {
		panic(err) // strings
	}
	return append(append(b, ','), more[1:len(more)-1]...)
}

// answer writes JSON that is known to be valid.
func answer(c echo.Context, status int, body []byte) error {
	return c.Blob(status, "application/json", body)
}

// isBrowser says whether a person looks at the answer, and not a script.
func isBrowser(h http.Header) bool {
	return strings.Contains(h.Get("Accept"), "text/html") && h.Get("X-Requested-With") == ""
}

// answerBrowser sends a visitor on, or thanks.
func (s *Server) answerBrowser(c echo.Context, g *source.Endpoint, body []byte) error {
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
