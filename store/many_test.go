package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// many fills a store with n leads, one a minute, of four sources: one in fifty
// is hot, half of the others are warm, one in a hundred is claimed. A third has
// given consent, one in two hundred has refused it.
func (w *testStore) many(n int) {
	w.t.Helper()
	first := []string{"Ada", "Bob", "Cleo", "Dora", "Emil", "Fritz", "Gina", "Hans"}
	var batch []*lead.Lead
	for i := range n {
		at := noon.Add(time.Duration(i-n) * time.Minute)
		name := fmt.Sprintf("%s Quell%d", first[i%len(first)], i/100)
		l := &lead.Lead{ID: fmt.Sprintf("l%08d", i), Status: lead.New, CreatedAt: at, UpdatedAt: at, Revision: 1, Touches: []string{fmt.Sprintf("t%08d", i)},
			Person:  lead.Person{Email: fmt.Sprintf("p%d@firm%d.example", i, i%5000), Name: name, Phone: fmt.Sprintf("+4931%08d", i), Company: fmt.Sprintf("Firm %d GmbH", i%5000), Title: "Head of Operations"},
			Verdict: lead.Verdict{Temperature: lead.Temperature(i % 2), Score: 30, Reasons: []lead.Reason{{Because: "registered for the webinar", Points: 30, Rule: "webinar_registered"}}},
			History: []lead.Past{{ID: fmt.Sprintf("t%08d", i), Action: "webinar_registered", Source: fmt.Sprintf("source%d", i%4), At: at, Message: "How does it work with what we have? We are forty people in three places."}}}
		switch {
		case i%200 == 7:
			l.History[0].Consent = lead.Refused
		case i%3 == 0:
			l.History[0].Consent = lead.Given
		}
		if i%50 == 0 {
			l.Temperature, l.AlertedAt = lead.Hot, at
			l.History[0].Decisions = []lead.Decision{{Target: "sales", Why: "matched", Kind: lead.HotAlert}}
		}
		if i%100 == 0 {
			if err := l.Act(lead.Command{Verb: lead.VerbClaim, By: "Dana"}, at.Add(time.Minute)); err != nil {
				w.t.Fatal(err)
			}
		}
		if batch = append(batch, l); len(batch) == 500 || i == n-1 {
			if err := w.Restore(context.Background(), batch, nil); err != nil {
				w.t.Fatal(err)
			}
			batch = batch[:0]
		}
	}
}

// BenchmarkLeads measures the list with 100,000 leads in the store: the first
// page of 50 for each filter, and how much memory a lead takes.
func BenchmarkLeads(b *testing.B) {
	const n = 100_000
	hot, cold := lead.Hot, lead.Cold
	queries := []struct {
		name string
		q    lead.Query
	}{
		{"All", lead.Query{}},
		{"Hot", lead.Query{Temperature: &hot}},
		{"Cold", lead.Query{Temperature: &cold}},
		{"Claimed", lead.Query{Status: lead.Claimed}},
		{"Source", lead.Query{Source: "source3"}},
		{"HotOfSource", lead.Query{Source: "source3", Temperature: &hot}},
		{"ClaimedBy", lead.Query{ClaimedBy: "Dana"}},
		{"ClaimedByNobody", lead.Query{ClaimedBy: "Nobody"}},
		{"Unclaimed", lead.Query{Unclaimed: true, Temperature: &hot}},
		{"Given", lead.Query{Consent: lead.Given}},
		{"Refused", lead.Query{Consent: lead.Refused}},
		{"NotAsked", lead.Query{Consent: lead.NotAsked}},
		{"GivenAndHot", lead.Query{Consent: lead.Given, Temperature: &hot}},
		{"RefusedOfSource", lead.Query{Consent: lead.Refused, Source: "source3"}},
		{"RefusedAndHot", lead.Query{Consent: lead.Refused, Temperature: &hot}}, // none is
		{"GivenSearch", lead.Query{Consent: lead.Given, Text: "ada"}},
		{"Email", lead.Query{Email: "p777@firm777.example"}},
		{"SearchCommon", lead.Query{Text: "ada"}},
		{"SearchRare", lead.Query{Text: "firm 777 "}},
		{"SearchOldest", lead.Query{Text: "p7@firm7.example"}},
		{"SearchNothing", lead.Query{Text: "zebra"}},
		{"SearchHot", lead.Query{Text: "firm 750", Temperature: &hot}},
		{"Since", lead.Query{Since: noon.AddDate(0, 0, -30)}},
	}
	for name, open := range map[string]func(testing.TB) *testStore{"Builtin": openBuiltin, "Server": func(t testing.TB) *testStore { return openServer(t, false) }} {
		b.Run(name, func(b *testing.B) {
			w := open(b)
			w.many(n)
			begin := time.Now()
			if err := w.WarmSearch(b.Context()); err != nil {
				b.Fatal(err)
			}
			b.Logf("the cards of %d leads are learned in %s", n, time.Since(begin).Round(time.Millisecond))
			if name == "Server" {
				b.Logf("%d bytes of Redis for each lead", w.Server(b.Context()).Used/n)
			}
			for _, tt := range queries {
				b.Run(tt.name, func(b *testing.B) {
					found, pages := 0, 0
					for b.Loop() {
						q := tt.q
						found, pages = 0, 0
						for { // as the inbox does: until there is something to show
							p, err := w.Leads(b.Context(), q)
							if err != nil {
								b.Fatal(err)
							}
							pages++
							if found += len(p.Items); found > 0 || p.Next == "" {
								break
							}
							q.Cursor = p.Next
						}
					}
					b.ReportMetric(float64(found), "leads")
					b.ReportMetric(float64(pages), "pages")
					b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/query")
				})
			}
			b.Run("Care", func(b *testing.B) {
				for b.Loop() {
					if _, err := w.Care(b.Context(), noon.AddDate(0, 0, -100), noon); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/query")
			})
		})
	}
}
