package slack

import (
	"context"
	"io"
	"log"
	"net/http"
	"sync"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

// Socket Mode: Slack's clicks and commands come over a WebSocket that leadgate
// opens, so no public URL is needed.
// https://docs.slack.dev/apis/events-api/using-socket-mode

const (
	socketMost  = 1 << 20 // bytes of one message
	socketSlots = 16      // answers at once
	socketAgain = time.Second
	socketRest  = 30 * time.Second // between attempts at most
	socketPings = 30 * time.Second // a connection without Slack's pings for so long is dead
)

// socket keeps a connection open until ctx ends.
func (a *App) socket(ctx context.Context) {
	api := slack.New(a.o.BotToken, slack.OptionAppLevelToken(a.o.AppToken), slack.OptionAPIURL(a.o.APIURL),
		slack.OptionHTTPClient(&http.Client{Timeout: slackTimeout}))
	rest := socketAgain
	for ctx.Err() == nil {
		begin := time.Now()
		client := socketmode.New(api, socketmode.OptionReadLimit(socketMost), socketmode.OptionPingInterval(socketPings),
			socketmode.OptionLog(log.New(io.Discard, "", 0))) // its log can hold what people wrote
		ended, stop := context.WithCancel(ctx)
		listening := make(chan struct{})
		go func() { defer close(listening); a.listen(ended, client) }()
		err := client.RunContext(ctx) // reconnects by itself until an attempt fails
		stop()
		<-listening
		if ctx.Err() != nil {
			return
		}
		if time.Since(begin) > time.Minute {
			rest = socketAgain
		}
		a.o.Logger.Warn("the connection to slack ended; connecting again", "error", slackCode(err), "wait", rest)
		select {
		case <-time.After(rest):
		case <-ctx.Done():
		}
		rest = min(2*rest, socketRest)
	}
}

// listen answers what comes over one connection.
func (a *App) listen(ctx context.Context, client *socketmode.Client) {
	var wg sync.WaitGroup
	defer wg.Wait()
	slots := make(chan struct{}, socketSlots)
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-client.Events:
			switch e.Type {
			case socketmode.EventTypeConnected:
				a.o.Logger.Info("connected to slack; buttons work")
			case socketmode.EventTypeInvalidAuth:
				a.o.Logger.Error("slack refuses the app token; set LEADGATE_SLACK_APP_TOKEN to one with connections:write")
			case socketmode.EventTypeInteractive, socketmode.EventTypeSlashCommand, socketmode.EventTypeEventsAPI:
				slots <- struct{}{}
				wg.Go(func() { defer func() { <-slots }(); a.take(ctx, client, e) })
			}
		}
	}
}

// take does what an envelope asks for, once, and acknowledges it every time.
func (a *App) take(ctx context.Context, client *socketmode.Client, e socketmode.Event) {
	var answer any
	var err error
	if a.seen.first(e.Request.EnvelopeID, a.o.Now()) {
		switch data := e.Data.(type) {
		case slack.InteractionCallback:
			answer, err = a.interact(ctx, data)
		case slack.SlashCommand:
			answer, err = a.command(ctx, data)
		}
	}
	if err != nil {
		a.o.Logger.Warn("slack sent what is not for this app", "error", err)
	}
	if err := client.AckCtx(ctx, e.Request.EnvelopeID, answer); err != nil && ctx.Err() == nil {
		a.o.Logger.Warn("slack was not answered; it will send again", "error", slackCode(err))
	}
}
