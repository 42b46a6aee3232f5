package lead

import (
	"fmt"
	"slices"
)

// Temperature is how much a person wants from us now.
type Temperature int

// The temperatures, in rising order.
const (
	Cold Temperature = iota
	Warm
	Hot
)

var temperatures = []string{"cold", "warm", "hot"}

// TemperatureNames returns the names of the temperatures, in rising order.
func TemperatureNames() []string { return slices.Clone(temperatures) }

func (t Temperature) String() string { return scaleName(temperatures, int(t)) }

// MarshalText writes cold, warm or hot.
func (t Temperature) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads cold, warm or hot.
func (t *Temperature) UnmarshalText(b []byte) error {
	n, err := scaleValue("temperature", temperatures, string(b))
	*t = Temperature(n)
	return err
}

// Stage is how far a person is on the way to a sale. The zero Stage is none.
type Stage int

// The stages, in rising order: information, marketing and sales qualified lead.
const (
	NoStage Stage = iota
	IQL
	MQL
	SQL
)

var stages = []string{"", "IQL", "MQL", "SQL"}

// StageNames returns the names of the stages, in rising order; the first is empty.
func StageNames() []string { return slices.Clone(stages) }

func (s Stage) String() string { return scaleName(stages, int(s)) }

// MarshalText writes IQL, MQL, SQL or nothing.
func (s Stage) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads IQL, MQL, SQL or nothing.
func (s *Stage) UnmarshalText(b []byte) error {
	n, err := scaleValue("stage", stages, string(b))
	*s = Stage(n)
	return err
}

func scaleName(names []string, n int) string {
	if n < 0 || n >= len(names) {
		return fmt.Sprintf("unknown(%d)", n)
	}
	return names[n]
}

func scaleValue(scale string, names []string, s string) (int, error) {
	for i, name := range names {
		if name == s {
			return i, nil
		}
	}
	return 0, fmt.Errorf("%q is not a %s", s, scale)
}
