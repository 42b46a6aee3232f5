package inbox

import (
	"bytes"
	_ "embed" // the page
	"fmt"
	"html/template"
	"net/http"

	"github.com/labstack/echo/v4"
)

//go:embed web/try.html
var tryHTML string

var tryTemplate = template.Must(template.New("try").Parse(tryHTML))

const tryPolicy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// TryPage shows a form for each source that a plain one can be sent to. It
// needs no script.
func (s *Pages) TryPage(c echo.Context) error {
	html, err := tryForms(s.o.Sources.PlainForms())
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Security-Policy", tryPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store") // the sources may change
	return c.HTMLBlob(http.StatusOK, html)
}

// tryForms writes the page for the sources of these names.
func tryForms(names []string) ([]byte, error) {
	var b bytes.Buffer
	if err := tryTemplate.Execute(&b, names); err != nil {
		return nil, fmt.Errorf("write the page of forms: %w", err)
	}
	return b.Bytes(), nil
}
