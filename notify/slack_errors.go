package notify

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"
)

// slackWait is how long to wait when Slack limits us without saying how long.
const slackWait = 30 * time.Second

// slackWords says what Slack's words for a failure mean; what is not listed
// may pass. Web API and incoming webhooks share them.
// https://docs.slack.dev/reference/methods/chat.postMessage#errors
var slackWords = map[string]Error{
	"ratelimited":         {Class: Again, RetryAfter: slackWait},
	"rate_limited":        {Class: Again, RetryAfter: slackWait},
	"internal_error":      {Class: Again, Ambiguous: true},
	"fatal_error":         {Class: Again, Ambiguous: true},
	"request_timeout":     {Class: Again, Ambiguous: true},
	"service_unavailable": {Class: Again},
	"team_added_to_org":   {Class: Again, RetryAfter: 5 * time.Minute},
	"org_login_required":  {Class: Again, RetryAfter: 5 * time.Minute},
	"accesslimited":       {Class: Again, RetryAfter: slackWait},
	"rollup_error":        {Class: Again, Ambiguous: true},

	"channel_not_found":                 {Class: BadTarget},
	"not_in_channel":                    {Class: BadTarget},
	"is_archived":                       {Class: BadTarget},
	"channel_is_archived":               {Class: BadTarget},
	"restricted_action":                 {Class: BadTarget},
	"no_permission":                     {Class: BadTarget},
	"as_user_not_supported":             {Class: BadTarget},
	"action_prohibited":                 {Class: BadTarget},
	"posting_to_general_channel_denied": {Class: BadTarget},
	"user_not_found":                    {Class: BadTarget},
	"no_service":                        {Class: BadTarget},
	"no_active_hooks":                   {Class: BadTarget},
	"no_team":                           {Class: BadTarget},
	"team_disabled":                     {Class: BadTarget},

	"not_authed":               {Class: BadToken},
	"invalid_auth":             {Class: BadToken},
	"account_inactive":         {Class: BadToken},
	"token_revoked":            {Class: BadToken},
	"token_expired":            {Class: BadToken},
	"missing_scope":            {Class: BadToken},
	"ekm_access_denied":        {Class: BadToken},
	"access_denied":            {Class: BadToken},
	"enterprise_is_restricted": {Class: BadToken},
	"invalid_token":            {Class: BadToken},

	"invalid_blocks":          {Class: BadContent},
	"invalid_blocks_format":   {Class: BadContent},
	"msg_too_long":            {Class: BadContent},
	"msg_blocks_too_long":     {Class: BadContent},
	"no_text":                 {Class: BadContent},
	"too_many_attachments":    {Class: BadContent},
	"invalid_arguments":       {Class: BadContent},
	"invalid_charset":         {Class: BadContent},
	"invalid_payload":         {Class: BadContent},
	"invalid_metadata_format": {Class: BadContent},
	"metadata_too_large":      {Class: BadContent},
}

var plainWord = regexp.MustCompile(`^[a-z0-9_]{1,64}$`)

// slackWord is the failure that Slack names with a word. A word that is none is
// not shown: it could be anything.
func slackWord(word string) *Error {
	if !plainWord.MatchString(word) {
		return &Error{Code: "bad_answer", Ambiguous: true, Err: errors.New("slack gave an answer that is none of its own")}
	}
	e := slackWords[word]
	if strings.HasPrefix(word, "restricted_action") {
		e.Class = BadTarget
	}
	e.Code, e.Err = word, errors.New("slack refused the message")
	return &e
}

// threadIsGone says that the message to reply to was deleted or never was.
func threadIsGone(err error) bool {
	var e *Error
	return errors.As(err, &e) && slices.Contains([]string{"thread_not_found", "message_not_found", "invalid_thread_ts", "cannot_reply_to_message"}, e.Code)
}

// slackError is any error of slack-go as ours.
func slackError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	var refused slack.SlackErrorResponse
	if errors.As(err, &refused) {
		return slackWord(refused.Err)
	}
	return &Error{Code: "bad_answer", Ambiguous: true, Err: errors.New("slack's answer could not be read")}
}

// slackStatus is what a status other than 200 of the Web API means: Slack puts
// its refusals into a 200, so this is a proxy or a failure of Slack's, and no
// reason to give a message up.
func slackStatus(resp *http.Response) *Error {
	e := statusError(resp)
	if e.Class == BadContent && resp.StatusCode != http.StatusRequestEntityTooLarge {
		e.Class = BadTarget
	}
	return e
}

// slackRefusal is what a status of an incoming webhook means; its word is the
// body.
func slackRefusal(resp *http.Response) *Error {
	if resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode < 400 {
		return statusError(resp)
	}
	word, _ := io.ReadAll(io.LimitReader(resp.Body, 100)) // cut off: judged by its status
	e, known := slackWords[string(word)]
	if !known {
		return slackStatus(resp)
	}
	e.Code, e.Err = string(word), fmt.Errorf("slack refused the message with status %d", resp.StatusCode)
	return &e
}
