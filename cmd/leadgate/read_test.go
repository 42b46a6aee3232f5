package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadgate/leadgate/lead"
)

// runRead runs leadgate read over a payload from standard input.
func runRead(t *testing.T, payload string, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	c := command(nil)
	c.SetArgs(append([]string{"read", "-"}, args...))
	c.SetIn(strings.NewReader(payload))
	c.SetOut(&out)
	c.SetErr(&out)
	err := c.ExecuteContext(t.Context())
	return out.String(), err
}

// squeezed is text with its columns one space apart.
func squeezed(s string) string {
	var lines []string
	for l := range strings.Lines(s) {
		lines = append(lines, strings.Join(strings.Fields(l), " "))
	}
	return strings.Join(lines, "\n")
}

func TestRead(t *testing.T) {
	for _, c := range []struct {
		name, payload string
		args          []string
		want          string
	}{
		{"JSON", ` {"E-Mail":"l@quist.example","Firma":"Quist AS","x":"0170 5550 123","colour":"blue","token":"t"}`,
			[]string{"--header", "Referer: https://www.example.com/"},
			`ROLE PERSON STANDS IN TOUCH
person l@quist.example (outermost) yes

FIELD VALUE LABEL STEP
email l@quist.example E-Mail label
phone 0170 5550 123 x shape
company Quist AS Firma label
- blue colour kept
- - token dropped
page_url https://www.example.com/ Referer around

touch 1 of 1, read as json
who l@quist.example, Quist AS
action contact_form
event -
marks -`},
		{"Form", "email=l%40quist.example&_gotcha=spam", nil,
			`ROLE PERSON STANDS IN TOUCH
person l@quist.example (outermost) yes

FIELD VALUE LABEL STEP
email l@quist.example email label
- - _gotcha dropped

touch 1 of 1, read as form
who l@quist.example
action contact_form
event -
marks honeypot`},
		{"ContentType", "--b\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\nl@quist.example\r\n--b--\r\n",
			[]string{"--content-type", "multipart/form-data; boundary=b"},
			`ROLE PERSON STANDS IN TOUCH
person l@quist.example (outermost) yes

FIELD VALUE LABEL STEP
email l@quist.example email label

touch 1 of 1, read as form
who l@quist.example
action contact_form
event -
marks -`},
		{"Terminal", `{"email":"l@quist.example","na\u001b[31mme":"\u202eLiv\n\u009b2J"}`, nil,
			`ROLE PERSON STANDS IN TOUCH
person l@quist.example (outermost) yes

FIELD VALUE LABEL STEP
email l@quist.example email label
- Liv 2J na [31mme kept

touch 1 of 1, read as json
who l@quist.example
action contact_form
event -
marks -`},
		{"TwoPeople", `{"shipping":{"first_name":"Nils","phone":"0170 5550 124"},"billing":{"name":"Liv Quist","email":"l@quist.example"}}`, nil,
			`ROLE PERSON STANDS IN TOUCH
payer Nils, 0170 5550 124 shipping -
payer Liv Quist, l@quist.example billing yes

FIELD VALUE LABEL STEP
email l@quist.example billing.email label
name Liv Quist billing.name label
- Nils shipping.first_name kept
- 0170 5550 124 shipping.phone kept

touch 1 of 1, read as json
who Liv Quist
action contact_form
event -
marks -`},
		{"NoLead", `{"event":"meeting.ended","payload":{"object":{"id":"7"}}}`, []string{"--provider", "zoom"},
			"no touch: Zoom sends this, and it is about no lead"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := runRead(t, c.payload, c.args...)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, squeezed(out)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestRead_JSON(t *testing.T) {
	out, err := runRead(t, `[{"email":"a@quist.example","message":"\u009b2J \ud83d\ude00 \udb40\udc01"},{"email":"b@quist.example"}]`, "--json")
	if err != nil {
		t.Fatal(err)
	}
	var touches []lead.Touch
	if err := json.Unmarshal([]byte(out), &touches); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if len(touches) != 2 || touches[1].Person.Email != "b@quist.example" || touches[0].ReceivedAt.IsZero() {
		t.Errorf("got %s", out)
	}
	if strings.ContainsAny(out, "\u009b\U000e0001") || !strings.Contains(out, "😀") {
		t.Errorf("not fit for a terminal: %q", out)
	}
	if out, err := runRead(t, `{"event":"meeting.ended"}`, "--json", "--provider", "zoom"); err != nil || strings.TrimSpace(out) != "[]" {
		t.Errorf("no touches printed %q, %v", out, err)
	}
}

func TestRead_File(t *testing.T) {
	file := filepath.Join(t.TempDir(), "payload.json")
	if err := os.WriteFile(file, []byte(`{"email":"l@quist.example"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	c := command(nil)
	c.SetArgs([]string{"read", file})
	c.SetOut(&out)
	if err := c.ExecuteContext(t.Context()); err != nil || !strings.Contains(out.String(), "l@quist.example") {
		t.Errorf("got %v\n%s", err, out.String())
	}
	c.SetArgs([]string{"read", file + ".missing"})
	if err := c.ExecuteContext(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

func TestRead_Errors(t *testing.T) {
	for _, c := range []struct {
		name, payload string
		args          []string
		code          int
		want          string
	}{
		{"Malformed", `{"email":`, nil, exitFailed, "read - as json: malformed body"},
		{"Empty", "", nil, exitFailed, "read - as form: malformed body"},
		{"Type", "x", []string{"--content-type", "image/png"}, exitFailed, "unsupported type"},
		{"Provider", "{}", []string{"--provider", "zoomm"}, exitUsage, `no provider is called "zoomm"`},
		{"Header", "{}", []string{"--header", "Referer"}, exitUsage, "'K: V'"},
		{"Arguments", "{}", []string{"another"}, exitUsage, "accepts 1 arg"},
		{"Flag", "{}", []string{"--sing"}, exitUsage, "unknown flag"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := runRead(t, c.payload, c.args...)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want %q", err, c.want)
			}
			code := exitFailed
			if coded := (*codedError)(nil); errors.As(err, &coded) {
				code = coded.code
			}
			if code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
		})
	}
}
