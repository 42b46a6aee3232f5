package config

import (
	_ "embed" // the example
	"encoding/json"
	"strings"
	"testing"
)

// example is the file with every setting, commented out and explained.
//
//go:embed example.yaml
var example string

// object is a piece of JSON.
type object map[string]any

// TestSchema makes the JSON Schema (draft 7) of the file, for editors, from the
// tables.
func TestSchema(t *testing.T) {
	got, err := makeSchema()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "schema.json", string(got)+"\n")
	if strings.Contains(string(got), "(?i") {
		t.Error("a pattern has flags, which JavaScript does not take")
	}
}

// described is a value that the schema can describe: each kind is one.
type described interface{ schema(setting) object }

func makeSchema() ([]byte, error) {
	top := schemaOf(settings)
	top["$schema"] = "http://json-schema.org/draft-07/schema#"
	top["title"] = "Configuration of leadgate"
	top["definitions"] = object{"reference": object{
		"description": "An environment variable within the text: ${VAR} or ${VAR:-fallback}.", "type": "string", "pattern": `\$\{.+\}`}}
	return json.MarshalIndent(top, "", "  ")
}

func schemaOf[T any](keys []key[T]) object {
	properties, required := object{}, []string{}
	for _, k := range keys {
		o := any(k.value).(described).schema(k.setting)
		o["description"] = k.doc
		if k.def != "" {
			o["default"] = k.def
			if k.def == "true" || k.def == "false" || k.def == "1" {
				o["default"] = json.RawMessage(k.def)
			}
		}
		if k.required {
			required = append(required, k.name)
		}
		properties[k.name] = o
	}
	o := object{"type": "object", "additionalProperties": false, "properties": properties}
	if len(required) > 0 {
		o["required"] = required
	}
	return o
}

// schema accepts what the grammar does, or a reference to a variable, or
// nothing, which is the default.
func (f form) schema(s setting) object {
	if s.secret || f.kind == "" && f.pattern == "" && f.choices == nil {
		return object{"type": []string{"string", "number", "null"}}
	}
	ways := []object{}
	if f.kind != "" {
		ways = append(ways, object{"type": f.kind})
	}
	if f.choices != nil {
		ways = append(ways, object{"enum": f.choices})
	}
	if f.pattern != "" {
		ways = append(ways, object{"type": []string{"string", "number"}, "pattern": f.pattern})
	}
	return object{"anyOf": append(ways, object{"$ref": "#/definitions/reference"}, object{"enum": []any{nil, ""}})}
}

func (s single[T, V]) schema(k setting) object { return s.grammar.form.schema(k) }

func (l list[T, V]) schema(k setting) object {
	return object{"type": []string{"array", "null"}, "items": l.grammar.form.schema(k)}
}

func (d dict[T]) schema(k setting) object {
	return object{"type": []string{"object", "null"}, "additionalProperties": d.grammar.form.schema(k)}
}

func (g group[T, E]) schema(setting) object { return orNull(schemaOf(g.keys)) }

func (o optional[T, E]) schema(setting) object { return orNull(schemaOf(o.keys)) }

// orNull lets a section be there with nothing in it.
func orNull(o object) object {
	o["type"] = []string{"object", "null"}
	return o
}

func (g groups[T, E]) schema(setting) object {
	return object{"type": []string{"array", "null"}, "items": schemaOf(g.keys)}
}
