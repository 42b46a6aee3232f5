package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/lead"
)

const (
	// turnsShown is how many turns stand in an answer that is not streamed.
	turnsShown = 1000
	// walkPatience is how long a client of a walk may take to read a line.
	walkPatience = 30 * time.Second
)

// walk answers with a walk over all leads. Who accepts application/x-ndjson gets
// it line by line, {"progress":...} and {"turn":...} as they come and {"result":...}
// or {"error":...} last; everybody else one document at the end.
func walk[R any](c echo.Context, do func(lead.Walk) (R, error)) error {
	control := Patient(c)
	if strings.Contains(c.Request().Header.Get("Accept"), "application/x-ndjson") {
		return walkByLine(c, control, do)
	}
	turns := []lead.Turn{}
	result, err := do(lead.Walk{Turn: func(t lead.Turn) error {
		if len(turns) < turnsShown {
			turns = append(turns, t)
		}
		return nil
	}})
	if err != nil {
		return err
	}
	return show(c, struct {
		Result R           `json:"result"`
		Turns  []lead.Turn `json:"turns"`
	}{result, turns})
}

// Patient lets an answer take as long as it takes.
func Patient(c echo.Context) *http.ResponseController {
	control := http.NewResponseController(c.Response())
	_ = control.SetReadDeadline(time.Time{}) // not every writer has one, and such a writer has no limit
	_ = control.SetWriteDeadline(time.Time{})
	return control
}

// walkLine is one line of a streamed walk.
type walkLine struct {
	Progress *lead.Progress `json:"progress,omitempty"`
	Turn     *lead.Turn     `json:"turn,omitempty"`
	Result   any            `json:"result,omitempty"`
	Error    string         `json:"error,omitempty"`
}

func walkByLine[R any](c echo.Context, control *http.ResponseController, do func(lead.Walk) (R, error)) error {
	h := c.Response().Header()
	h.Set("Content-Type", "application/x-ndjson")
	h.Set("Cache-Control", "no-store")
	out := json.NewEncoder(c.Response())
	write := func(l walkLine) error {
		_ = control.SetWriteDeadline(time.Now().Add(walkPatience)) // as above
		if err := out.Encode(l); err != nil {
			return fmt.Errorf("tell the client: %w", err)
		}
		if l.Turn != nil {
			return nil // goes with the progress of its page
		}
		return control.Flush()
	}
	result, err := do(lead.Walk{
		Turn:     func(t lead.Turn) error { return write(walkLine{Turn: &t}) },
		Progress: func(p lead.Progress) error { return write(walkLine{Progress: &p}) },
	})
	if err != nil {
		if !c.Response().Committed {
			return err
		}
		_ = write(walkLine{Error: problem.Of(err).Detail}) // the client may have gone, which is why it ended
		return err
	}
	return write(walkLine{Result: result})
}
