package handlers

// slackSignsIn says whether people can sign in with Slack.
func (s *Server) slackSignsIn() bool { return false }
