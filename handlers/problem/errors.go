package problem

import "errors"

// What the parts behind the handlers return, for Of to recognise.
var (
	ErrNotFound    = errors.New("not found")
	ErrBadQuery    = errors.New("bad query") // a cursor that is none of its own
	ErrUnavailable = errors.New("unavailable")
	ErrNotDurable  = errors.New("not durable") // nothing is kept, and the sender should come again
)
