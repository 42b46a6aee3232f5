package intake

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/leadgate/leadgate/handlers/handlertest"
	"github.com/leadgate/leadgate/handlers/problem"
)

func zip(t *testing.T, s string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, s); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestReadBody(t *testing.T) {
	const limit = 64 << 10
	s, a := testServer(t, testSources, func(o *Options) { o.MaxBody = limit })
	// sized returns a lead of exactly n bytes.
	sized := func(n int) string {
		const head, tail = `{"email":"ada@brandt-druck.example","message":"`, `"}`
		return head + strings.Repeat("a", n-len(head)-len(tail)) + tail
	}
	for name, tc := range map[string]struct {
		body     string
		encoding string
		chunked  bool
		want     int
		code     problem.Code
	}{
		"Small":            {oneLead, "", false, 202, ""},
		"Identity":         {oneLead, "identity", false, 202, ""},
		"AtLimit":          {sized(limit), "", false, 202, ""},
		"OverLimit":        {sized(limit + 1), "", false, 413, problem.TooLarge},
		"ChunkedAtLimit":   {sized(limit), "", true, 202, ""},
		"ChunkedOverLimit": {sized(limit + 1), "", true, 413, problem.TooLarge},
		"Gzip":             {zip(t, oneLead), "gzip", false, 202, ""},
		"GzipChunked":      {zip(t, oneLead), "X-GZIP", true, 202, ""},
		"GzipAtLimit":      {zip(t, sized(limit)), "gzip", false, 202, ""},
		"GzipOverLimit":    {zip(t, sized(limit+1)), "gzip", false, 413, problem.TooLarge},
		"GzipBomb":         {zip(t, sized(31<<20)), "gzip", false, 413, problem.TooLarge},
		"GzipTwice":        {zip(t, zip(t, oneLead)), "gzip, gzip", false, 415, problem.UnsupportedType},
		"GzipInside":       {zip(t, zip(t, oneLead)), "gzip", false, 400, problem.Malformed},
		"GzipCorrupt":      {"\x1f\x8b\x08\x00rubbish", "gzip", false, 400, problem.Malformed},
		"GzipTruncated":    {zip(t, oneLead)[:25], "gzip", false, 400, problem.Malformed},
		"GzipEmpty":        {"", "gzip", false, 400, problem.Malformed},
		"NotGzip":          {oneLead, "gzip", false, 400, problem.Malformed},
		"Snappy":           {oneLead, "snappy", false, 415, problem.UnsupportedType},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(a.touches)
			r := httptest.NewRequest(http.MethodPost, "/in/json", strings.NewReader(tc.body))
			if tc.chunked {
				r.ContentLength = -1
			}
			r.Header.Set("Content-Type", jsonType)
			if tc.encoding != "" {
				r.Header.Set("Content-Encoding", tc.encoding)
			}
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, r)
			if w.Code != tc.want {
				t.Errorf("answer %d %.200s, want %d", w.Code, w.Body, tc.want)
			}
			if tc.code != "" {
				handlertest.WantProblem(t, w, tc.code)
			}
			if got := w.Header().Get("Accept-Encoding"); (got == "gzip") != (tc.want == 415) {
				t.Errorf("Accept-Encoding %q", got)
			}
			if kept := len(a.touches) > before; kept != (tc.want == 202) {
				t.Errorf("kept: %v", kept)
			}
		})
	}
}

// A body that breaks off ends the connection, as what follows it is not a request.
func TestReadBody_BreaksOff(t *testing.T) {
	s, _ := testServer(t, testSources)
	for name, tc := range map[string]struct {
		err  error
		want string
	}{
		"Truncated": {io.ErrUnexpectedEOF, "announced length"},
		"TooSlow":   {os.ErrDeadlineExceeded, "in time"},
		"Broken":    {errors.New("connection reset"), "announced length"},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/in/json", io.MultiReader(strings.NewReader(`{"email":`), iotest.ErrReader(tc.err)))
			r.ContentLength = 100
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, r)
			handlertest.WantProblem(t, w, problem.Malformed)
			if p := handlertest.Decode(t, w); !strings.Contains(p.Detail, tc.want) {
				t.Errorf("detail %q, want %q in it", p.Detail, tc.want)
			}
			if got := w.Header().Get("Connection"); got != "close" {
				t.Errorf("Connection %q, want close", got)
			}
		})
	}
}

// Many who claim a large body and send none must not take the memory for it.
func TestReadUpTo_ClaimsNothing(t *testing.T) {
	body, err := readUpTo(strings.NewReader("short"), 200<<10, 256<<10)
	if err != nil || string(body) != "short" || cap(body) > 2*firstRead {
		t.Errorf("readUpTo = %q with room for %d, %v; want a small buffer", body, cap(body), err)
	}
	body, err = readUpTo(iotest.OneByteReader(strings.NewReader(strings.Repeat("x", 30_000))), -1, 256<<10)
	if err != nil || len(body) != 30_000 {
		t.Errorf("readUpTo of an unknown length = %d bytes, %v; want 30000", len(body), err)
	}
}
