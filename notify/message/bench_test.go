package message

import (
	"testing"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify/notifytest"
)

func BenchmarkCompose(b *testing.B) {
	a := notifytest.Grace(lead.HotAlert)
	for b.Loop() {
		Compose(a, testStyle)
	}
}
