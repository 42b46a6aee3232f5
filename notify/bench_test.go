package notify

import (
	"testing"

	"github.com/leadgate/leadgate/lead"
)

func BenchmarkCompose(b *testing.B) {
	a := grace(lead.HotAlert)
	for b.Loop() {
		Compose(a, style0)
	}
}

func BenchmarkRender(b *testing.B) {
	m := Compose(grace(lead.HotAlert), style0)
	for b.Loop() {
		render(m, full, true)
	}
}

func BenchmarkDecide(b *testing.B) {
	in := asked([]Route{{To: "sales", AtLeast: lead.Hot}, {To: "crm"}}, knownAs(lead.Warm))
	for b.Loop() {
		Decide(in)
	}
}
