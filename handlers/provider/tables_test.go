package provider

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// refused reports words that stand twice in one table of words: which of the
// two would count is not to be seen, and a map is walked in any order.
func refused(t *testing.T, table string, lists ...string) {
	t.Helper()
	seen := map[string]bool{}
	for _, list := range lists {
		here := map[string]bool{}
		for word := range strings.SplitSeq(list, ",") {
			key := normalText(word)
			switch {
			case key == "":
				t.Errorf("%s: %q is no word", table, word)
			case seen[key]:
				t.Errorf("%s: %q (%q) stands in two lists", table, strings.TrimSpace(word), key)
			}
			here[key] = true
		}
		for key := range here {
			seen[key] = true
		}
	}
}

func TestTables(t *testing.T) {
	var labels, labelTypes, spots, parts []string
	for _, s := range slices.Concat(spellings, moreSpellings, languageSpellings) {
		labels = append(labels, s.labels)
	}
	for _, s := range typeSpellings {
		labelTypes = append(labelTypes, s.labels)
	}
	for _, l := range placeLists {
		spots = append(spots, l.names)
	}
	for _, l := range slotLists {
		parts = append(parts, l.names)
	}
	refused(t, "spellings", labels...)
	refused(t, "typeSpellings", labelTypes...)
	refused(t, "placeLists", spots...)
	refused(t, "slotLists", parts...)
	refused(t, "yesNoLists", yesNoLists[:]...)
	var signs []string
	for _, l := range signalLists {
		signs = append(signs, l.labels)
	}
	refused(t, "signalLists", signs...)
	for place, list := range placeSpellings {
		var labels []string
		for _, s := range list {
			labels = append(labels, s.labels)
		}
		refused(t, fmt.Sprint("placeSpellings of ", place), labels...)
	}
	marks := map[mark]bool{}
	for _, l := range wordLists {
		if marks[l.mark] {
			t.Errorf("mark %b has two lists", l.mark)
		}
		marks[l.mark] = true
	}
}
