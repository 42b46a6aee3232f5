package provider

// Columns counts the different details of a person that labels ask for: a row
// with two or more of them names the columns of a table.
func Columns(labels []string) int {
	var seen [places]bool
	n := 0
	for _, label := range labels {
		m, ok := knownLabel(label)
		if !ok {
			m, _ = byTokens(label, "")
		}
		if m.field >= fieldEmail && m.field <= fieldTitle && (!m.weak || m.field == fieldName) && !seen[m.field] {
			seen[m.field] = true
			n++
		}
	}
	return n
}

// PersonColumns says whether labels ask for both a name and a way to reach its
// owner, so that they stand for one person.
func PersonColumns(labels []string) bool {
	name, contact := false, false
	for _, label := range labels {
		m, ok := knownLabel(label)
		if !ok {
			m, _ = byTokens(label, "")
		}
		switch m.field {
		case fieldName, fieldGiven, fieldFirst, fieldLast:
			name = true
		case fieldEmail, fieldPhone:
			contact = true
		}
	}
	return name && contact
}
