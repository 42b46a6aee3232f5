package inbox

import (
	"math"
	"net/http"
	"net/url"

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
	return barChart("How far leads came", []string{"leads"}, groups, func(v float64) string { return api.Decimal(int64(math.Round(v))) })
}
