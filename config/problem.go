package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Place is where a setting was written.
type Place struct {
	Source string `json:"source"`           // the file, or "environment: LEADGATE_LISTEN", or "flag: --listen"
	Line   int    `json:"line,omitempty"`   // from 1; 0 outside the file
	Column int    `json:"column,omitempty"` // in characters, from 1
}

func (p Place) String() string {
	if p.Line == 0 {
		return p.Source
	}
	return fmt.Sprintf("%s:%d:%d", p.Source, p.Line, p.Column)
}

// Problem is one mistake of the configuration.
type Problem struct {
	Place
	Setting string `json:"setting,omitempty"` // routes[0].escalate[0].after
	Text    string `json:"text"`              // what is wrong; never holds a secret
	Fix     string `json:"fix,omitempty"`     // what to write instead
	Excerpt string `json:"excerpt,omitempty"` // the lines of the file, with a caret; secrets are hidden
}

func (p Problem) Error() string {
	head := p.Place.String()
	if p.Setting != "" && p.Line > 0 {
		head += "  " + p.Setting
	}
	head += "  " + p.Text
	switch {
	case p.Excerpt != "":
		return head + "\n" + p.Excerpt
	case p.Fix != "":
		return head + "\n       " + p.Fix
	}
	return head
}

// Problems are all mistakes of a configuration.
type Problems []Problem

func (ps Problems) Error() string {
	var texts []string
	for _, p := range ps {
		texts = append(texts, p.Error())
	}
	return "the configuration has mistakes\n\n" + strings.Join(texts, "\n\n")
}

// sort orders by place: the file from top to bottom, then what has no line.
func (ps Problems) sort() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(min(b.Line, 1), min(a.Line, 1)), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// Warning is something that is allowed and seldom meant.
type Warning struct {
	Place
	Setting string `json:"setting,omitempty"`
	Text    string `json:"text"` // never holds a secret
}

func (w Warning) String() string {
	parts := []string{}
	for _, part := range []string{w.Place.String(), w.Setting, w.Text} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "  ")
}
