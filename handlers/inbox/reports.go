package inbox

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/api"
	"github.com/leadgate/leadgate/lead"
)

// reportsView is the page of reports.
type reportsView struct {
	From, To, Zone, By string
	Bys                []string
	Speed              api.SpeedReport
	SpeedChart         chart
	Funnel             api.FunnelReport
	FunnelChart        chart
	Books              api.BooksReport
	SpeedCSV           string
	FunnelCSV          string
	BooksCSV           string
}

// bookDays are the days of the books that the page shows.
const bookDays = 14

// ReportsPage answers GET /reports. What its form may say is what the API's
// reports take.
func (s *Pages) ReportsPage(c echo.Context) error {
	ctx, asked := c.Request().Context(), c.QueryParams()
	pick := func(names ...string) url.Values {
		q := url.Values{}
		for _, name := range names {
			if v := asked.Get(name); v != "" {
				q.Set(name, v)
			}
		}
		return q
	}
	v := reportsView{Bys: []string{string(lead.ByDay), string(lead.ByRep), string(lead.BySource), string(lead.ByHour)}}
	var err error
	if v.Speed, _, err = s.o.API.Speed(ctx, pick("from", "to", "by", "zone")); err != nil {
		return err
	}
	if v.Funnel, _, err = s.o.API.Funnel(ctx, pick("from", "to")); err != nil {
		return err
	}
	now := s.o.Now().UTC()
	books := url.Values{"from": {now.AddDate(0, 0, 1-bookDays).Format("2006-01-02")}}
	if v.Books, _, err = s.o.API.Books(ctx, books); err != nil {
		return err
	}
	v.From, v.To, v.Zone, v.By = v.Speed.From, v.Speed.To, asked.Get("zone"), string(v.Speed.By)
	v.SpeedChart, v.FunnelChart = speedChart(v.Speed), funnelChart(v.Funnel.Total)
	csv := func(report string, q url.Values) string {
		q.Set("format", "csv")
		return api.Path + "/reports/" + report + "?" + q.Encode()
	}
	v.SpeedCSV = csv("speed", pick("from", "to", "by", "zone"))
	v.FunnelCSV = csv("funnel", pick("from", "to"))
	v.BooksCSV = csv("books", books)
	return s.render(c, http.StatusOK, "reports", s.frame(c, "reports", "Reports", v))
}

func speedChart(r api.SpeedReport) chart {
	var groups []group
	for _, row := range r.Rows {
		groups = append(groups, group{row.Key, []float64{orNone(row.P50), orNone(row.P90)}})
	}
	return barChart("Time from the form to the first claim, by "+string(r.By), []string{"half within", "nine of ten within"}, groups, took)
}

func orNone(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}

func funnelChart(f lead.Funnel) chart {
	groups := []group{{"leads", []float64{float64(f.Leads)}}, {"hot", []float64{float64(f.Hot)}},
		{"claimed", []float64{float64(f.Claimed)}}, {"contacted", []float64{float64(f.Contacted)}}}
	return barChart("How far leads came", []string{"leads"}, groups, func(v float64) string { return strconv.Itoa(int(math.Round(v))) })
}

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
