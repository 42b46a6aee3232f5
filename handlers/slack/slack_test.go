package slack

import (
	"testing"
	"time"
)

func TestSeen(t *testing.T) {
	noon := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	var memory seen
	memory.first("a", noon)
	if memory.first("a", noon.Add(seenFor-time.Second)) {
		t.Error("forgotten while Slack's signature may hold")
	}
	if !memory.first("a", noon.Add(2*seenFor)) || len(memory.at) != 1 {
		t.Error("never forgotten")
	}
}
