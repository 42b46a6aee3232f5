package lead

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Differences are what t says otherwise than was said before, by the names of
// the fields. What became of a touch is not part of what it says.
func (t *Touch) Differences(before *Touch) []Difference {
	was, is := before.sayings(), t.sayings()
	var out []Difference
	for field, value := range is {
		if was[field] != value {
			out = append(out, Difference{field, was[field], value})
		}
	}
	for field, value := range was {
		if _, ok := is[field]; !ok {
			out = append(out, Difference{Field: field, Was: value})
		}
	}
	slices.SortFunc(out, func(a, b Difference) int { return strings.Compare(a.Field, b.Field) })
	return out
}

// sayings are the values of a touch that its sender told.
func (t *Touch) sayings() map[string]string {
	said := *t
	said.ID, said.State, said.LeadID, said.Source, said.RequestID, said.Content = "", "", "", "", "", ""
	said.Held, said.ResendTo, said.Silent = "", nil, false
	said.ReleasedBy, said.MergedInto, said.Repeats, said.Deliveries, said.Trail = "", "", 0, nil, nil
	said.DeliveryID, said.Provider, said.ReceivedAt, said.AgainAt = "", "", t.At, t.At
	b, err := json.Marshal(&said)
	if err != nil {
		return nil // a time beyond the year 9999, which no kept touch has
	}
	var tree map[string]any
	if json.Unmarshal(b, &tree) != nil {
		return nil
	}
	delete(tree, "received_at")
	delete(tree, "again_at")
	for _, empty := range []string{"id", "state", "source", "provider"} {
		delete(tree, empty)
	}
	out := map[string]string{}
	flatten(out, "", tree)
	return out
}

func flatten(out map[string]string, path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for key, member := range v {
			name := key
			if path != "" {
				name = path + "." + key
			}
			flatten(out, name, member)
		}
	case []any:
		if s := fmt.Sprint(v...); s != "" {
			out[path] = s
		}
	default:
		if s := fmt.Sprint(v); s != "" {
			out[path] = s
		}
	}
}
