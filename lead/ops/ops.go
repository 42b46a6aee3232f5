// Package ops holds the wire types of the machinery: what /queues, /targets and
// the health checks answer, and what jobs and store fill in. One struct serves
// all layers, so a new field is added here and where it is measured. The package
// knows no people and does nothing.
package ops

import (
	"errors"
	"time"
)

// ErrBusy is returned for a task that runs already, or is about to.
var ErrBusy = errors.New("the task runs already, or is about to")

// Machinery is the state of everything between intake and delivery. Its JSON is
// the API's.
type Machinery struct {
	Redis   Redis    `json:"redis"`
	Journal Journal  `json:"journal"`
	Queues  []Queue  `json:"queues"` // none while Redis is away
	Targets []Target `json:"targets"`
}

// Redis is the state of the Redis server.
type Redis struct {
	Up       bool   `json:"up"`
	Embedded bool   `json:"embedded"` // it runs in this process
	Version  string `json:"version,omitempty"`
	Used     int64  `json:"used_bytes,omitempty"`
	Most     int64  `json:"max_bytes,omitempty"` // limit of its memory; absent: none
	Eviction string `json:"eviction,omitempty"`  // its policy when the memory is full
}

// Journal is the state of this node's journal.
type Journal struct {
	Waiting int     `json:"waiting"` // touches accepted and not settled
	Bytes   int64   `json:"bytes"`   // of its file
	Error   string  `json:"error,omitempty"`
	Shelves []Shelf `json:"shelves"`
}

// Shelf is one shelf of the journal and its number of keys.
type Shelf struct {
	Name string `json:"name"`
	Kept int    `json:"kept"`
}

// Queue is one lane's tasks in Redis, of all nodes.
type Queue struct {
	Name    string  `json:"name"`
	Paused  bool    `json:"paused"`
	Latency float64 `json:"latency_seconds"` // age of the oldest pending task

	Pending   int `json:"pending"` // ready for a worker
	Active    int `json:"active"`  // in a worker
	Scheduled int `json:"scheduled"`
	Retry     int `json:"retry"`    // failed, to be tried again
	Archived  int `json:"archived"` // given up by asynq; the sweeper enqueues its touches again
	Completed int `json:"completed"`

	Processed int `json:"processed_today"` // UTC
	Failed    int `json:"failed_today"`
}

// Task is one task of a queue. It names touches and no people.
type Task struct {
	ID         string    `json:"id"`
	Queue      string    `json:"queue"`
	Type       string    `json:"type"`
	State      string    `json:"state"`
	Touches    []string  `json:"touches"`
	Retried    int       `json:"retried"`
	LastError  string    `json:"last_error,omitempty"`
	LastFailed time.Time `json:"last_failed_at,omitzero"`
	Next       time.Time `json:"next_at,omitzero"`
}

// Target is the state of one target.
type Target struct {
	Name        string    `json:"name"`
	Kind        string    `json:"kind"`
	State       string    `json:"state"`              // ok; retrying: it failed lately; broken: it keeps failing; paused: by a person
	Waiting     int       `json:"waiting"`            // deliveries
	Oldest      time.Time `json:"oldest_at,omitzero"` // when the touch of the oldest waiting delivery was received
	PausedBy    string    `json:"paused_by,omitempty"`
	PausedAt    time.Time `json:"paused_at,omitzero"`
	PausedWhy   string    `json:"paused_why,omitempty"`
	FailingFrom time.Time `json:"failing_from,omitzero"` // the first failure in a row
	Fails       int       `json:"fails,omitempty"`       // in a row
	LastError   string    `json:"last_error,omitempty"`  // CODE: sentence
	LastErrorAt time.Time `json:"last_error_at,omitzero"`
	NextTry     time.Time `json:"next_try_at,omitzero"`  // of a target that failed
	LastSentAt  time.Time `json:"last_sent_at,omitzero"` // since this process started
}
