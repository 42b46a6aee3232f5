package provider

import (
	"net/url"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// cf7 reads what the webhook plugins of Contact Form 7 send: the mail tags,
// under whatever names the form gives them. None of them signs.
var cf7 = Provider{
	Name:    "cf7",
	Title:   "Contact Form 7",
	Doc:     "https://contactform7.com/docs/",
	Touches: cf7Touches,
	Sample:  cf7Sample,
}

func cf7Touches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	t := r.submitted(submission{formID: body.get("_wpcf7").str()})
	r.read(&t, body)
	return one(t)
}

func cf7Sample(time.Time) Sample {
	return Sample{
		ContentType: "application/x-www-form-urlencoded",
		Body: []byte(url.Values{
			"your-name": {"Leopold Hartwig"}, "your-email": {"leopold.hartwig@hartwig-glas.example"}, "your-subject": {"Quote"}, "your-message": {"Please call me about 300 windows."},
			"_wpcf7": {"123"}, "_wpcf7_unit_tag": {"wpcf7-f123-p45-o1"},
		}.Encode()),
	}
}
