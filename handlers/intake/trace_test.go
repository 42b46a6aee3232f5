package intake

import (
	"net/http"
	"testing"
)

func TestTraceOf(t *testing.T) {
	const good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for in, want := range map[string]string{
		good: good,
		"":   "",
		"00-00000000000000000000000000000000-b7ad6b7169203331-01": "",
		"00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01": "",
		"ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01": "",
		"00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01": "",
		good + "\r\nX-Evil: 1": "",
		good + "-more":         "",
	} {
		if got := traceOf(http.Header{"Traceparent": {in}}); got != want {
			t.Errorf("traceOf(%q) = %q, want %q", in, got, want)
		}
	}
}
