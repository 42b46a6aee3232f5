package main

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
)

// silence has Redis know a source that is heard every 40 minutes and was last
// five hours ago.
func (r *realRedis) silence(source string) (last time.Time) {
	r.t.Helper()
	at := time.Now().UTC()
	known := lead.ArrivalRate{Last: at.Add(-5 * time.Hour), Seen: at, Silent: at.Add(-4 * time.Hour), Longest: map[string]time.Duration{}}
	for d := range 5 {
		known.Longest[at.AddDate(0, 0, -d).Format(time.DateOnly)] = 40 * time.Minute
	}
	doc, err := json.Marshal(known)
	if err != nil {
		r.t.Fatal(err)
	}
	r.do("HSET lg:rhythms " + source + " '" + string(doc) + "'")
	return known.Last
}

// The API says which source is silent, what was refused and what to do about it,
// and goes on without Redis with what it knows.
func TestProgram_SourcesSay(t *testing.T) {
	t.Parallel()
	redis := newRealRedis(t)
	p := newProgram(t, "LEADGATE_REDIS_URL="+redis.url())
	p.config("sources: [{name: contact, provider: form, token: path-token}, {name: webinars, provider: zoom, secret: \"0123456789abcdef\"}]")
	p.start()
	last := redis.silence("webinars")
	p.post("/in/webinars", "application/json", `{}`)
	p.post("/in/contact/path-token", "application/json", `{"email":"ada@works.example"}`)
	of := func() map[string]source.State {
		t.Helper()
		var page struct{ Items []source.State }
		if code := p.get("/sources", &page); code != http.StatusOK {
			t.Fatalf("GET /sources = %d", code)
		}
		all := map[string]source.State{}
		for _, st := range page.Items {
			all[st.Name] = st
		}
		return all
	}
	st := of()["webinars"]
	if !st.SilentSince.Equal(last) || st.UsualSilence != 2400 || len(st.Refusals) != 1 || st.Refusals[0].Why != "bad_signature" || st.Refusals[0].Do == "" {
		t.Errorf("webinars = %+v, want it silent since %s, with one refusal and what to do", st, last)
	}
	if st := of()["contact"]; !st.SilentSince.IsZero() || st.AcceptedToday != 1 || len(st.Refusals) != 0 {
		t.Errorf("contact = %+v, want one touch and nothing wrong", st)
	}
	redis.kill()
	if st := of()["webinars"]; !st.SilentSince.IsZero() || st.UsualSilence != 0 || len(st.Refusals) != 1 {
		t.Errorf("without Redis webinars = %+v, want the refusal alone", st)
	}
}
