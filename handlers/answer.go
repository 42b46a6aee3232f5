package handlers

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/provider"
	"github.com/leadgate/leadgate/lead"
)

// answerAccepted tells the sender that its touches are durable. Spam is told
// the same.
func (s *Server) answerAccepted(c echo.Context, g *gate, body []byte, touches []*lead.Touch, status string) error {
	if !g.vendor() && isBrowser(c.Request().Header) {
		return s.answerBrowser(c, g, body)
	}
	if touches[0].State == lead.Unread && status == "accepted" {
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
	b = append(b, `"}`...)
	return answer(c, cmp.Or(g.provider.Accepts, http.StatusOK), b)
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
func (s *Server) answerBrowser(c echo.Context, g *gate, body []byte) error {
	if next := g.nextPage(c.Request().Header, body); next != "" {
		return c.Redirect(http.StatusSeeOther, next)
	}
	h := c.Response().Header()
	h.Set("Content-Security-Policy", s.thanks.policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	return c.HTMLBlob(http.StatusOK, s.thanks.page)
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
