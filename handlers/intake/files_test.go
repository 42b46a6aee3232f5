package intake

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/leadgate/leadgate/handlers/handlertest"
	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/lead"
)

// parts makes a form of parts: "name=value", or "name@file=content".
func parts(fields ...string) string {
	var b strings.Builder
	for _, field := range fields {
		name, value, _ := strings.Cut(field, "=")
		name, file, isFile := strings.Cut(name, "@")
		fmt.Fprintf(&b, "--B\r\nContent-Disposition: form-data; name=%q", name)
		if isFile {
			fmt.Fprintf(&b, "; filename=%q\r\nContent-Type: application/pdf", file)
		}
		b.WriteString("\r\n\r\n" + value + "\r\n")
	}
	return b.String() + "--B--\r\n"
}

const partsType = "multipart/form-data; boundary=B"

// A lead is kept although its attachment is too large for it.
func TestDeliver_LargeFiles(t *testing.T) {
	const limit = 16 << 10
	large := strings.Repeat("x", 3*limit)
	for name, tc := range map[string]struct {
		body, encoding string
		chunked        bool
		code           int
		hint           string
		fields         map[string]string
	}{
		"Last":      {parts("name=Ada", "email=ada@brandt-druck.example", "cv@plan.pdf="+large), "", false, 202, "Kept without files (plan.pdf)", map[string]string{"cv": "plan.pdf (application/pdf, 49152 bytes, not kept)"}},
		"First":     {parts("cv@plan.pdf="+large, "name=Ada", "email=ada@brandt-druck.example"), "", false, 202, "plan.pdf", nil},
		"Two":       {parts("a@one.pdf=x", "b@../two.pdf="+large, "email=ada@brandt-druck.example"), "", false, 202, "(one.pdf, two.pdf)", map[string]string{"a": "one.pdf (application/pdf, 1 bytes, not kept)"}},
		"Chunked":   {parts("email=ada@brandt-druck.example", "cv@plan.pdf="+large), "", true, 202, "plan.pdf", nil},
		"Gzip":      {zip(t, parts("email=ada@brandt-druck.example", "cv@plan.pdf="+large)), "gzip", false, 202, "plan.pdf", nil},
		"CutShort":  {strings.TrimSuffix(parts("email=ada@brandt-druck.example", "cv@plan.pdf="+large), "\r\n--B--\r\n"), "", false, 202, "plan.pdf", map[string]string{"cv": "plan.pdf (application/pdf, not kept)"}},
		"Small":     {parts("email=ada@brandt-druck.example", "cv@plan.pdf=xy"), "", false, 202, "", map[string]string{"cv": "plan.pdf (application/pdf, 2 bytes)"}},
		"Field":     {parts("email=ada@brandt-druck.example", "message="+large), "", false, 413, "", nil},
		"FieldToo":  {parts("cv@plan.pdf="+large, "email=ada@brandt-druck.example", "message="+large), "", false, 413, "", nil},
		"NoPerson":  {parts("cv@plan.pdf=" + large), "", false, 202, "Kept, but not read: no field holds", nil},
		"ManyFiles": {parts(append(strings.Split(strings.Repeat("f@f.pdf=x,", maxFiles+1), ",")[:maxFiles+1], "cv@plan.pdf="+large)...), "", false, 413, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			s, a := testServer(t, testSources, func(o *Options) { o.MaxBody = limit })
			r := httptest.NewRequest(http.MethodPost, "/in/contact", strings.NewReader(tc.body))
			r.Header.Set("Content-Type", partsType)
			if tc.chunked {
				r.ContentLength = -1
			}
			if tc.encoding != "" {
				r.Header.Set("Content-Encoding", tc.encoding)
			}
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, r)
			if w.Code != tc.code {
				t.Fatalf("answer %d %.300s, want %d", w.Code, w.Body, tc.code)
			}
			if tc.code == 413 {
				handlertest.WantProblem(t, w, problem.TooLarge)
				return
			}
			if got := handlertest.Decode(t, w).Hint; !strings.Contains(got, tc.hint) || (got == "") != (tc.hint == "") {
				t.Errorf("hint %q, want %q", got, tc.hint)
			}
			touch := a.touches[0]
			if touch.State == lead.Accepted && touch.Person.Email != "ada@brandt-druck.example" {
				t.Errorf("person %+v", touch.Person)
			}
			for label, want := range tc.fields {
				if touch.Fields[label] != want {
					t.Errorf("%s = %q, want %q", label, touch.Fields[label], want)
				}
			}
			if kept := a.requests[0].Body; len(kept) > limit {
				t.Errorf("%d bytes are kept", len(kept))
			}
			if again, err := s.Reread(a.requests[0]); err != nil || again[0].Person != touch.Person {
				t.Errorf("Reread = %+v, %v", again, err)
			}
		})
	}
	t.Run("Browser", func(t *testing.T) {
		s, _ := testServer(t, testSources, func(o *Options) { o.MaxBody = limit })
		w := post(s, "/in/thanks", partsType, parts("email=ada@brandt-druck.example", "cv@<plan>.pdf="+large), "Accept", asBrowser, "Accept-Language", "nl")
		if w.Code != 200 || !strings.Contains(w.Body.String(), "dit bestand was te groot") || !strings.Contains(w.Body.String(), "&lt;plan&gt;.pdf") {
			t.Errorf("answer %d %s, want a page that names the file", w.Code, w.Body)
		}
	})
	t.Run("Vendor", func(t *testing.T) {
		s, _ := testServer(t, testSources, func(o *Options) { o.MaxBody = limit })
		handlertest.WantProblem(t, post(s, "/in/zoom", partsType, parts("email=ada@brandt-druck.example", "cv@plan.pdf="+large)), problem.TooLarge)
	})
}

func TestWithoutFiles_Errors(t *testing.T) {
	for name, tc := range map[string]struct {
		body     io.Reader
		boundary string
	}{
		"NoParts":     {strings.NewReader("words"), "B"},
		"BadBoundary": {strings.NewReader(parts("a=b")), "B\x00"},
		"Broken":      {io.MultiReader(strings.NewReader(parts("a=b")[:20]), iotest.ErrReader(io.ErrUnexpectedEOF)), "B"},
	} {
		if body, files, err := withoutFiles(tc.body, tc.boundary, 1000); err == nil {
			t.Errorf("%s: %q, %v and no error", name, body, files)
		}
	}
	body, files, err := withoutFiles(io.MultiReader(strings.NewReader(strings.TrimSuffix(parts("a=b", "f@x=y"), "--B--\r\n")+"--B\r\nContent-Disposition: form-data; name=\"c\"\r\n\r\nd"), iotest.ErrReader(io.ErrUnexpectedEOF)), "B", 1000)
	if err != nil || len(files) != 1 || !strings.HasSuffix(string(body), "--B--\r\n") {
		t.Errorf("cut behind a file: %q, %v, %v; want what came before", body, files, err)
	}
}
