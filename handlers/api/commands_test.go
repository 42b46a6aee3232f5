package api

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/leadgate/leadgate/lead"
)

// Of two people who have the leads both are named.
func TestWhyApart_TwoClaims(t *testing.T) {
	got := WhyApart(fmt.Errorf("merge: %w", lead.TwoClaims{By: "Dana", Other: "Eli"}))
	if !strings.Contains(got, "Dana one and Eli the other") || !errors.Is(lead.TwoClaims{}, lead.ErrTwoClaims) {
		t.Errorf("WhyApart = %q", got)
	}
}
