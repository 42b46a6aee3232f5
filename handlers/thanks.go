package handlers

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page
	"encoding/base64"
)

//go:embed web/thanks.html
var thanksHTML []byte

// page is one that never changes, with a policy that allows its own style and
// nothing else.
type page struct {
	page   []byte
	policy string
}

// thanksPage is what a visitor sees whose form names no page to go on to.
func thanksPage() page {
	_, style, _ := bytes.Cut(thanksHTML, []byte("<style>"))
	style, _, _ = bytes.Cut(style, []byte("</style>"))
	sum := sha256.Sum256(style)
	return page{thanksHTML, "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-" +
		base64.StdEncoding.EncodeToString(sum[:]) + "'"}
}
