package config

import "time"

// Canary is a test lead that goes the whole way now and then.
type Canary struct {
	Every  time.Duration // 0: off
	Source string        // that it seems to come from; empty: the first
}

var canaryKeys = []key[Canary]{
	{setting{name: "every", doc: "How often a test lead goes the whole way, from the journal to a check of the targets: 1h. Without it, never."},
		one(func(c *Canary) *time.Duration { return &c.Every }, lasting(time.Second, 7*day))},
	{setting{name: "source", doc: "Source that it seems to come from. Without it, the first."},
		one(func(c *Canary) *string { return &c.Source }, words("pricing-form"))},
}

// checkCanary looks whether its source exists.
func (r *reader) checkCanary(c *Config) {
	var sources []string
	for _, s := range c.Sources {
		sources = append(sources, s.Name)
	}
	r.known("canary.source", "source", c.Canary.Source, sources)
}
