package handlers

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
)

// onePerson knows Dana, who lives in UTC.
type onePerson struct{}

func (onePerson) Staff(context.Context) (lead.Staff, error) {
	return lead.Staff{Reps: []lead.RepState{{Name: "Dana", Hours: "Mon-Fri 09:00-17:30", Zone: "UTC", AtWork: true, Weight: 1, Teams: []string{"<b>emea</b>"}}, {Name: "Lee Ray", Zone: "Europe/Berlin", OffUntil: noon.Add(time.Hour), Weight: 2, Cap: 5}},
		Teams: []lead.TeamState{{Name: "<b>emea</b>", Mode: lead.RoundRobin, Reps: []string{"Dana"}}}}, nil
}

func (onePerson) OffUntil(_ context.Context, rep, words string) (time.Time, error) {
	if rep != "Dana" {
		return time.Time{}, fmt.Errorf("rep %s: %w", rep, lead.ErrNotFound)
	}
	return lead.ParseUntil(words, noon)
}

func TestServer_SetOff(t *testing.T) {
	s, _ := testServer(t, nil, func(o *Options) { o.API.People, o.Session.Tokens = onePerson{}, []string{"token"} })
	for name, tt := range map[string]struct {
		rep, body string
		status    int
		want      string
	}{
		"Off":      {"Dana", `{"until":"14:00"}`, 200, `{"rep":"Dana","off_until":"2026-11-25T14:00:00Z"}`},
		"Back":     {"Dana", `{"until":"back"}`, 200, `{"rep":"Dana"}`},
		"Nobody":   {"Lee", `{"until":"14:00"}`, 404, "not_found"},
		"NoMoment": {"Dana", `{"until":"soon"}`, 400, "write 14:00, tomorrow"},
		"Nothing":  {"Dana", `{}`, 400, "malformed"},
		"Rubbish":  {"Dana", `{"until":`, 400, "malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			w := post(s, "/api/v1/reps/"+tt.rep+"/off", jsonType, tt.body, "Authorization", "Bearer token")
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
				t.Errorf("off %s = %d %s, want %d with %s", tt.body, w.Code, w.Body, tt.status, tt.want)
			}
		})
	}
}
