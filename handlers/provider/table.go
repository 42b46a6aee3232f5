package provider

import (
	"github.com/leadgate/leadgate/lead"
)

// all is the table of providers. To add a vendor, add its value here.
var all = completed([]Provider{
	form,
	plainJSON,
	airmeet,
	basin,
	bigmarker,
	calcom,
	calendly,
	cf7,
	chiliPiper,
	cognitoforms,
	cvent,
	elementor,
	eventbrite,
	fillout,
	fluentforms,
	formbricks,
	formspree,
	formstack,
	framer,
	googleAds,
	googleforms,
	gotowebinar,
	gravityforms,
	heyform,
	hubspot,
	intercom,
	jotform,
	leadcapture,
	linkedIn,
	livestorm,
	luma,
	mautic,
	meta,
	msgraph,
	netlify,
	paperform,
	ringcentral,
	savvyCal,
	shopify,
	standardWebhooks,
	svix,
	tally,
	tito,
	typeform,
	unbounce,
	webex,
	webflow,
	webinargeek,
	wix,
	wufoo,
	zoom,
})

// completed makes every touch of every provider complete, so that no vendor's
// file can forget to.
func completed(table []Provider) []Provider {
	for i := range table {
		p := table[i]
		table[i].Touches = func(r *Request) ([]lead.Touch, error) {
			touches, err := p.Touches(r)
			if err != nil {
				return nil, err
			}
			for i := range touches {
				complete(&touches[i], r, p.Name)
			}
			return touches, nil
		}
	}
	return table
}

// All returns every provider, the general ones first.
func All() []Provider { return append([]Provider(nil), all...) }

// Find returns the provider of a name.
func Find(name string) (*Provider, bool) {
	for i := range all {
		if all[i].Name == name {
			return &all[i], true
		}
	}
	return nil, false
}

// Names returns the names of all providers, as they are configured.
func Names() []string {
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].Name
	}
	return names
}
