package config

import "strings"

// Reload reads the same file, environment and flags again. On an error, which
// is of type Problems, c stays as it is.
func (c *Config) Reload() (*Config, error) { return Load(c.from) }

// Changed returns the names of the settings of the top level that are others in now.
func (c *Config) Changed(now *Config) (names []string) {
	for _, k := range settings {
		if shownSetting(k, c) != shownSetting(k, now) {
			names = append(names, k.name)
		}
	}
	return names
}

// shownSetting is a setting as Print shows it, without where it was written.
func shownSetting(k key[Config], c *Config) string {
	var b strings.Builder
	printKeys(&printer{w: &b}, []key[Config]{k}, "", c)
	return b.String()
}
