package provider

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// errDeep is a body nested deeper than anything a form or a program sends.
var errDeep = fmt.Errorf("%w: nested deeper than %d", ErrMalformed, maxDepth)

// Meant says whether a body that could not be read, for the reason err, may
// hold what a person meant, so that it is worth keeping. Pictures, bare numbers
// and bodies beyond the bounds are not.
func Meant(r *Request, err error) bool {
	if errors.Is(err, ErrTooLarge) || errors.Is(err, errDeep) {
		return false
	}
	kind, _, _ := strings.Cut(strings.ToLower(r.Header.Get("Content-Type")), "/")
	switch strings.TrimSpace(kind) {
	case "image", "video", "audio", "font":
		return false
	}
	switch strings.TrimSpace(string(r.Body)) {
	case "null", "true", "false":
		return false
	}
	letters, run, longest, controls := 0, 0, 0, 0
	for _, c := range string(r.Body) {
		switch {
		case unicode.IsLetter(c) || c == unicode.ReplacementChar: // or a letter of another charset
			letters++
		case c < ' ' && c != '\t' && c != '\n' && c != '\r':
			controls++
		}
		if !unicode.IsDigit(c) {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	const number = 7 // digits in a row that may be a phone number
	return controls*50 < len(r.Body) && (letters >= 2 || longest >= number)
}
