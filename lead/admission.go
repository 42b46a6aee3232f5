package lead

import "time"

// Admission is what a message needs of all replicas before it may go to its
// target: the leases of what it tells, so that nobody else tells it meanwhile,
// and a place in the pace that they keep together.
type Admission struct {
	Leases []string      // names; empty: it needs none
	Owner  string        // of the leases
	For    time.Duration // how long the leases last

	Pace  string        // what its pace is counted by
	Every time.Duration // between messages; 0: no bound
	Burst int           // how many may go at once after a quiet time
}
