package config

import (
	"slices"
	"strings"
)

// Reload reads the same file, environment and flags again. On an error, which
// is of type Problems, c stays as it is.
func (c *Config) Reload() (*Config, error) { return Load(c.from) }

// Changed returns the names of the settings of the top level that differ in now:
// those that Adopt takes over, and those that need a restart.
func (c *Config) Changed(now *Config) (adopted, later []string) {
	for _, k := range settings {
		switch {
		case shownSetting(k, c) == shownSetting(k, now):
		case slices.Contains(live, k.name):
			adopted = append(adopted, k.name)
		default:
			later = append(later, k.name)
		}
	}
	return adopted, later
}

// Adopt returns c with the settings that a running server takes over from now:
// those named in live. Warnings and places are those of now.
func (c *Config) Adopt(now *Config) *Config {
	all := *c
	all.RulesPath, all.Routes, all.Sources, all.Reps, all.Teams = now.RulesPath, now.Routes, now.Sources, now.Reps, now.Teams
	all.Warnings, all.places = now.Warnings, now.places
	return &all
}

var live = []string{"rules", "routes", "sources", "reps", "teams"}

// shownSetting is a setting as Print shows it, without where it was written.
func shownSetting(k key[Config], c *Config) string {
	var b strings.Builder
	printKeys(&printer{w: &b}, []key[Config]{k}, "", c)
	return b.String()
}
