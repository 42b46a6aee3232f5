package provider

import (
	"github.com/leadgate/leadgate/lead"
)

// unbounce reads the form posts of Unbounce's landing pages. They have neither
// a signature nor an id.
var unbounce = Provider{
	Name:    "unbounce",
	Title:   "Unbounce",
	Doc:     "https://documentation.unbounce.com/",
	Touches: unbounceTouches,
}

// unbounceTouches reads data.json, which some frameworks rename since a name
// with a dot is none to them. data.xml says the same again.
func unbounceTouches(r *Request) ([]lead.Touch, error) {
	body, err := parseObject(r)
	if err != nil {
		return nil, err
	}
	answers := body
	if packed := body.first("data.json", "data_json"); packed != "" {
		if answers, err = parseJSON([]byte(packed)); err != nil {
			return nil, err
		}
	}
	t := r.submitted(submission{form: body.get("page_name").str()})
	setField(&t, "page_id", body.get("page_id").str())
	setField(&t, "variant", body.get("variant").str())
	if page := body.get("page_url").str(); webAddress(page) {
		t.PageURL = page
	}
	r.read(&t, answers.without("data.xml", "data_xml", "page_url", "page_name", "page_id", "page_uuid", "variant", "time_submitted", "date_submitted", "ip_address"))
	return one(t)
}
