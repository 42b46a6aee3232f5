package notify

import "context"

var _ Prober = (*slackBot)(nil)

// Probe asks Slack whether the token is good, without posting anything.
// https://docs.slack.dev/reference/methods/auth.test
func (s *slackBot) Probe(ctx context.Context) error {
	if _, err := s.api.AuthTestContext(ctx); err != nil {
		return slackError(err)
	}
	return nil
}
