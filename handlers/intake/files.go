package intake

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"strings"
)

// The bounds of what is read for the fields around files that are too large.
const (
	maxUpload = 32 << 20
	maxFiles  = 200
)

// boundaryOf returns the boundary of a form in parts; empty: it is none.
func boundaryOf(h http.Header) string {
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return ""
	}
	return params["boundary"]
}

// withoutFiles reads a form in parts that is too long because of its files, and
// writes it anew with a note in place of each. It returns the names of the files.
// What comes behind a file that takes too long is given up with the file.
func withoutFiles(r io.Reader, boundary string, limit int64) (body []byte, files []string, err error) {
	in := multipart.NewReader(io.LimitReader(r, maxUpload), boundary)
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	if err := w.SetBoundary(boundary); err != nil {
		return nil, nil, errTooLong
	}
	for {
		part, err := in.NextPart()
		if err != nil {
			if len(files) == 0 {
				return nil, nil, errTooLong
			}
			err := w.Close() // at the end, or as far as it came
			return out.Bytes(), files, err
		}
		file := part.FileName()
		if file == "" {
			content, err := io.ReadAll(io.LimitReader(part, limit))
			if err != nil && len(files) > 0 {
				err := w.Close()
				return out.Bytes(), files, err
			}
			if err != nil || int64(out.Len()+len(content)) >= limit {
				return nil, nil, errTooLong // not because of a file
			}
			if err := writePart(w, part.Header, content); err != nil {
				return nil, nil, errors.Join(errTooLong, err)
			}
			continue
		}
		file = strings.ToValidUTF8(path.Base(strings.ReplaceAll(file, `\`, "/")), "\ufffd")
		size, err := io.Copy(io.Discard, part)
		note := fmt.Sprintf("%s (%s, %d bytes, not kept)", file, part.Header.Get("Content-Type"), size)
		if err != nil {
			note = fmt.Sprintf("%s (%s, not kept)", file, part.Header.Get("Content-Type"))
		}
		if files = append(files, file); len(files) > maxFiles || int64(out.Len()+len(note)) >= limit {
			return nil, nil, errTooLong
		}
		if err := w.WriteField(part.FormName(), note); err != nil {
			return nil, nil, errors.Join(errTooLong, err)
		}
	}
}

func writePart(w *multipart.Writer, header map[string][]string, content []byte) error {
	part, err := w.CreatePart(header)
	if err == nil {
		_, err = part.Write(content)
	}
	return err
}
