package config

import (
	"fmt"
	"time"

	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
)

var sourceKeys = []key[source.Source]{
	{setting{name: "name", doc: "Its place in the URL, /in/NAME: lower case letters, digits and dashes.", required: true},
		one(func(s *source.Source) *string { return &s.Name }, matching(`[a-z0-9-]{1,64}`, "the name of a source (lower case letters, digits, dashes; at most 64)", "pricing-form"))},
	{setting{name: "provider", doc: "Whose format arrives: zoom, typeform, calendly, json and so on; form takes forms and JSON of any make.", def: "form"},
		one(func(s *source.Source) *string { return &s.Provider }, words("zoom"))},
	{setting{name: "action", doc: "What a delivery means, such as quote_request. Without it the provider decides; for forms, contact_form."},
		one(func(s *source.Source) *lead.Action { return &s.Action }, action)},
	{setting{name: "secret", doc: "Whatever the vendor shares to sign with. Required for a provider that signs, unless unsigned is true.", secret: true},
		one(func(s *source.Source) *string { return &s.Secret }, secret)},
	{setting{name: "secret_previous", doc: "The secret before the last change, accepted as well.", secret: true},
		one(func(s *source.Source) *string { return &s.SecretPrevious }, secret)},
	{setting{name: "unsigned", doc: "Accept a provider that signs without a secret.", def: "false"},
		one(func(s *source.Source) *bool { return &s.Unsigned }, yesNo)},
	{setting{name: "token", doc: "If set the URL is /in/NAME/TOKEN and nothing else is accepted: letters, digits and -._~.", secret: true},
		one(func(s *source.Source) *string { return &s.Token }, matching(`[A-Za-z0-9._~-]+`, "fit for a URL", "letters, digits and -._~ only"))},
	{setting{name: "verify_token", doc: "Meta's verify token.", secret: true},
		one(func(s *source.Source) *string { return &s.VerifyToken }, secret)},
	{setting{name: "header", doc: "Headers that every request must have, with these values.", secret: true},
		pairs(func(s *source.Source) *map[string]string { return &s.Header }, headerName, secret)},
	{setting{name: "origins", doc: "Sites whose scripts may read the answer (CORS)."},
		many(func(s *source.Source) *[]string { return &s.Origins }, site)},
	{setting{name: "redirect", doc: "Where a browser goes after its form was accepted. Without it a page says thanks."},
		one(func(s *source.Source) *string { return &s.Redirect }, webURL("https://www.example.com/thanks"))},
	{setting{name: "next_hosts", doc: "Hosts that a form's own _next may lead to."},
		many(func(s *source.Source) *[]string { return &s.NextHosts }, matching(`[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?`, "a host", "www.example.com, without https://"))},
	{setting{name: "rate", doc: "So many requests per client address in a second, minute or hour (60/m), or off. Default 60/m for form, off for others."},
		one(func(s *source.Source) *source.Rate { return &s.Rate }, perTime[source.Rate]())},
	{setting{name: "honeypot", doc: "One more field that people leave empty and robots fill."},
		one(func(s *source.Source) *string { return &s.Honeypot }, words("company_url"))},
	{setting{name: "min_fill", doc: "A form filled in less time is quarantined. Without it time does not count."},
		one(func(s *source.Source) *time.Duration { return &s.MinFill }, lasting(0, time.Hour))},
	{setting{name: "captcha", doc: "Ask a vendor whether the visitor is a person."},
		maybe(func(s *source.Source) **source.Captcha { return &s.Captcha }, captchaKeys)},
	{setting{name: "fields", doc: "Which of the sender's fields is what, where the reader cannot know: company: input_5."},
		pairs(func(s *source.Source) *map[string]string { return &s.Fields }, matching(`[a-z][a-z0-9_.]*`, "a field of a lead", "company: input_5"), words("input_5"))},
	{setting{name: "country", doc: "Two letters (ISO 3166) for phone numbers without a prefix."},
		one(func(s *source.Source) *string { return &s.Country }, matching(`[A-Z]{2}`, "a country's two capital letters", "DE"))},
	{setting{name: "watch", doc: "Deliver all and only mark what would be quarantined.", def: "false"},
		one(func(s *source.Source) *bool { return &s.Watch }, yesNo)},
	{setting{name: "fetch", doc: "How the person is fetched when the vendor sends ids only."},
		section(func(s *source.Source) *source.Fetch { return &s.Fetch }, fetchKeys)},
}

var headerName = matching(`[A-Za-z0-9!#$%&'*+.^_|~-]+`, "the name of a header", "X-Key")

var captchaKeys = []key[source.Captcha]{
	{setting{name: "kind", doc: "turnstile, hcaptcha, recaptcha or friendly.", required: true},
		one(func(c *source.Captcha) *string { return &c.Kind }, oneOf("a kind of captcha", "turnstile", "hcaptcha", "recaptcha", "friendly"))},
	{setting{name: "secret", doc: "The secret that the vendor gave.", required: true, secret: true},
		one(func(c *source.Captcha) *string { return &c.Secret }, secret)},
	{setting{name: "min_score", doc: "The least score of reCAPTCHA v3 that passes, from 0 to 1.", def: "0.5"},
		one(func(c *source.Captcha) *float64 { return &c.MinScore }, share())},
	{setting{name: "url", doc: "Overrides the vendor's address, for tests."},
		one(func(c *source.Captcha) *string { return &c.URL }, webURL("https://captcha.example.com/verify"))},
}

var fetchKeys = []key[source.Fetch]{
	{setting{name: "token", doc: "The vendor's API token.", secret: true},
		one(func(f *source.Fetch) *string { return &f.Token }, secret)},
	{setting{name: "tenant", doc: "With client_id, client_secret and no token: whose tokens are asked for, an id or a domain. msgraph only."},
		one(func(f *source.Fetch) *string { return &f.Tenant }, matching(`[A-Za-z0-9][A-Za-z0-9.-]*`, "a tenant", "its id or a domain: contoso.example"))},
	{setting{name: "client_id", doc: "The app's id, for tokens that live an hour and are renewed."},
		one(func(f *source.Fetch) *string { return &f.ClientID }, words("00000000-0000-0000-0000-000000000000"))},
	{setting{name: "client_secret", doc: "The app's secret.", secret: true},
		one(func(f *source.Fetch) *string { return &f.ClientSecret }, secret)},
	{setting{name: "url", doc: "Overrides the vendor's hosts, for tests."},
		one(func(f *source.Fetch) *string { return &f.URL }, webURL("https://api.example.com"))},
}

// checkSources looks at what one source's settings mean together.
func (r *reader) checkSources(c *Config) {
	names := map[string]int{}
	for i, s := range c.Sources {
		at := fmt.Sprintf("sources[%d]", i)
		if first, twice := names[s.Name]; twice && s.Name != "" {
			r.fault(at+".name", fmt.Sprintf("%s is already the name of sources[%d]", r.name(at+".name", s.Name), first), "give every source a name of its own")
		}
		names[s.Name] = i
		r.checkProvider(at, s)
		r.checkFetch(at+".fetch", s)
		for field := range s.Fields {
			if r.o.Field != nil && !r.o.Field(field) {
				r.warn(at+".fields."+field, fmt.Sprintf("%q is no field that leadgate knows, so it stays among the touch's other fields", field))
			}
		}
	}
}

func (r *reader) checkProvider(at string, s source.Source) {
	if r.o.Signs == nil {
		return
	}
	is, signs := r.o.Signs(s.Provider)
	switch checked := s.Secret != "" || s.SecretPrevious != ""; {
	case !is:
		r.fault(at+".provider", r.name(at+".provider", s.Provider)+" is not a known provider", suggest(s.Provider, r.o.Providers))
	case signs && !checked && !s.Unsigned && !r.attempted(at+".secret"):
		r.fault(at+".provider", s.Provider+" signs what it sends, and no secret is set to check it", "add secret: ${VARIABLE}, or unsigned: true")
	case !signs && checked:
		r.warn(at+".secret", "is not used: "+s.Provider+" does not sign; a token in the URL keeps strangers out")
	case signs && checked && s.Unsigned:
		r.warn(at+".unsigned", "is not needed: there is a secret")
	case !checked && s.Provider != "form" && s.Token == "" && s.VerifyToken == "" && len(s.Header) == 0:
		r.warn(at, "takes leads from anybody who knows its URL; set a secret or a token")
	}
}

func (r *reader) checkFetch(at string, s source.Source) {
	set := 0
	for _, name := range []string{"tenant", "client_id", "client_secret"} {
		if r.attempted(at + "." + name) {
			return
		}
	}
	for _, value := range []string{s.Fetch.Tenant, s.Fetch.ClientID, s.Fetch.ClientSecret} {
		if value != "" {
			set++
		}
	}
	switch {
	case set == 0:
	case r.o.Grants != nil && !r.o.Grants(s.Provider):
		r.fault(at, "has a tenant, client_id or client_secret, for which "+s.Provider+" gives no token", "set fetch.token")
	case set < 3:
		r.fault(at, "has only some of tenant, client_id and client_secret", "set all three: together they get a token")
	case s.Fetch.Token != "":
		r.fault(at, "has a token beside client_id", "leave one out: client_id gets a token")
	}
}

// attempted says that somebody wrote a setting, which was then found wrong.
func (r *reader) attempted(path string) bool {
	for _, p := range r.problems {
		if p.Setting == path {
			return true
		}
	}
	return false
}
