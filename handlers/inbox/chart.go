package inbox

import (
	"fmt"
	"math"
	"time"
)

// chart is bars, drawn by the server as SVG: it needs no script, prints well,
// and a table beneath it says the same in words.
type chart struct {
	Title  string
	Width  int
	Height int
	Base   int // y of the axis
	Bars   []bar
	Lines  []gridLine
	Series []string // what each sort of bar stands for; one needs no legend
}

// bar is one bar; its title is read out and shown by a pointer that rests.
type bar struct {
	X, Y, W, H int
	Series     int
	Label      string // beneath; empty: none
	LabelX     int
	Title      string
}

type gridLine struct {
	Y     int
	Label string
}

// group is what stands at one place of the axis: a bar for each series.
type group struct {
	Label  string
	Values []float64 // NaN: none
}

// The size of a chart, in the units of its view box.
const (
	chartWidth  = 720
	chartHeight = 220
	chartLeft   = 56
	chartTop    = 12
	chartBottom = 28
)

// barChart draws groups. show writes a value as people read it.
func barChart(title string, series []string, groups []group, show func(float64) string) chart {
	c := chart{Title: title, Width: chartWidth, Height: chartHeight, Base: chartHeight - chartBottom, Series: series}
	most := 0.0
	for _, g := range groups {
		for _, v := range g.Values {
			if !math.IsNaN(v) {
				most = max(most, v)
			}
		}
	}
	if most == 0 || len(groups) == 0 {
		return c
	}
	top := roundUp(most)
	space := c.Base - chartTop
	for _, share := range []float64{0, .5, 1} {
		c.Lines = append(c.Lines, gridLine{c.Base - int(share*float64(space)), show(share * top)})
	}
	each := float64(chartWidth-chartLeft) / float64(len(groups))
	wide := min(max(each*.8/float64(len(series)), 1), 48)
	every := (len(groups) + 11) / 12 // labels have room for twelve
	for i, g := range groups {
		middle := chartLeft + each*(float64(i)+.5)
		for j, v := range g.Values {
			if math.IsNaN(v) {
				continue
			}
			h := max(int(v/top*float64(space)), 1)
			b := bar{X: int(middle + wide*(float64(j)-float64(len(series))/2)), Y: c.Base - h, W: max(int(wide)-1, 1), H: h, Series: j, LabelX: int(middle),
				Title: g.Label + ", " + series[j] + ": " + show(v)}
			if j == 0 && i%every == 0 {
				b.Label = Brief(14, g.Label)
			}
			c.Bars = append(c.Bars, b)
		}
	}
	return c
}

// roundUp is the next number that reads well: 1, 2 or 5 with noughts.
func roundUp(v float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(v)))
	for _, n := range []float64{1, 2, 5} {
		if v <= n*unit {
			return n * unit
		}
	}
	return 10 * unit
}

// took writes seconds as people read them.
func took(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", seconds)
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", seconds)
	case d < time.Hour:
		return fmt.Sprintf("%.3g min", d.Minutes())
	case d < 48*time.Hour:
		return fmt.Sprintf("%.3g h", d.Hours())
	}
	return fmt.Sprintf("%.3g days", d.Hours()/24)
}
