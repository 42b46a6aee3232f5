package handlers

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
)

// hidden reads a field by which a form speaks to this server and not about its
// visitor. The provider drops those. Empty: there is none.
func hidden(h http.Header, body []byte, name string) string {
	if !bytes.Contains(body, []byte(name)) {
		return "" // spares most deliveries a second reading
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) == nil {
		return string(bytes.Trim(members[name], `"`))
	}
	return formValue(h.Get("Content-Type"), body, name)
}

// formValue reads one field of a form.
func formValue(contentType string, body []byte, name string) string {
	kind, params, err := mime.ParseMediaType(contentType)
	if err == nil && kind == "multipart/form-data" {
		return partValue(multipart.NewReader(bytes.NewReader(body), params["boundary"]), name)
	}
	for field := range bytes.SplitSeq(body, []byte("&")) {
		key, value, _ := bytes.Cut(field, []byte("="))
		if string(key) == name {
			s, err := url.QueryUnescape(string(value))
			if err != nil {
				return ""
			}
			return s
		}
	}
	return ""
}

func partValue(r *multipart.Reader, name string) string {
	for {
		part, err := r.NextPart()
		if err != nil {
			return ""
		}
		if part.FormName() != name {
			continue
		}
		b, err := io.ReadAll(io.LimitReader(part, 2048))
		if err != nil {
			return ""
		}
		return string(b)
	}
}
