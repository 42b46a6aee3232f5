package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"
	"github.com/slack-go/slack"
)

// slackInteraction takes what people press in Slack.
func (s *Server) slackInteraction(c echo.Context) error {
	if err := s.fromSlack(c); err != nil {
		return err
	}
	return c.String(http.StatusOK, "not yet")
}

// slackCommand takes what people type in Slack.
func (s *Server) slackCommand(c echo.Context) error {
	if err := s.fromSlack(c); err != nil {
		return err
	}
	return c.String(http.StatusOK, "not yet")
}

// fromSlack checks that Slack signed the body, within five minutes of now.
func (s *Server) fromSlack(c echo.Context) error {
	body, err := s.readBody(c)
	if err != nil {
		return err
	}
	v, err := slack.NewSecretsVerifier(c.Request().Header, s.o.SlackSecret) // refuses an empty secret
	if err == nil {
		_, _ = v.Write(body) // a hash takes everything
		err = v.Ensure()
	}
	if err != nil {
		return problem{code: badSignature, detail: "Slack's signature is missing, too old or not that of the configured signing secret."}
	}
	return nil
}
