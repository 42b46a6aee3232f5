package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/leadgate/leadgate/lead"
)

// walk lets the server go over all leads, tells how it gets on, and reads the
// result into result.
func (l local) walk(ctx context.Context, path string, body []byte, told lead.Walk, result any) error {
	resp, err := l.ask(ctx, http.MethodPost, path, map[string]string{"Accept": "application/x-ndjson"}, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	in := bufio.NewReader(resp.Body)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return fmt.Errorf("the server went away before the end: %w", err)
		}
		var got struct {
			Progress *lead.Progress
			Turn     *lead.Turn
			Result   json.RawMessage
			Error    string
		}
		if err := json.Unmarshal(line, &got); err != nil {
			return fmt.Errorf("read the server's answer: %w", err)
		}
		switch {
		case got.Error != "":
			return errors.New(got.Error)
		case got.Result != nil:
			return json.Unmarshal(got.Result, result)
		case got.Turn != nil:
			err = told.Tell(*got.Turn)
		case got.Progress != nil:
			err = told.Reached(*got.Progress)
		}
		if err != nil {
			return err
		}
	}
}
