package intake

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
)

// firstRead is the most that is set aside for a body before any of it has come:
// a claimed length costs the claimant nothing.
const firstRead = 8 << 10

// ReadBody reads a body of at most the limit, inflated.
func (s *Intake) ReadBody(c echo.Context) ([]byte, error) {
	body, _, err := s.readBody(c, "")
	return body, err
}

// readBody reads a body of at most the limit, inflated. A form in parts, which
// has a boundary, may be longer because of its files, which are then left out.
func (s *Intake) readBody(c echo.Context, boundary string) (body []byte, files []string, err error) {
	limit := s.o.MaxBody
	r := c.Request()
	zipped, err := encoding(r.Header)
	if err != nil {
		c.Response().Header().Set("Accept-Encoding", "gzip")
		return nil, nil, err
	}
	in, want := io.Reader(r.Body), r.ContentLength
	if zipped {
		z, ok := s.inflaters.Get().(*gzip.Reader)
		if !ok {
			z = new(gzip.Reader)
		}
		defer s.inflaters.Put(z)
		err, in, want = z.Reset(r.Body), z, 4*want
	}
	if err == nil && boundary == "" && r.ContentLength > limit {
		err = errTooLong
	}
	if err == nil {
		body, err = readUpTo(in, want, limit)
	}
	if errors.Is(err, errTooLong) && boundary != "" {
		body, files, err = withoutFiles(io.MultiReader(bytes.NewReader(body), in), boundary, limit)
	}
	if err == nil && files == nil {
		return body, nil, nil
	}
	// The rest of the body is not worth reading: the connection ends here.
	c.Response().Header().Set("Connection", "close")
	switch {
	case err == nil:
		return body, files, nil
	case errors.Is(err, errTooLong):
		err = problem.Problem{Code: problem.TooLarge, Detail: fmt.Sprintf("A body holds at most %d bytes, inflated.", limit)}
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = problem.Problem{Code: problem.Malformed, Detail: "The body did not arrive in time."}
	case zipped:
		err = problem.Problem{Code: problem.Malformed, Detail: "The body is not gzip, or cut short."}
	default:
		err = problem.Problem{Code: problem.Malformed, Detail: "The body ended before its announced length."}
	}
	return nil, nil, err
}

// encoding says whether a body is compressed. One layer of gzip is understood.
func encoding(h http.Header) (zipped bool, err error) {
	switch e := h.Get("Content-Encoding"); strings.ToLower(e) {
	case "", "identity":
		return false, nil
	case "gzip", "x-gzip":
		return true, nil
	default:
		return false, problem.Problem{Code: problem.UnsupportedType, Detail: fmt.Sprintf("Content-Encoding %.40q is not understood. Send the body as it is, or with one layer of gzip.", e)}
	}
}

var errTooLong = errors.New("too long")

// readUpTo reads all of r, which is expected to be of size want (-1: unknown).
// With errTooLong it returns what it has read.
func readUpTo(r io.Reader, want, limit int64) ([]byte, error) {
	// One byte more than the body, so that the read that finds its end fits.
	body := make([]byte, 0, min(max(want, 511), firstRead, limit)+1)
	for {
		n, err := r.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if int64(len(body)) > limit {
			return body, errTooLong
		}
		if err == io.EOF {
			return body, nil
		}
		if err != nil {
			return nil, err
		}
		if len(body) == cap(body) {
			body = append(body, 0)[:len(body)]
		}
	}
}
