package problem

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/labstack/echo/v4"
)

// panicError is a panic that was caught. What it says of itself is for anybody;
// the value and the place are for the log.
type panicError struct {
	value any
	stack []byte
}

// Panicked makes an error of what recover returned.
func Panicked(v any) error { return &panicError{v, debug.Stack()} }

// IsPanic says whether err comes from a panic.
func IsPanic(err error) bool {
	_, ok := errors.AsType[*panicError](err)
	return ok
}

func (e *panicError) Error() string { return "the program broke while reading this" }

// LogValue tells the log what broke and where.
func (e *panicError) LogValue() slog.Value {
	return slog.StringValue(fmt.Sprintf("panic: %v\n%s", e.value, e.stack))
}

// Recovered turns a panic into a problem, so that one bad request costs one
// answer and no connection.
func Recovered(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			v := recover()
			if v == http.ErrAbortHandler {
				panic(v) // asks for exactly that
			}
			if v != nil {
				err = Panicked(v)
			}
		}()
		return next(c)
	}
}
