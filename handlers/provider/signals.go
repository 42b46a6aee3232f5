package provider

import (
	"strings"
	"unicode"
)

// signal is what the label of a value that is nobody's detail may tell: that
// something happened, or that all of it is a test.
type signal uint8

const (
	signalHappened signal = 1 << iota // names what happened: event, status
	signalFlag                        // is what happened, when true: cancelled
	signalTest                        // is a test when true
	signalLive                        // is a test when false
	signalMode                        // names a mode: test, production
	signalStart                       // when what was booked begins
)

// signals are those labels, in each way in which programs write names, so that
// most labels of a body cost one look.
var signals = func() map[string]signal {
	m := make(map[string]signal, 1500)
	for _, list := range signalLists {
		for label := range strings.SplitSeq(list.labels, ",") {
			words := strings.Fields(label)
			for _, name := range styles(words) {
				m[name] |= list.signal
			}
		}
	}
	return m
}()

var signalLists = []struct {
	signal signal
	labels string
}{
	{signalHappened, `event, event type, event name, type, trigger, trigger event, trigger type, trigger name, action, notification type, notification, status, state, attendance, attendance status, registration status, booking status, appointment status, meeting status, webinar status, attendee status, participation, outcome, result, topic type, webhook event, webhook type, object action, change type, kind, message type, update type`},
	{signalFlag, `canceled, cancelled, is canceled, is cancelled, was canceled, was cancelled, rescheduled, is rescheduled, no show, noshow, is no show, missed, attended, has attended, did attend, was present, left early, registered, checked in`},
	{signalTest, `test, is test, test lead, is test lead, test mode, testmode, testing, test submission, is test submission, test event, is test event, sandbox, is sandbox, dummy, is dummy, simulated, is simulated, test request, test webhook, is sample, preview, is preview`},
	{signalLive, `live, livemode, live mode, is live, production, is production`},
	{signalMode, `mode, form mode, env, environment, lead type, submission type, delivery type, run mode, execution mode`},
	{signalStart, `datetime, date time, when, when utc, appointment date, appointment time, appointment at, booking date, booking time, start date, starts, meeting date, session date, slot, scheduled start, start`},
}

// styles are the ways to write a name of some words: event_type, eventType,
// event-type, EventType, Event Type, EVENT_TYPE, event type, Event type.
func styles(words []string) []string {
	title := make([]string, len(words))
	for i, word := range words {
		title[i] = strings.ToUpper(word[:1]) + word[1:]
	}
	camel := words[0] + strings.Join(title[1:], "")
	space := strings.Join(words, " ")
	return []string{space, strings.Join(words, "_"), strings.Join(words, "-"), strings.Join(words, ""), camel, strings.Join(title, ""), strings.Join(title, " "),
		strings.Join(title, "_"), strings.Join(title, "-"), strings.ToUpper(strings.Join(words, "_")), strings.ToUpper(space), strings.ToUpper(strings.Join(words, "")), strings.ToUpper(strings.Join(words, "-")), title[0] + space[len(words[0]):]}
}

// told is a short value of a signal as words; empty if it is not short.
func told(value string) string {
	if len(value) > 60 || strings.Count(value, " ") > 4 || !strings.ContainsFunc(value, unicode.IsLetter) {
		return ""
	}
	return normalText(value)
}
