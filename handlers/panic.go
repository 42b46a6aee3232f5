package handlers

import (
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

func panicked(v any) error { return &panicError{v, debug.Stack()} }

func (e *panicError) Error() string { return "the program broke while reading this" }

// LogValue tells the log what broke and where.
func (e *panicError) LogValue() slog.Value {
	return slog.StringValue(fmt.Sprintf("panic: %v\n%s", e.value, e.stack))
}

// recovered turns a panic into a problem, so that one bad request costs one
// answer and no connection.
func recovered(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			v := recover()
			if v == http.ErrAbortHandler {
				panic(v) // asks for exactly that
			}
			if v != nil {
				err = panicked(v)
			}
		}()
		return next(c)
	}
}
