package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/leadgate/leadgate/lead"
)

const tailHelp = `Tail shows what happens on the running server, as it happens: leads that come in with their verdicts, who
hears of them, who takes them. It goes on until it is interrupted, also when the server is started again.

With --json each line is one piece of news as the API's stream tells it, which names nobody.`

func tailCommand() *cobra.Command {
	var t tailing
	c := &cobra.Command{
		Use: "tail", Short: "Show what happens on the running server, as it happens", Long: tailHelp, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := loadConfig(c)
			if err != nil {
				return err
			}
			t.dir, t.out, t.talk = cfg.DataDir, c.OutOrStdout(), c.ErrOrStderr()
			if f, ok := t.out.(*os.File); ok {
				t.color = wantsColor(f)
			}
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
		from, err := findLocal(t.dir)
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
		waitUntil(ctx, time.Now().Add(tailAgain))
	}
}

// follow reads one stream to its end.
func (t *tailing) follow(ctx context.Context, from local) error {
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
	resp, err := from.ask(ctx, http.MethodGet, "/stream?"+q.Encode(), header, nil)
	var no *refusal
	if errors.As(err, &no) && no.code == http.StatusBadRequest {
		return &codedError{exitUsage, errors.New(no.says)}
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
func (t *tailing) line(ctx context.Context, from local, n lead.News) string {
	at := n.At.Local().Format("15:04:05.000")
	switch n.Kind {
	case lead.ResetNews:
		return at + "  some news is lost\n"
	case lead.DeliveryNews:
		return fmt.Sprintf("%s  %-8s  %s %s  touch %s\n", at, "", sanitise(n.Target, sourceCells), sanitise(n.State, sourceCells), n.TouchID)
	case lead.TouchNews:
		if n.State == string(lead.Accepted) {
			return "" // its lead is next
		}
		return fmt.Sprintf("%s  %-8s  touch %s of %s\n", at, strings.ToUpper(sanitise(n.State, 8)), n.TouchID, sanitise(n.Source, sourceCells))
	}
	if n.Change == "updated" {
		return ""
	}
	who := "lead " + n.LeadID
	var l lead.Lead
	if err := from.get(ctx, "/leads/"+url.PathEscape(n.LeadID), &l); err == nil {
		who = sanitise(touchWho(&lead.Touch{}, &l), whoCells)
		n = n.About(&l)
	} else {
		l.Temperature.UnmarshalText([]byte(n.Temperature)) // cold when it is none
		l.Score = n.Score
	}
	source := n.Source
	if n.Test {
		source += " (test)"
	}
	did := cmp.Or(map[string]string{"new": "new", "touched": "again"}[n.Change], n.Change)
	if n.By != "" && n.Change != "new" && n.Change != "touched" {
		did += " by " + n.By
	}
	return fmt.Sprintf("%s  %s  %s  %s  %s  %s\n", at, verdictWord(&lead.Touch{}, &l, t.color), pad(who, whoCells), pad(sanitise(source, sourceCells), sourceCells),
		pad(sanitise(did, sourceCells), 10), n.LeadID)
}
