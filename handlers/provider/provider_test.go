package provider

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/lead"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var testNow = time.Date(2026, 11, 25, 9, 15, 0, 0, time.UTC)

// testSecret is one for every provider: some want whsec_ and base64.
const testSecret = "whsec_bGVhZGdhdGUtdGVzdC1zZWNyZXQtMDEyMzQ1"

// TestProviders is the contract of every line of the table.
func TestProviders(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range All() {
		t.Run(p.Name, func(t *testing.T) {
			if seen[p.Name] || p.Name == "" || p.Name != strings.ToLower(p.Name) {
				t.Errorf("name %q is taken or not in lower case", p.Name)
			}
			seen[p.Name] = true
			if p.Title == "" || !strings.HasPrefix(p.Doc, "https://") || p.Touches == nil {
				t.Fatal("a provider has a title, the vendor's page and Touches")
			}
			if (p.Verify == nil) != (p.Sign == nil) {
				t.Error("Verify and Sign belong together")
			}
			if got, ok := Find(p.Name); !ok || got.Name != p.Name {
				t.Errorf("Find(%q) = %v", p.Name, got)
			}
			t.Run("Sample", func(t *testing.T) { checkSample(t, p) })
			t.Run("Rubbish", func(t *testing.T) { checkRubbish(t, p) })
			t.Run("Golden", func(t *testing.T) { checkGolden(t, p) })
			if p.Verify != nil {
				t.Run("Signature", func(t *testing.T) { checkSignature(t, p) })
			}
		})
	}
}

// sampled is a provider's own sample as a request, signed.
func sampled(p Provider, now time.Time, secret string) *Request {
	s := p.Sample(testNow)
	r := request(s.ContentType, string(s.Body))
	r.Now = now
	r.URL, _ = url.Parse("https://leads.example.com/in/test")
	for k, v := range s.Header {
		r.Header.Set(k, v)
	}
	if p.Sign != nil {
		p.Sign(r, secret)
	}
	return r
}

func checkSample(t *testing.T, p Provider) {
	r := sampled(p, testNow, testSecret)
	if left := regexp.MustCompile(`\{[a-z]+(\+\w+)?\}`).Find(r.Body); left != nil {
		t.Errorf("the sample says %s, which nobody fills", left)
	}
	touches, err := p.Touches(r)
	if err != nil || len(touches) == 0 {
		t.Fatalf("Touches = %d touches, %v", len(touches), err)
	}
	for _, x := range touches {
		if !x.Person.Reachable() && !x.NeedsFetch {
			t.Error("a sample is of somebody who can be reached")
		}
		if x.Action == "" || x.At.IsZero() || x.Content == "" || x.Provider != p.Name || x.Source != "test" {
			t.Errorf("incomplete: action %q, at %v, content %q, provider %q, source %q", x.Action, x.At, x.Content, x.Provider, x.Source)
		}
		if x.Person.Email != "" && !strings.HasSuffix(x.Person.Email, ".example") && !strings.Contains(x.Person.Email, "example.") {
			t.Errorf("%s may be somebody's address", x.Person.Email)
		}
	}
}

func checkRubbish(t *testing.T, p Provider) {
	for _, body := range []string{"", " ", "null", "42", `"x"`, "[]", "[1]", "{}", `{"a":`, `{"data":[]}`, `{"payload":null}`, `{"event":{},"payload":[{}],"data":"x"}`, "a=b", "\xff\xfe", strings.Repeat("[", 100)} {
		for _, contentType := range []string{"application/json", "application/x-www-form-urlencoded", ""} {
			r := request(contentType, body)
			r.URL = &url.URL{}
			_, err := p.Touches(r)
			if err != nil && !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrTooLarge) && !errors.Is(err, ErrType) {
				t.Errorf("Touches(%q) = %v, which no handler knows", body, err)
			}
			if p.Reply != nil {
				_, _ = p.Reply(r) // may refuse, must not panic
			}
		}
	}
}

func checkSignature(t *testing.T, p Provider) {
	good := sampled(p, testNow, testSecret)
	if err := p.Verify(good, testSecret); err != nil {
		t.Fatalf("Verify = %v for its own signature", err)
	}
	refuse := func(name string, r *Request, secret string, want error) {
		t.Helper()
		err := p.Verify(r, secret)
		if !errors.Is(err, want) {
			t.Errorf("%s: Verify = %v, want %v", name, err, want)
			return
		}
		for _, told := range []string{testSecret, strings.TrimPrefix(testSecret, "whsec_")} {
			if strings.Contains(err.Error(), told) {
				t.Errorf("%s: the error tells the secret", name)
			}
		}
	}
	refuse("WrongSecret", good, "whsec_bm90LXRoZS1vbmU=", ErrSignature)
	refuse("EmptySecret", good, "", ErrSignature)
	refuse("SignedWithEmpty", sampled(p, testNow, ""), "", ErrSignature)

	s := p.Sample(testNow)
	bare := request(s.ContentType, string(s.Body))
	bare.URL = good.URL
	unsigned := *bare
	if !bytes.Equal(unsigned.Body, good.Body) {
		return // the key travels in the body, which nothing protects
	}
	refuse("Unsigned", bare, testSecret, ErrSignature)
	changed := *good
	changed.Body = append(bytes.Clone(good.Body), '\n')
	if staticHeader(p) {
		return // the key travels in a header
	}
	refuse("TrailingNewline", &changed, testSecret, ErrSignature)
	changed.Body = bytes.Clone(good.Body)
	changed.Body[len(changed.Body)/2] ^= 1
	refuse("OneBitChanged", &changed, testSecret, ErrSignature)

	for name, off := range map[string]time.Duration{"Stale": -25 * time.Hour, "Future": 25 * time.Hour} {
		r := sampled(p, testNow.Add(off), testSecret)
		signsTime := !cmp.Equal(r.Header, good.Header)
		r.Now = testNow
		if signsTime {
			refuse(name, r, testSecret, ErrStale)
		}
	}
}

// staticHeader says that a provider's header does not depend on the body.
func staticHeader(p Provider) bool {
	a, b := request("", "a"), request("", "b")
	a.URL, b.URL = &url.URL{}, &url.URL{}
	p.Sign(a, testSecret)
	p.Sign(b, testSecret)
	return cmp.Equal(a.Header, b.Header)
}

// fixture reads one file of testdata/NAME. A file NAME.header beside it holds
// further headers, one a line.
func fixture(t testing.TB, file string) *Request {
	t.Helper()
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	contentType := "application/json"
	switch filepath.Ext(file) {
	case ".form":
		contentType = "application/x-www-form-urlencoded"
		body = bytes.TrimRight(body, "\n")
	case ".multipart":
		boundary, _, _ := bytes.Cut(bytes.TrimPrefix(body, []byte("--")), []byte("\n"))
		contentType = "multipart/form-data; boundary=" + string(bytes.TrimSpace(boundary))
		body = bytes.ReplaceAll(body, []byte("\n"), []byte("\r\n"))
	}
	r := request(contentType, string(body))
	r.URL, _ = url.Parse("https://leads.example.com/in/test")
	header, err := os.ReadFile(strings.TrimSuffix(file, filepath.Ext(file)) + ".header")
	if err != nil {
		return r
	}
	for l := range strings.Lines(string(header)) {
		if k, v, ok := strings.Cut(strings.TrimSpace(l), ": "); ok {
			r.Header.Set(k, v)
		}
	}
	return r
}

func fixtures(t testing.TB, provider string) []string {
	t.Helper()
	var files []string
	for _, ext := range []string{"json", "form", "multipart"} {
		more, err := filepath.Glob(filepath.Join("testdata", provider, "*."+ext))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range more {
			if !strings.HasPrefix(filepath.Base(file), "sample.") { // checkSample reads it, with its times filled in
				files = append(files, file)
			}
		}
	}
	return files
}

func checkGolden(t *testing.T, p Provider) {
	files := fixtures(t, p.Name)
	if len(files) == 0 {
		t.Fatalf("no payload in testdata/%s", p.Name)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			touches, err := p.Touches(fixture(t, file))
			if err != nil {
				t.Fatal(err)
			}
			got := printed(t, touches)
			golden := strings.TrimSuffix(file, filepath.Ext(file)) + ".golden"
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatalf("%v (make it with go test -update)", err)
			}
			if d := cmp.Diff(string(want), string(got)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// printed is touches as the API shows them, without what the handler sets.
func printed(t *testing.T, touches []lead.Touch) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	for _, x := range touches {
		if err := e.Encode(x); err != nil {
			t.Fatal(err)
		}
	}
	if b.Len() == 0 {
		return []byte("no touch\n")
	}
	return b.Bytes()
}

func TestAtTime(t *testing.T) {
	now := time.Date(2026, 11, 25, 9, 15, 0, 5000, time.UTC)
	for text, want := range map[string]string{
		`"at {now}, {now+36h}"`:            `"at 2026-11-25T09:15:00Z, 2026-11-26T21:15:00Z"`,
		`{instant} {datetime} {date+240h}`: `2026-11-25T09:15:00.000005Z 2026-11-25 09:15:00 2026-12-05`,
		`{us}`:                             `11/25/2026 09:15:00`,
		`["{seconds}","{millis}","{nanos}","s-{unique}"]`: `[1795598100,1795598100000,1795598100000005000,"s-1795598100000005000"]`,
		`{"data":{},"x":"{other}"}`:                       `{"data":{},"x":"{other}"}`,
	} {
		if got := string(atTime([]byte(text), now)); got != want {
			t.Errorf("atTime(%s) = %s, want %s", text, got, want)
		}
	}
}

func TestFind_Unknown(t *testing.T) {
	if p, ok := Find("pigeon"); ok || p != nil {
		t.Errorf("Find = %v, %v", p, ok)
	}
	if got := Names(); len(got) != len(All()) || got[0] != "form" {
		t.Errorf("Names = %v", got)
	}
}

// FuzzTouches throws anything at every provider: no panic, only errors that
// handlers know, and texts that can be printed.
func FuzzTouches(f *testing.F) {
	for i, p := range all {
		for _, file := range fixtures(f, p.Name) {
			r := fixture(f, file)
			f.Add(uint8(i), r.Header.Get("Content-Type"), r.Body)
		}
	}
	f.Fuzz(func(t *testing.T, i uint8, contentType string, body []byte) {
		p := all[int(i)%len(all)]
		r := request(contentType, string(body))
		r.URL = &url.URL{}
		r.Header = http.Header{"Content-Type": {contentType}}
		touches, err := p.Touches(r)
		if err != nil && !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrTooLarge) && !errors.Is(err, ErrType) {
			t.Errorf("%s: Touches = %v", p.Name, err)
		}
		for _, x := range touches {
			for label, value := range x.Fields {
				if !utf8.ValidString(label) || !utf8.ValidString(value) {
					t.Errorf("%s: field %q = %q", p.Name, label, value)
				}
			}
			if !utf8.ValidString(x.Person.Name + x.Message) {
				t.Errorf("%s: %q, %q", p.Name, x.Person.Name, x.Message)
			}
		}
	})
}
