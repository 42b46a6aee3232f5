package handlers

import (
	"net/http"
	"regexp"
	"strings"
)

// traceparent is version 00 of the header; later ones begin in the same way and
// may say more.
// https://www.w3.org/TR/trace-context/#traceparent-header
var traceparent = regexp.MustCompile(`^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$`)

// traceOf is the trace that a request belongs to; empty if it belongs to none,
// or says so in a form that is none.
func traceOf(h http.Header) string {
	v := h.Get("Traceparent")
	m := traceparent.FindStringSubmatch(v)
	if m == nil || strings.HasPrefix(v, "ff") || strings.Trim(m[1], "0") == "" || strings.Trim(m[2], "0") == "" {
		return ""
	}
	return v
}
