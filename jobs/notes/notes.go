// Package notes answers one question: what is to be remembered of a source over a
// restart? Whoever keeps a note knows what it says.
package notes

import (
	"context"
	"fmt"

	"github.com/leadgate/leadgate/journal"
)

const noteShelf = "notes" // source -> note

// Shelves are the journal's that notes use.
func Shelves() []string { return []string{noteShelf} }

// Notes are kept in this node's journal, one of each source.
type Notes struct{ journal *journal.Journal }

// New returns the notes of a journal.
func New(j *journal.Journal) *Notes { return &Notes{j} }

// KeepNote keeps a note about a source, in place of the one before.
func (n *Notes) KeepNote(source string, note []byte) error {
	if err := n.journal.Settle(context.Background(), journal.Put(noteShelf, source, note)); err != nil {
		return fmt.Errorf("keep the note about source %s: %w", source, err)
	}
	return nil
}

// Notes returns the note about each source that has one.
func (n *Notes) Notes() (map[string][]byte, error) {
	notes := map[string][]byte{}
	err := n.journal.Each(noteShelf, "", func(source string, note []byte) bool {
		notes[source] = append([]byte(nil), note...)
		return true
	})
	if err != nil {
		return nil, fmt.Errorf("read the notes about sources: %w", err)
	}
	return notes, nil
}
