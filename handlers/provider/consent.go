package provider

import (
	"strings"
	"time"
)

// statement is what somebody agreed to or refused, in the form's words: those
// beside the box or those of the answer. Empty: the form sent no sentence.
func (p *pair) statement() string {
	for _, text := range []string{p.name, p.value, p.label} {
		if text = line(text); strings.Count(text, " ") >= 2 {
			return text
		}
	}
	return ""
}

// consentedAt is when the sender says that consent was given or refused; zero:
// it does not say.
func (c *chooser) consentedAt() time.Time {
	for i := range c.pairs {
		p := &c.pairs[i]
		if p.place != placeConsent && !strings.Contains(strings.ToLower(p.key), "consent") {
			continue
		}
		if at, ok := moment(p.value); ok {
			return c.r.believed(at)
		}
	}
	return time.Time{}
}
