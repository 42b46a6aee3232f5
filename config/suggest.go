package config

import (
	"slices"
	"strings"

	"github.com/leadgate/leadgate/lead/strictyaml"
)

// suggest asks whether the nearest of the known names was meant, or lists them.
func suggest(name string, known []string) string {
	best, least := "", min(len(name), 1+max(2, len(name)/4)) // more changes than that make any word of any other
	for _, k := range known {
		if d := strictyaml.Distance(strings.ToLower(name), strings.ToLower(k)); d < least {
			best, least = k, d
		}
	}
	if best != "" {
		return "did you mean " + best + "?"
	}
	if len(known) == 0 {
		return "none is configured"
	}
	return "known: " + strings.Join(slices.Sorted(slices.Values(known)), ", ")
}
