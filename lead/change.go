package lead

// RuleChange is a rule that two verdicts give different points.
type RuleChange struct {
	Reason     // as it counts now; when it is lost, as it counted before
	Was    int // its points before
	Gained bool
	Lost   bool
}

// Changes are the rules whose points the two verdicts do not share, those that
// count now first.
func (t Turn) Changes() (changes []RuleChange) {
	was := map[string]int{}
	for _, x := range t.Before.Reasons {
		was[x.Rule] = x.Points
	}
	for _, x := range t.After.Reasons {
		points, counted := was[x.Rule]
		delete(was, x.Rule)
		if !counted || points != x.Points {
			changes = append(changes, RuleChange{Reason: x, Was: points, Gained: !counted})
		}
	}
	for _, x := range t.Before.Reasons {
		if points, gone := was[x.Rule]; gone {
			changes = append(changes, RuleChange{Reason: x, Was: points, Lost: true})
		}
	}
	return changes
}

// Same says that the two verdicts do not differ in anything that people see.
func (t Turn) Same() bool {
	return t.Before.SameClass(t.After) && t.Before.Score == t.After.Score && len(t.Changes()) == 0
}
