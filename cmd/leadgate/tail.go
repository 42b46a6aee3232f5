package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/leadgate/leadgate/cmd/leadgate/client"
	"github.com/leadgate/leadgate/cmd/leadgate/console"
	"github.com/leadgate/leadgate/lead"
)

const tailHelp = `Tail shows what happens on the running server, as it happens: leads that come in with their verdicts, who
hears of them, who takes them. It goes on until it is interrupted, also when the server is started again.

With --json each line is one piece of news as the API's stream tells it, which names nobody.`

func tailCommand(env environment) *cobra.Command {
	var t tailing
	c := &cobra.Command{
		Use: "tail", Short: "Show what happens on the running server, as it happens", Long: tailHelp, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := env.config(c)
			if err != nil {
				return err
			}
			t.dir, t.out, t.talk = cfg.DataDir, c.OutOrStdout(), c.ErrOrStderr()
			t.color = console.WantsColor(t.out)
			return t.run(c.Context())
		},
	}
	addConfigFlags(c.Flags())
	c.Flags().BoolVar(&t.json, "json", false, "one JSON object a line")
	c.Flags().StringVar(&t.source, "source", "", "only what comes from this source")
	c.Flags().StringVar(&t.temperature, "temperature", "", "only leads this warm: cold, warm or hot")
	return c
}

// tailing is one run of tail.
type tailing struct {
	dir                 string // data directory of the server
	json, color         bool
	source, temperature string
	out, talk           io.Writer

	watched bool   // a stream was open once
	place   string // of the last news seen
}

// tailAgain is how long tail waits before it looks for the server again.
const tailAgain = time.Second

// run reads the stream, and comes back when it ends, until ctx does.
func (t *tailing) run(ctx context.Context) error {
	for {
		from, err := client.Find(t.dir)
		if err == nil {
			err = t.follow(ctx, from)
		}
		var refused *codedError
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.As(err, &refused), !t.watched:
			return err
		}
		fmt.Fprintln(t.talk, "leadgate: the server is away; waiting for it")
		pause(ctx, tailAgain)
	}
}

// follow reads one stream to its end.
func (t *tailing) follow(ctx context.Context, from client.Client) error {
	q := url.Values{}
	for name, value := range map[string]string{"source": t.source, "temperature": t.temperature} {
		if value != "" {
			q.Set(name, value)
		}
	}
	header := map[string]string{}
	if t.place != "" {
		header["Last-Event-ID"] = t.place
	}
	resp, err := from.Ask(ctx, http.MethodGet, "/stream?"+q.Encode(), header, nil)
	var no *client.Refusal
	if errors.As(err, &no) && no.Code == http.StatusBadRequest {
		return &codedError{exitUsage, errors.New(no.Text)}
	}
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	t.watched = true
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		var n lead.News
		if !ok || json.Unmarshal([]byte(data), &n) != nil {
			continue
		}
		t.place = n.ID
		if t.json {
			data = escapeControls(data) + "\n"
		} else if data = t.line(ctx, from, n); data == "" {
			continue
		}
		if _, err := io.WriteString(t.out, data); err != nil {
			return &codedError{exitFailed, err}
		}
	}
	return errors.New("the stream ended")
}

// escapeControls writes as JSON does what it leaves alone and some terminals obey.
func escapeControls(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r >= 0x7f && r < 0xa0 {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// line is a piece of news for people: empty for what they need not know.
func (t *tailing) line(ctx context.Context, from client.Client, n lead.News) string {
	var l *lead.Lead
	if n.Kind == lead.LeadNews && n.Change != "updated" {
		l = &lead.Lead{}
		if err := from.Get(ctx, "/leads/"+url.PathEscape(n.LeadID), l); err != nil {
			l = nil // the news is shown without it
		}
	}
	return console.News(n, l, t.color)
}
