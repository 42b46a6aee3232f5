package routing

import (
	"testing"

	"github.com/leadgate/leadgate/lead"
)

func BenchmarkDecide(b *testing.B) {
	in := asked([]Route{{To: "sales", AtLeast: lead.Hot}, {To: "crm"}}, knownAs(lead.Warm))
	for b.Loop() {
		Decide(in)
	}
}
