package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/leadgate/leadgate/cmd/leadgate/console"
	"github.com/leadgate/leadgate/lead"
)

// turnsPrinted is how many leads are shown by name when people read.
const turnsPrinted = 20

// turns gathers what a walk tells: all of it for --json, some of it for people.
type turns struct {
	all  bool
	list []lead.Turn
	out  io.Writer // of the progress; nil: nobody watches
}

// walk is what to give to the one who walks.
func (t *turns) walk() lead.Walk {
	return lead.Walk{
		Turn: func(x lead.Turn) error {
			if t.all || len(t.list) < turnsPrinted {
				t.list = append(t.list, x)
			}
			return nil
		},
		Progress: func(p lead.Progress) error {
			if t.out != nil {
				fmt.Fprintf(t.out, "\r%d of %d leads", p.Done, p.All)
				if p.Done >= p.All {
					fmt.Fprintln(t.out)
				}
			}
			return nil
		},
	}
}

// printJSON writes the result with every turn as one document.
func (t *turns) printJSON(w io.Writer, result any) error {
	if t.list == nil {
		t.list = []lead.Turn{}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		Result any         `json:"result"`
		Turns  []lead.Turn `json:"turns"`
	}{result, t.list})
}

// print writes how many turn from what to what, then some of them with the
// rules that make the difference.
func (t *turns) print(w io.Writer, counts map[string]int) {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return cmp.Or(counts[b]-counts[a], strings.Compare(a, b)) })
	for _, name := range names {
		fmt.Fprintf(w, "%8d  %s\n", counts[name], name)
	}
	total := 0
	for _, n := range counts {
		total += n
	}
	if len(t.list) > 0 {
		fmt.Fprintln(w)
	}
	for _, x := range t.list {
		fmt.Fprintf(w, "%s  %s %d -> %s %d  %s\n", x.LeadID, x.Before.Class(), x.Before.Score, x.After.Class(), x.After.Score, console.Plain(console.Who(x.Person)))
		for _, line := range differences(x) {
			fmt.Fprintln(w, "      "+line)
		}
	}
	if more := total - len(t.list); more > 0 {
		fmt.Fprintf(w, "and %d more; --json lists all\n", more)
	}
}

// differences are the rules whose points the verdicts of a turn do not share.
func differences(t lead.Turn) (lines []string) {
	for _, x := range t.Changes() {
		points := fmt.Sprintf("now %+d, was %+d", x.Points, x.Was)
		switch {
		case x.Gained:
			points = fmt.Sprintf("now %+d", x.Points)
		case x.Lost:
			points = fmt.Sprintf("was %+d", x.Was)
		}
		lines = append(lines, fmt.Sprintf("%s  %s  (rule %s)", points, console.Plain(x.Because), x.Rule))
	}
	return lines
}
