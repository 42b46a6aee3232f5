package slack

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

	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/outbound"
)

// errorWords are Slack's words for failures and what they mean; a word that is not
// listed is temporary. Web API and incoming webhooks share them.
// https://docs.slack.dev/reference/methods/chat.postMessage#errors
var errorWords = map[string]notify.Error{
	"ratelimited":         {Class: notify.Again, RetryAfter: outbound.RateLimitWait},
	"rate_limited":        {Class: notify.Again, RetryAfter: outbound.RateLimitWait},
	"internal_error":      {Class: notify.Again, Ambiguous: true},
	"fatal_error":         {Class: notify.Again, Ambiguous: true},
	"request_timeout":     {Class: notify.Again, Ambiguous: true},
	"service_unavailable": {Class: notify.Again},
	"team_added_to_org":   {Class: notify.Again, RetryAfter: 5 * time.Minute},
	"org_login_required":  {Class: notify.Again, RetryAfter: 5 * time.Minute},
	"accesslimited":       {Class: notify.Again, RetryAfter: outbound.RateLimitWait},
	"rollup_error":        {Class: notify.Again, Ambiguous: true},

	"channel_not_found":                 {Class: notify.BadTarget},
	"not_in_channel":                    {Class: notify.BadTarget},
	"is_archived":                       {Class: notify.BadTarget},
	"channel_is_archived":               {Class: notify.BadTarget},
	"restricted_action":                 {Class: notify.BadTarget},
	"no_permission":                     {Class: notify.BadTarget},
	"as_user_not_supported":             {Class: notify.BadTarget},
	"action_prohibited":                 {Class: notify.BadTarget},
	"posting_to_general_channel_denied": {Class: notify.BadTarget},
	"user_not_found":                    {Class: notify.BadTarget},
	"no_service":                        {Class: notify.BadTarget},
	"no_active_hooks":                   {Class: notify.BadTarget},
	"no_team":                           {Class: notify.BadTarget},
	"team_disabled":                     {Class: notify.BadTarget},

	"not_authed":               {Class: notify.BadToken},
	"invalid_auth":             {Class: notify.BadToken},
	"account_inactive":         {Class: notify.BadToken},
	"token_revoked":            {Class: notify.BadToken},
	"token_expired":            {Class: notify.BadToken},
	"missing_scope":            {Class: notify.BadToken},
	"ekm_access_denied":        {Class: notify.BadToken},
	"access_denied":            {Class: notify.BadToken},
	"enterprise_is_restricted": {Class: notify.BadToken},
	"invalid_token":            {Class: notify.BadToken},

	"invalid_blocks":          {Class: notify.BadContent},
	"invalid_blocks_format":   {Class: notify.BadContent},
	"msg_too_long":            {Class: notify.BadContent},
	"msg_blocks_too_long":     {Class: notify.BadContent},
	"no_text":                 {Class: notify.BadContent},
	"too_many_attachments":    {Class: notify.BadContent},
	"invalid_arguments":       {Class: notify.BadContent},
	"invalid_charset":         {Class: notify.BadContent},
	"invalid_payload":         {Class: notify.BadContent},
	"invalid_metadata_format": {Class: notify.BadContent},
	"metadata_too_large":      {Class: notify.BadContent},
}

var plainWord = regexp.MustCompile(`^[a-z0-9_]{1,64}$`)

// wordError is the failure that a word of Slack's stands for. What is no single
// word is not shown: it could be anything.
func wordError(word string) *notify.Error {
	if !plainWord.MatchString(word) {
		return &notify.Error{Code: "bad_answer", Ambiguous: true, Err: errors.New("slack gave an answer that is none of its own")}
	}
	e := errorWords[word]
	if strings.HasPrefix(word, "restricted_action") {
		e.Class = notify.BadTarget
	}
	e.Code, e.Err = word, errors.New("slack refused the message")
	return &e
}

// threadIsGone reports whether the message to reply to does not exist any more.
func threadIsGone(err error) bool {
	var e *notify.Error
	return errors.As(err, &e) && slices.Contains([]string{"thread_not_found", "message_not_found", "invalid_thread_ts", "cannot_reply_to_message"}, e.Code)
}

// errorOf converts any error of slack-go.
func errorOf(err error) *notify.Error {
	var e *notify.Error
	if errors.As(err, &e) {
		return e
	}
	var refused slack.SlackErrorResponse
	if errors.As(err, &refused) {
		return wordError(refused.Err)
	}
	return &notify.Error{Code: "bad_answer", Ambiguous: true, Err: errors.New("slack's answer could not be read")}
}

// proxyError is what a status other than 200 of the Web API means. Slack puts its
// refusals into a 200, so this comes from a proxy or is a failure of Slack's, and
// no reason to give up a message.
func proxyError(resp *http.Response) *notify.Error {
	e := outbound.StatusError(resp)
	if e.Class == notify.BadContent && resp.StatusCode != http.StatusRequestEntityTooLarge {
		e.Class = notify.BadTarget
	}
	return e
}

// hookError is what a status of an incoming webhook means; its word is the
// body.
func hookError(resp *http.Response) *notify.Error {
	if resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode < 400 {
		return outbound.StatusError(resp)
	}
	word, _ := io.ReadAll(io.LimitReader(resp.Body, 100)) // if it is cut off, the status decides
	e, known := errorWords[string(word)]
	if !known {
		return proxyError(resp)
	}
	e.Code, e.Err = string(word), fmt.Errorf("slack refused the message with status %d", resp.StatusCode)
	return &e
}
