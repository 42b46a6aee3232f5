package handlers

import (
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/leadgate/leadgate/handlers/api"
	"github.com/leadgate/leadgate/handlers/intake"
	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/lead/ops"
)

var update = flag.Bool("update", false, "rewrite the schemas in openapi.yaml")

// described are the types whose schemas are written from the code, and through
// them all that they are made of.
var described = []any{lead.Lead{}, lead.Touch{}, lead.LeadPage{}, lead.TouchPage{}, lead.Books{}, lead.News{}, api.SpeedReport{}, api.FunnelReport{}, api.BooksReport{},
	ops.Machinery{}, ops.Task{}, session.Credential{}, api.AuditPage{}, lead.Staff{}, lead.Run{}, lead.Export{}, ops.Finding{}, source.State{},
	api.TouchDelivery{}, intake.ImportedRow{}, lead.Explanation{}, lead.Rehearsal{}, lead.Reclassified{}, lead.Turn{}}

const generatedBelow = "    # What follows is written by go test ./handlers -run TestOpenAPI -update, from the types and their comments.\n"

// The schemas are those of the types: no field is missing, none is left over.
func TestOpenAPI_Schemas(t *testing.T) {
	written, _, ok := strings.Cut(string(openAPI), generatedBelow)
	if !ok {
		t.Fatalf("openapi.yaml has no line %q", generatedBelow)
	}
	want := written + generatedBelow + newSchemas(t).write(described)
	if *update {
		if err := os.WriteFile("openapi.yaml", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(openAPI)); diff != "" {
		t.Errorf("run go test ./handlers -run TestOpenAPI -update (-want +got):\n%s", diff)
	}
}

// schemas writes JSON Schemas of Go types, with their comments.
type schemas struct {
	comments map[string]string // package.Type or package.Type.Field
	queue    []reflect.Type
	known    map[string]bool
}

func newSchemas(t *testing.T) *schemas {
	t.Helper()
	s := &schemas{comments: map[string]string{}, known: map[string]bool{}}
	for _, dir := range []string{".", "session", "source", "intake", "api", "../lead", "../lead/ops"} {
		noTests := func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			info, err := e.Info()
			if err != nil || !strings.HasSuffix(e.Name(), ".go") || !noTests(info) {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), dir+"/"+e.Name(), nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			s.read(f)
		}
	}
	return s
}

// read takes down what a file says of its types and their fields.
func (s *schemas) read(f *ast.File) {
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range g.Specs {
			t, ok := spec.(*ast.TypeSpec)
			if !ok {
				continue
			}
			s.comments[f.Name.Name+"."+t.Name.Name] = strings.Join(strings.Fields(g.Doc.Text()), " ")
			st, ok := t.Type.(*ast.StructType)
			if !ok {
				continue
			}
			for _, field := range st.Fields.List {
				for _, name := range field.Names {
					s.comments[f.Name.Name+"."+t.Name.Name+"."+name.Name] = strings.Join(strings.Fields(field.Comment.Text()), " ")
				}
			}
		}
	}
}

func (s *schemas) write(roots []any) string {
	for _, r := range roots {
		s.name(reflect.TypeOf(r))
	}
	written := map[string]string{}
	for len(s.queue) > 0 {
		t := s.queue[0]
		s.queue = s.queue[1:]
		written[schemaName(t)] = s.object(t)
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(written)) {
		b.WriteString(written[name])
	}
	return b.String()
}

// name refers to a type, and has it written.
func (s *schemas) name(t reflect.Type) string {
	if name := schemaName(t); !s.known[name] {
		s.known[name] = true
		s.queue = append(s.queue, t)
	}
	return "$ref: '#/components/schemas/" + schemaName(t) + "'"
}

// schemaName is the name of a type, with its package where that alone says little.
func schemaName(t reflect.Type) string {
	if t == reflect.TypeFor[source.State]() {
		return "SourceState"
	}
	return t.Name()
}

func (s *schemas) object(t reflect.Type) string {
	var required []string
	fields := s.fields(t, &required)
	out := fmt.Sprintf("    %s:\n      type: object\n      additionalProperties: false\n", schemaName(t))
	if c := s.comments[t.String()]; c != "" {
		out += fmt.Sprintf("      description: %q\n", c)
	}
	if len(required) > 0 {
		out += "      required: [" + strings.Join(required, ", ") + "]\n"
	}
	return out + "      properties:\n" + fields
}

func (s *schemas) fields(t reflect.Type, required *[]string) string {
	var b strings.Builder
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			b.WriteString(s.fields(f.Type, required))
			continue
		case !f.IsExported() || name == "-":
			continue
		case options == "":
			*required = append(*required, name)
		}
		about := ""
		if c := s.comments[t.String()+"."+f.Name]; c != "" {
			about = fmt.Sprintf(", description: %q", c)
		}
		fmt.Fprintf(&b, "        %s: {%s%s}\n", name, s.schema(f.Type), about)
	}
	return b.String()
}

func (s *schemas) schema(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return "type: string, format: date-time"
	case t == reflect.TypeFor[lead.Temperature](), t == reflect.TypeFor[lead.Stage]():
		return "$ref: '#/components/schemas/" + t.Name() + "'"
	case t.Implements(reflect.TypeFor[interface{ MarshalText() ([]byte, error) }]()):
		return "type: string"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.schema(t.Elem())
	case reflect.Struct:
		return s.name(t)
	case reflect.Interface:
		return ""
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "type: string, contentEncoding: base64"
		}
		return "type: array, items: {" + s.schema(t.Elem()) + "}"
	case reflect.Map:
		return "type: object, additionalProperties: {" + s.schema(t.Elem()) + "}"
	case reflect.String:
		return "type: string"
	case reflect.Bool:
		return "type: boolean"
	case reflect.Float64:
		return "type: number"
	case reflect.Int, reflect.Int64:
		return "type: integer"
	}
	panic("no schema for " + t.String())
}

// document is what the tests look at of openapi.yaml.
type document struct {
	OpenAPI string `json:"openapi"`
	Paths   map[string]map[string]struct {
		OperationID string           `json:"operationId"`
		Security    *[]any           `json:"security"`
		Parameters  []parameter      `json:"parameters"`
		Body        *body            `json:"requestBody"`
		Responses   map[string]*body `json:"responses"`
	} `json:"paths"`
}

type parameter struct {
	Name, In string
	Required bool
	Example  any
	Schema   struct {
		Enum    []string
		Default any
	}
}

type body struct {
	Ref     string `json:"$ref"`
	Content map[string]struct {
		Schema  json.RawMessage
		Example any
	}
}

// example is what to send, and its type: JSON where there is an example of it,
// else text.
func (b *body) example(t *testing.T) (payload, kind string) {
	t.Helper()
	kind = "application/json"
	if b.Content[kind].Example == nil {
		for kind = range b.Content {
			text, _ := b.Content[kind].Example.(string)
			return text, kind
		}
	}
	asJSON, err := json.Marshal(b.Content[kind].Example)
	if err != nil {
		t.Fatal(err)
	}
	return string(asJSON), kind
}

func readOpenAPI(t *testing.T) (doc document, raw any) {
	t.Helper()
	asJSON, err := yaml.YAMLToJSON(openAPI)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(asJSON, &doc); err != nil {
		t.Fatal(err)
	}
	if raw, err = jsonschema.UnmarshalJSON(strings.NewReader(string(asJSON))); err != nil {
		t.Fatal(err)
	}
	if doc.OpenAPI != "3.1.0" {
		t.Fatalf("openapi: %s, want 3.1.0", doc.OpenAPI)
	}
	return doc, raw
}

var echoParam = regexp.MustCompile(`:(\w+)`)

// forPrograms says whether a route is described: all but the pages for people.
func forPrograms(path string) bool {
	return strings.HasPrefix(path, "/api/") || strings.HasPrefix(path, "/in/") || strings.HasPrefix(path, "/slack/") ||
		slices.Contains([]string{"/healthz", "/readyz", "/version", "/metrics", "/openapi.yaml"}, path)
}

// Every route is described, every description is of a route, and it says right
// who may call it.
func TestOpenAPI_Routes(t *testing.T) {
	doc, _ := readOpenAPI(t)
	s := openAPIServer(t)
	routed := map[string]bool{}
	for _, r := range s.echo.Routes() {
		if !forPrograms(r.Path) || !slices.Contains([]string{"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"}, r.Method) {
			continue
		}
		path := echoParam.ReplaceAllString(strings.TrimSuffix(r.Path, "/"), "{$1}")
		routed[r.Method+" "+path] = true
		op, ok := doc.Paths[path][strings.ToLower(r.Method)]
		if !ok {
			t.Errorf("%s %s is not described in openapi.yaml", r.Method, path)
			continue
		}
		if public := op.Security != nil; public != (rightFor(r.Method, r.Path) == session.Anonymous) {
			t.Errorf("%s %s: open to everybody is %v in openapi.yaml and %v here", r.Method, path, public, !public)
		}
		for _, name := range echoParam.FindAllStringSubmatch(r.Path, -1) {
			if !slices.ContainsFunc(op.Parameters, func(p parameter) bool { return p.In == "path" && p.Name == name[1] && p.Required }) {
				t.Errorf("%s %s: the parameter %s is not described", r.Method, path, name[1])
			}
		}
	}
	ids := map[string]string{}
	for path, ops := range doc.Paths {
		for method, op := range ops {
			name := strings.ToUpper(method) + " " + path
			if !routed[name] {
				t.Errorf("%s is described and is no route", name)
			}
			if other := ids[op.OperationID]; other != "" || op.OperationID == "" {
				t.Errorf("%s has the operationId %q of %q", name, op.OperationID, other)
			}
			ids[op.OperationID] = name
		}
	}
}

// openAPIServer knows the things that the examples name.
func openAPIServer(t *testing.T) *Server {
	t.Helper()
	s, _ := testServer(t, []source.Source{{Name: "contact", Provider: "form", Action: "contact_form"}}, func(o *Options) {
		o.Session.Tokens, o.API.Reporter, o.API.Machinery, o.API.Actor = []string{"api-token"}, &fakeReporter{}, fullMachinery{}, fullActor{}
		o.API.Replayer, o.API.Eraser, o.API.Doctor, o.API.People = fullRuns{}, fullRuns{}, fullDoctor{}, fullPeople{}
		o.API.Pauser, o.API.Resender, o.API.Judge, o.API.Merger = &pauserOfOne{*fullOf[ops.Target]()}, fullResender{}, fullJudge{}, fullMerger{}
		o.API.Reader, o.API.Auditor = fullReader{}, fullAuditor{}
	})
	return s
}

// Every example is sent to the real handlers, and the answer is what the file
// says it is, down to the last field.
func TestOpenAPI_Examples(t *testing.T) {
	doc, raw := readOpenAPI(t)
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("openapi.json", raw); err != nil {
		t.Fatal(err)
	}
	s := openAPIServer(t)
	for path, ops := range doc.Paths {
		for method, op := range ops {
			if strings.HasPrefix(path, "/slack/") || strings.HasSuffix(path, "/stream") || strings.Contains(path, "{token}") || strings.Contains(path, "/passes") {
				continue // signed, endless, not of this source, or without a store here: they have tests of their own
			}
			t.Run(op.OperationID, func(t *testing.T) {
				target, query := path, []string{}
				for _, p := range op.Parameters {
					switch {
					case p.In == "path":
						target = strings.ReplaceAll(target, "{"+p.Name+"}", fmt.Sprint(p.Example))
					case p.Example != nil:
						query = append(query, p.Name+"="+fmt.Sprint(p.Example))
					}
				}
				if len(query) > 0 {
					target += "?" + strings.Join(query, "&")
				}
				payload, header := "", []string{"Authorization", bearer}
				if op.Body != nil {
					var kind string
					payload, kind = op.Body.example(t)
					header = append(header, "Content-Type", kind)
				}
				got := ask(s, strings.ToUpper(method), target, payload, header...)
				if got.Code/100 != 2 {
					t.Fatalf("%s %s = %d %s", method, target, got.Code, got.Body)
				}
				said, ok := op.Responses[fmt.Sprint(got.Code)]
				if !ok {
					t.Fatalf("%s %s = %d, which is not described", method, target, got.Code)
				}
				kind, _, _ := strings.Cut(got.Header().Get("Content-Type"), ";")
				if _, ok := said.Content[kind]; !ok && got.Body.Len() > 0 && method != "head" {
					t.Fatalf("%s %s answers %s, which is not described", method, target, kind)
				}
				if kind != "application/json" {
					return
				}
				at := fmt.Sprintf("openapi.json#/paths/%s/%s/responses/%d/content/application~1json/schema", strings.ReplaceAll(strings.ReplaceAll(path, "~", "~0"), "/", "~1"), method, got.Code)
				schema, err := compiler.Compile(strings.NewReplacer("{", "%7B", "}", "%7D").Replace(at))
				if err != nil {
					t.Fatal(err)
				}
				answer, err := jsonschema.UnmarshalJSON(got.Body)
				if err != nil {
					t.Fatal(err)
				}
				if err := schema.Validate(answer); err != nil {
					t.Errorf("%s %s: %v", method, target, err)
				}
			})
		}
	}
}

// Refusals are problems as described, with every code that there is.
func TestOpenAPI_Problems(t *testing.T) {
	_, raw := readOpenAPI(t)
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("openapi.json", raw); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("openapi.json#/components/schemas/Problem")
	if err != nil {
		t.Fatal(err)
	}
	s := openAPIServer(t)
	for _, target := range []string{"/api/v1/leads/nobody", "/api/v1/leads?limit=0", "/api/v1/nothing", "/nothing"} {
		got := ask(s, http.MethodGet, target, "", "Authorization", bearer)
		answer, err := jsonschema.UnmarshalJSON(got.Body)
		if err == nil {
			err = schema.Validate(answer)
		}
		if err != nil || got.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("GET %s = %d %s: %v", target, got.Code, got.Header().Get("Content-Type"), err)
		}
	}
}

// full fills every field of a value, so that no field is left out of its JSON. A
// type within itself stays empty.
func full(v reflect.Value, within ...reflect.Type) {
	switch v.Kind() {
	case reflect.Pointer:
		if !slices.Contains(within, v.Type().Elem()) {
			v.Set(reflect.New(v.Type().Elem()))
			full(v.Elem(), within...)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(noon))
			return
		}
		within = append(slices.Clone(within), v.Type())
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				full(v.Field(i), within...)
			}
		}
	case reflect.Slice:
		if !slices.Contains(within, v.Type().Elem()) {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			full(v.Index(0), within...)
		}
	case reflect.Map:
		one := reflect.New(v.Type().Elem()).Elem()
		full(one, within...)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("x").Convert(v.Type().Key()), one)
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Float64:
		v.SetFloat(1)
	}
}

func fullOf[T any]() *T {
	v := new(T)
	full(reflect.ValueOf(v).Elem())
	return v
}
