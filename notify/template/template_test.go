package template

import (
	"bytes"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"strings"
	"testing"
	"testing/fstest"
	texttemplate "text/template"
	"time"
)

type inner struct{ City string }

type degree float64

func (d degree) String() string { return fmt.Sprintf("%.1f degrees", float64(d)) }

type person struct {
	inner
	Name   string
	Age    int
	Score  float64
	Mail   *string
	Tags   []string
	Fields map[string]string
	Any    any
	Friend *person
	Heat   degree
	At     time.Time
	Nobody *person
	Flag   bool
}

func sample(name string) person {
	mail := "ada@works.example"
	friend := &person{Name: "Grace <b>", Age: 7}
	return person{inner: inner{"Berlin"}, Name: name, Age: 36, Score: 1.5, Mail: &mail, Tags: []string{"x", name, "z"},
		Fields: map[string]string{"b": "2", "a": name, "c": "3"}, Any: 12, Friend: friend, Heat: 36.6,
		At: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Flag: true}
}

var hostile = []string{
	"", "Ada", `<script>alert("x")</script>`, `"><img src=x onerror=alert(1)>`, "' onmouseover='x", "javascript:alert(1)", "JaVaScRiPt:x", "data:text/html,x",
	"https://example.com/a b?c=d&e=ä#f", "mailto:x@y.example", "/l/a%20b%zz", "a\x00b", "\xff\xfe", "&amp; +1 =1", "{{.Name}}", "-->", "</title><b>", "//evil.example", "x:y/z", "\u2028`${x}",
}

// bodies are run as text and compared with text/template.
var bodies = []string{
	`{{.Name}}, {{.Age}} {{.Score}} {{.Mail}} {{.City}} {{.Heat}} {{.Any}} {{.Flag}}`,
	`{{if .Name}}yes{{else if .Age}}age{{else}}no{{end}}{{with .Friend}}{{.Name}}{{end}}{{with .Nobody}}never{{else}}none{{end}}{{with $x := .Age}}{{$x}}{{end}}`,
	`{{range .Tags}}[{{.}}]{{end}}{{range $i, $t := .Tags}}{{$i}}={{$t}};{{end}}{{range $k, $v := .Fields}}{{$k}}={{$v}};{{end}}{{range .Friend.Tags}}x{{else}}empty{{end}}`,
	`{{range $i, $t := .Tags}}{{if eq $i 1}}{{continue}}{{end}}{{$t}}{{if eq $t "z"}}{{break}}{{end}}{{end}}{{range 3}}{{.}}{{end}}`,
	`{{$n := 0}}{{range .Tags}}{{$n = len .}}{{end}}{{$n}} {{len .Tags}} {{index .Tags 0}} {{index .Fields "a"}}`,
	`{{printf "%.2f|%s|%d" .Score .Name .Age}} {{.Age | printf "%03d"}} {{print .Name .Age}} {{(print "a" "b") | len}}`,
	`{{eq .Age 36}} {{ne .Age 36}} {{lt .Age 40}} {{le .Age 36}} {{gt .Score 1.0}} {{ge .Name "A"}} {{eq .Name "x" "Ada"}} {{not .Flag}}`,
	`{{and .Flag .Name}} {{or .Nobody .Age}} {{and true false}} {{or "" "b"}} {{if and .Flag (eq .Age 36)}}both{{end}}`,
	`{{define "one"}}[{{.}}]{{end}}{{template "one" .Name}}{{template "one" .Age}}{{block "two" .}}{{.Name}}{{end}}`,
	`{{/* nothing */}}{{- "trim" -}} {{upper .Name}} {{$.Name}} {{(index .Tags 1)}} {{.Friend.Name}} {{.At}} {{.At.IsZero}} {{if .Friend.At.IsZero}}never{{end}} {{1_000}} {{0x10}} {{'a'}} {{1.5}} {{"q\"\n"}}`,
}

var funcs = map[string]any{"upper": strings.ToUpper, "fails": func() (string, error) { return "", errors.New("no") }, "takes": func(string, int, ...float64) string { return "ok" }}

func TestTemplate_AsTextTemplate(t *testing.T) {
	for _, body := range bodies {
		want := texttemplate.Must(texttemplate.New("t").Funcs(funcs).Parse(body))
		got := Must(New("t").Funcs(funcs).Parse(body))
		for _, name := range hostile {
			var b bytes.Buffer
			if err := want.Execute(&b, sample(name)); err != nil {
				t.Fatalf("%s: %v", body, err)
			}
			if s, err := got.String("t", sample(name)); err != nil || s != b.String() {
				t.Errorf("%s with %q:\n got %q, %v\nwant %q", body, name, s, err, b.String())
			}
		}
	}
}

// pages are compared with html/template.
var pages = append([]string{
	`<p>{{.Name}}</p><title>{{.Name}}</title><textarea>{{.Name}}</textarea>`,
	`<a href="{{.Name}}" title="{{.Name}}">{{.Name}}</a>`,
	`<a href='/l/{{.Name}}?q={{.Name}}#{{.Name}}' data-x='{{.Name}}'>x</a>`,
	`<a href="mailto:{{.Name}}">x</a><a href="tel:{{.Name}}">x</a><a href="{{.Name}}/{{.Name}}">x</a><a href="/?a={{.Name}}&b={{.Age}}">y</a>`,
	`<form action="{{.Name}}" method="post"><input value="{{.Name}}"{{if .Flag}} checked{{end}} name="a{{if .Name}} b{{else}} c{{end}}"></form>`,
	`<img src="{{.Name}}" data-src="{{.Name}}" alt="{{.Name}}"><div hx-sse:connect="{{.Name}}" data-url="/x{{.Name}}"></div>`,
	`<script src="/a.js"></script><style>a > b { content: "<" }</style><p id="t-{{.Name}}">{{range .Tags}}<b title="{{.}}">{{.}}</b>{{end}}</p>`,
	`<script>var a = "<p>";</script><p>{{.Name}}</p>`,
	`<time datetime="{{.At}}" data-ago>{{.Age}}</time><td class="n">{{printf "%+d" .Age}} ms</td>`,
	`<br/><p>{{.Name}}</p><a href = "{{.Name}}">x</a>`,
}, bodies...)

func TestTemplate_AsHTMLTemplate(t *testing.T) {
	for _, page := range pages {
		want := htmltemplate.Must(htmltemplate.New("t").Funcs(funcs).Parse(page))
		got, err := New("t").HTML().Funcs(funcs).Parse(page)
		if err != nil {
			t.Errorf("%s: %v", page, err)
			continue
		}
		for _, name := range hostile {
			var b bytes.Buffer
			if err := want.Execute(&b, sample(name)); err != nil {
				t.Fatalf("%s: %v", page, err)
			}
			if s, err := got.String("t", sample(name)); err != nil || s != b.String() {
				t.Errorf("%s with %q:\n got %q, %v\nwant %q", page, name, s, err, b.String())
			}
		}
	}
}

func TestTemplate_SafeMarkup(t *testing.T) {
	page := Must(New("t").HTML().Parse(`<p title="{{.}}">{{.}}</p>`))
	if s, err := page.String("t", HTML("<b>x</b>")); err != nil || s != `<p title="&lt;b&gt;x&lt;/b&gt;"><b>x</b></p>` {
		t.Errorf("got %s, %v", s, err)
	}
}

func TestTemplate_RefusesUnsafePlaces(t *testing.T) {
	for _, page := range []string{
		`<script>{{.Name}}</script>`, `<style>{{.Name}}</style>`, `<p onclick="{{.Name}}">`, `<p style="{{.Name}}">`, `<p title={{.Name}}>`, `<p {{.Name}}>`,
		`<{{.Name}}>`, `1 < {{.Name}}`, `<!-- {{.Name}} -->`, `<a href="x{{if .Flag}}">{{else}}"{{end}}`, `<a href="{{if .Flag}}/?{{end}}{{.Name}}">`, `<p title="{{template "x"}}">{{define "x"}}{{end}}`,
		`<p title="`, `{{define "x"}}<p {{end}}`, `<iframe srcdoc="{{.Name}}">`, `<img srcset="{{.Name}}">`, `<SCRIPT>{{.Name}}`, `{{range .Tags}}<p {{end}}`,
	} {
		if _, err := New("t").HTML().Funcs(funcs).Parse(page); err == nil {
			t.Errorf("%s is taken", page)
		} else if !strings.Contains(err.Error(), "t:1") && !strings.Contains(err.Error(), "x:1") {
			t.Errorf("%s: %v does not say where", page, err)
		}
	}
}

func TestTemplate_Errors(t *testing.T) {
	for body, want := range map[string]string{
		`{{.Nothing}}`:           "no field Nothing",
		`{{.At.Year}}`:           "methods are not called",
		`{{.Name.X}}`:            "no field X",
		`{{.Heat.IsZero}}`:       "no field IsZero",
		`{{fails}}`:              "no",
		`{{takes 1 2}}`:          "takes string, not int",
		`{{takes "a"}}`:          "does not take 1 arguments",
		`{{takes "a" 1 "b"}}`:    "takes float64, not string",
		`{{range .Flag}}{{end}}`: "range over bool",
		`{{range .Name}}{{end}}`: "range over string",
		`{{template "none"}}`:    "no template",
		`{{define "a"}}{{template "a"}}{{end}}{{template "a"}}`: "more than 1000 times",
		`{{lt .Flag true}}`:  "have an order",
		`{{eq .Tags .Tags}}`: "cannot be compared",
		`{{index .Tags 9}}`:  "no position",
		`{{index .Flag 1}}`:  "has no index",
		`{{len .Age}}`:       "has no length",
		`{{.Name 1}}`:        "no function",
		`{{"x" | .Name}}`:    "no function",
	} {
		tmpl, err := New("t").Funcs(funcs).Parse(body)
		if err != nil {
			t.Errorf("%s: %v", body, err)
			continue
		}
		_, err = tmpl.String("t", sample("Ada"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", body, err, want)
		}
		var e *Error
		if !errors.As(err, &e) || e.Where == "" {
			t.Errorf("%s: %v does not say where", body, err)
		}
	}
	if _, err := New("t").Parse(`{{unknown}}`); err == nil {
		t.Error("an unknown function is taken")
	}
	if _, err := New("t").Parse(`{{if}}`); err == nil {
		t.Error("a broken template is taken")
	}
	if err := New("t").ExecuteTemplate(new(bytes.Buffer), "none", nil); err == nil {
		t.Error("a template that is not there is run")
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestTemplate_WriterFails(t *testing.T) {
	for _, body := range []string{"text", "{{.Name}}"} {
		if err := Must(New("t").Parse(body)).Execute(full{}, sample("Ada")); err == nil || !strings.Contains(err.Error(), "full") {
			t.Errorf("%s: %v, want the writer's error", body, err)
		}
	}
}

func TestTemplate_ParseFSAndClone(t *testing.T) {
	files := fstest.MapFS{"web/layout.html": {Data: []byte(`{{define "layout"}}<h1>{{template "main" .}}</h1>{{end}}`)},
		"web/one.html": {Data: []byte(`{{define "main"}}one{{end}}`)}, "web/two.html": {Data: []byte(`{{define "main"}}two{{end}}`)}}
	layout := Must(New("layout").HTML().ParseFS(files, "web/layout.html"))
	one, two := Must(layout.Clone().ParseFS(files, "web/one.html")), Must(layout.Clone().ParseFS(files, "web/two.html"))
	for want, page := range map[string]*Template{"<h1>one</h1>": one, "<h1>two</h1>": two} {
		if s, err := page.String("layout", nil); err != nil || s != want {
			t.Errorf("got %s, %v, want %s", s, err, want)
		}
	}
	if n := len(one.Templates()); n != 4 { // each file is one, too
		t.Errorf("%d templates, want 4", n)
	}
	for _, pattern := range []string{"web/none*.html", "["} {
		if _, err := layout.Clone().ParseFS(files, pattern); err == nil {
			t.Errorf("%s is taken", pattern)
		}
	}
	later := Must(New("t").Funcs(FuncMap{"label": func() string { return "" }}).Parse(`{{label}}`))
	if s, err := later.Clone().Funcs(FuncMap{"label": func() string { return "now" }}).String("t", nil); err != nil || s != "now" {
		t.Errorf("got %q, %v, want the function that was given last", s, err)
	}
}

func FuzzTemplate_Escapes(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	page := `<a href="{{.}}" title='{{.}}'>{{.}}</a><a href="/x?q={{.}}">`
	want := htmltemplate.Must(htmltemplate.New("t").Parse(page))
	got := Must(New("t").HTML().Parse(page))
	f.Fuzz(func(t *testing.T, s string) {
		var b bytes.Buffer
		if err := want.Execute(&b, s); err != nil {
			t.Fatal(err)
		}
		if out, err := got.String("t", s); err != nil || out != b.String() {
			t.Errorf("%q: got %q, %v, want %q", s, out, err, b.String())
		}
	})
}
