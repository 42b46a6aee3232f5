package slack

import (
	"testing"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify/message"
	"github.com/leadgate/leadgate/notify/notifytest"
)

func BenchmarkRender(b *testing.B) {
	m := message.Compose(notifytest.Grace(lead.HotAlert), testStyle)
	for b.Loop() {
		render(m, full, true)
	}
}
