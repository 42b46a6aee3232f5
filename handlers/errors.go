package handlers

import "github.com/leadgate/leadgate/handlers/problem"

// What the parts behind the handlers can say.
var (
	ErrNotFound    = problem.ErrNotFound
	ErrBadQuery    = problem.ErrBadQuery
	ErrUnavailable = problem.ErrUnavailable
	ErrNotDurable  = problem.ErrNotDurable
)
