package intake

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/leadgate/leadgate/lead"
)

// Cut returns a kept request without those of its touches that are marked, in
// the order of Request.Touches: what was said in it by others stays. A list of
// leads in JSON keeps the rest as it came; of anything else stays what is read
// out of it.
func (s *Intake) Cut(req *lead.Request, gone []bool) (*lead.Request, error) {
	if len(gone) != len(req.Touches) {
		return nil, fmt.Errorf("cut request %s: it holds %d touches, not %d", req.ID, len(req.Touches), len(gone))
	}
	rest := *req
	rest.Touches = nil
	for i, id := range req.Touches {
		if !gone[i] {
			rest.Touches = append(rest.Touches, id)
		}
	}
	var err error
	if rest.Body, err = cutList(req.Body, gone); err == nil {
		return &rest, nil
	}
	rest.Body, err = s.writeAnew(req, gone)
	rest.Cut = true
	return &rest, err
}

// cutList takes members out of a list of leads, which may be all of a body or the
// only member of an object.
func cutList(body []byte, gone []bool) ([]byte, error) {
	var list []json.RawMessage
	if err := json.Unmarshal(bytes.TrimPrefix(body, []byte("\ufeff")), &list); err != nil {
		var wrapped map[string][]json.RawMessage
		if json.Unmarshal(body, &wrapped) != nil || len(wrapped) != 1 {
			return nil, fmt.Errorf("the body is no list: %w", err)
		}
		for key, members := range wrapped {
			kept, err := keep(members, gone)
			if err != nil {
				return nil, err
			}
			return json.Marshal(map[string][]json.RawMessage{key: kept})
		}
	}
	kept, err := keep(list, gone)
	if err != nil {
		return nil, err
	}
	return json.Marshal(kept)
}

func keep(members []json.RawMessage, gone []bool) ([]json.RawMessage, error) {
	if len(members) != len(gone) {
		return nil, fmt.Errorf("the list has %d members for %d touches", len(members), len(gone))
	}
	kept := []json.RawMessage{}
	for i, m := range members {
		if !gone[i] {
			kept = append(kept, m)
		}
	}
	return kept, nil
}

// writeAnew is a list of what is read out of a request, without what is gone.
func (s *Intake) writeAnew(req *lead.Request, gone []bool) ([]byte, error) {
	touches, err := s.Reread(req)
	if err != nil || len(touches) != len(gone) {
		return nil, fmt.Errorf("cut request %s: %d of %d touches are found in it: %w", req.ID, len(touches), len(gone), err)
	}
	var list []map[string]string
	for i, t := range touches {
		if gone[i] {
			continue
		}
		said := maps.Clone(t.Fields)
		if said == nil {
			said = map[string]string{}
		}
		for name, value := range map[string]string{"email": t.Person.Email, "name": t.Person.Name, "first_name": t.Person.FirstName, "last_name": t.Person.LastName,
			"phone": t.Person.Phone, "company": t.Person.Company, "job_title": t.Person.Title, "message": t.Message, "page_url": t.PageURL} {
			if value == "" {
				continue
			}
			if left, taken := said[name]; taken { // what the reader had no place for
				said[name+" 2"] = left
			}
			said[name] = value
		}
		list = append(list, said)
	}
	return json.Marshal(list)
}
