package notify

import "context"

type traceKey struct{}

// Traced lets the calls of a Send belong to the trace of the request that
// brought the lead; parent is that request's traceparent, empty for none.
// https://www.w3.org/TR/trace-context/
func Traced(ctx context.Context, parent string) context.Context {
	return context.WithValue(ctx, traceKey{}, parent)
}
