package intake

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/provider"
	"github.com/leadgate/leadgate/handlers/session"
	"github.com/leadgate/leadgate/handlers/source"
	"github.com/leadgate/leadgate/lead"
)

// The bounds of one part of an import.
const (
	importRows  = 500
	importBytes = 4 << 20
	importPause = 10 * time.Minute // between two parts of a list at most
)

// importing is one part of a list of people, as POST /import takes it.
type importing struct {
	Source string            `json:"source"` // a configured one, or a name for the list
	Action lead.Action       `json:"action"` // what the people did; default list_import
	Fields map[string]string `json:"fields"` // lead field <- column
	Alert  bool              `json:"alert"`  // tell of them like of any other touch
	DryRun bool              `json:"dry_run"`
	Rows   []struct {
		Row    int             `json:"row"` // for the answer
		ID     string          `json:"id"`  // names the row, so that it can be sent twice
		Values json.RawMessage `json:"values"`
	} `json:"rows"`
}

// ImportedRow is what became of a row.
type ImportedRow struct {
	Row    int          `json:"row"`
	Status string       `json:"status"` // accepted, rejected; with a dry run found
	ID     string       `json:"id,omitempty"`
	Why    string       `json:"why,omitempty"`
	Person *lead.Person `json:"person,omitempty"` // with a dry run: the first
	People int          `json:"people,omitempty"` // in the row, if more than one
}

// Import answers POST /import: the rows that name somebody reachable are
// accepted together like the touches of any other request; of the rest it says
// what is wrong with them.
func (s *Intake) Import(c echo.Context) error {
	var in importing
	d := json.NewDecoder(http.MaxBytesReader(c.Response(), c.Request().Body, importBytes))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return problem.Problem{Code: problem.Malformed, Detail: `Send JSON: {"source": "fair", "action": "event_badge", "rows": [{"row": 2, "id": "...", "values": {"Mail": "..."}}]}, 4 MiB at most.`, Because: err}
	}
	if len(in.Rows) > importRows {
		return problem.Problem{Code: problem.TooLarge, Detail: fmt.Sprintf("Send at most %d rows at once.", importRows)}
	}
	in.Action = cmp.Or(in.Action, "list_import")
	if s.o.Sources.Find(in.Source) == nil && !source.ValidName(in.Source) {
		return problem.Problem{Code: problem.BadQuery, Detail: "Name the list's source with 1 to 64 lower-case letters, digits and dashes."}
	}
	g := s.importGate(in.Source, in.Action, in.Fields)
	now := s.o.Now().UTC()
	req := &lead.Request{ID: lead.NewID(now), Source: g.Name, Provider: g.Format.Name, ReceivedAt: now, Action: in.Action, Fields: in.Fields, Header: map[string]string{"Content-Type": "application/json"}}
	var err error
	var out struct {
		Rows    []ImportedRow     `json:"rows"`
		Columns map[string]string `json:"columns,omitempty"` // with a dry run: column -> lead field
	}
	out.Columns = map[string]string{}
	var touches []*lead.Touch
	var bodies []json.RawMessage
	var at []int // of touches in out.Rows
	for _, row := range in.Rows {
		r := &provider.Request{Method: http.MethodPost, URL: &url.URL{Path: "/in/" + g.Name}, Header: http.Header{"Content-Type": {"application/json"}},
			Body: row.Values, Now: now, Source: g.View}
		if in.DryRun {
			r.Seen = func(x provider.Reading) {
				if x.Field != "" {
					out.Columns[x.Label] = x.Field
				}
			}
		}
		found := ImportedRow{Row: row.Row, Status: "accepted"}
		read, err := readTouches(g.Format, r)
		switch {
		case err != nil:
			found.Status, found.Why = "rejected", err.Error()
		case !slices.ContainsFunc(read, func(t lead.Touch) bool { return t.Person.Reachable() }):
			found.Status, found.Why = "rejected", "no column holds an e-mail address or a phone number"
		case in.DryRun:
			for i := range read {
				read[i].Person.Fill()
			}
			found.Status, found.Person = "found", &read[0].Person
		default:
			for i := range read {
				t := &read[i]
				t.DeliveryID, t.Action, t.Silent = row.ID, in.Action, !in.Alert
				if i > 0 {
					t.DeliveryID += "#" + strconv.Itoa(i)
				}
				if !t.Person.Reachable() { // beside somebody who is
					t.State, t.Error = lead.Unread, noContactError
				}
				touches, at = append(touches, t), append(at, len(out.Rows))
			}
			bodies = append(bodies, row.Values)
		}
		if len(read) > 1 && found.Status != "rejected" {
			found.People = len(read)
		}
		out.Rows = append(out.Rows, found)
	}
	c.Response().Header().Set("Cache-Control", "no-store") // it is about people
	if len(touches) == 0 {
		return c.JSON(http.StatusOK, out)
	}
	if req.Body, err = json.Marshal(bodies); err != nil {
		return problem.Problem{Code: problem.Malformed, Detail: "The rows are no JSON.", Because: err}
	}
	complete(g, req, touches, http.Header{})
	if _, err := s.accept(c.Request().Context(), req, touches); err != nil {
		return err
	}
	if !s.imports.goesOn(session.Of(c).Name+" "+g.Name, now) {
		s.o.Sessions.Did(c, lead.ActImport, g.Name)
	}
	for i, t := range slices.Backward(touches) { // the first of a row names it
		out.Rows[at[i]].ID = t.ID
	}
	return c.JSON(http.StatusOK, out)
}

// importGate is the source of an import: that of the configuration, or one of the
// list's own, and in either case one that reads JSON.
func (s *Intake) importGate(name string, action lead.Action, fields map[string]string) *source.Endpoint {
	g := source.Endpoint{Source: source.Source{Name: name}, View: provider.Source{Name: name}}
	if configured := s.o.Sources.Find(name); configured != nil {
		g.Source, g.View = configured.Source, configured.View
	}
	g.Format, _ = provider.Find("json")
	g.Action, g.View.Action = action, action
	if len(fields) > 0 {
		g.View.Fields = fields
	}
	return &g
}

// imports remembers which lists came lately, for all parts of a list are one act.
type imports struct {
	mu   sync.Mutex
	last map[string]time.Time // caller and source -> their latest part
}

// goesOn says whether a part belongs to a list that has begun.
func (i *imports) goesOn(list string, now time.Time) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	maps.DeleteFunc(i.last, func(_ string, at time.Time) bool { return now.Sub(at) > importPause })
	_, known := i.last[list]
	if i.last == nil {
		i.last = map[string]time.Time{}
	}
	i.last[list] = now
	return known
}
