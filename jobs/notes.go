package jobs

import (
	"context"
	"fmt"

	"github.com/leadgate/leadgate/journal"
)

// noteShelf holds small notes that handlers keep about sources over a restart.
const noteShelf = "notes" // source -> note

// KeepNote keeps a note about a source, in place of the one before.
func (j *Jobs) KeepNote(source string, note []byte) error {
	if err := j.o.Journal.Settle(context.Background(), journal.Put(noteShelf, source, note)); err != nil {
		return fmt.Errorf("keep the note about source %s: %w", source, err)
	}
	return nil
}

// Notes returns the note about each source that has one.
func (j *Jobs) Notes() (map[string][]byte, error) {
	notes := map[string][]byte{}
	err := j.o.Journal.Each(noteShelf, "", func(source string, note []byte) bool {
		notes[source] = append([]byte(nil), note...)
		return true
	})
	if err != nil {
		return nil, fmt.Errorf("read the notes about sources: %w", err)
	}
	return notes, nil
}
