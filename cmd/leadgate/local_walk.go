package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/leadgate/leadgate/lead"
)

// ask sends a request to the running server's API. The caller closes the body.
// A refusal is an error in the server's own words.
func (l local) ask(ctx context.Context, method, path, accept string, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+l.Address+"/api/v1"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+l.Token)
	req.Header.Set("Accept", accept)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("the server at %s does not answer; is it running?", l.Address)
	}
	if resp.StatusCode < 300 {
		return resp, nil
	}
	defer resp.Body.Close()
	var p struct{ Title, Detail string }
	b, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<20)) // the status says enough without it
	if json.Unmarshal(b, &p) != nil || p.Title == "" {
		return nil, fmt.Errorf("the server answers %s: %.200s", resp.Status, b)
	}
	return nil, fmt.Errorf("%s: %s", p.Title, p.Detail)
}

// walk lets the server go over all leads, tells how it gets on, and reads the
// result into result.
func (l local) walk(ctx context.Context, path string, body []byte, told lead.Walk, result any) error {
	resp, err := l.ask(ctx, http.MethodPost, path, "application/x-ndjson", body)
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
