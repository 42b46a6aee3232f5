package slack

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/slack-go/slack"
)

// errStranger says that somebody of another workspace or app calls.
var errStranger = errors.New("not of the configured workspace")

// home is the workspace and the app of the bot token, asked for once.
type home struct {
	mu        sync.Mutex
	asked     time.Time
	team, app string
}

// askAgain is how soon Slack is asked again after it did not tell.
const askAgain = time.Minute

// whoAmI returns the bot's workspace and app; empty while Slack does not tell.
// Slack's signature, or the app token, vouches for the app in any case.
func (a *App) whoAmI(ctx context.Context) (team, app string) {
	h := &a.home
	h.mu.Lock()
	defer h.mu.Unlock()
	if now := a.o.Now(); a.api != nil && h.team == "" && now.Sub(h.asked) > askAgain {
		h.asked = now
		ctx, cancel := context.WithTimeout(ctx, askLimit)
		defer cancel()
		if me, err := a.api.AuthTestContext(ctx); err == nil {
			h.team = me.TeamID
			if bot, err := a.api.GetBotInfoContext(ctx, slack.GetBotInfoParameters{Bot: me.BotID}); err == nil {
				h.app = bot.AppID
			}
		}
	}
	return h.team, h.app
}

// askLimit bounds what is asked of Slack before it has its answer.
const askLimit = 1500 * time.Millisecond

// admit says who presses or types, by the name that the lead will show. Refused
// says in words for that person why he may not; errStranger is for those who
// are not of this workspace at all.
func (a *App) admit(ctx context.Context, team, app, member, memberTeam, name string) (by, refused string, err error) {
	myTeam, myApp := a.whoAmI(ctx)
	if myTeam != "" && team != myTeam || myApp != "" && app != myApp {
		return "", "", errStranger
	}
	if memberTeam != "" && team != "" && memberTeam != team {
		return "", "Leads are for members of this workspace.", nil
	}
	if reps := a.o.Reps(); len(reps) > 0 {
		for _, r := range reps {
			if r.Slack != "" && r.Slack == member {
				return r.Name, "", nil
			}
		}
		return "", "You are not among the reps of leadgate. Ask whoever runs it to add your member id, " + member + ", to reps.", nil
	}
	m := a.member(ctx, member)
	if m.guest {
		return "", "Guests cannot take leads.", nil
	}
	return cmp.Or(m.name, name, member), "", nil
}

// member is what Slack tells of somebody.
type member struct {
	name  string
	guest bool
	at    time.Time
}

// members remembers them.
type members struct {
	mu    sync.Mutex
	known map[string]member
}

const (
	memberFor   = time.Hour
	membersMost = 5000
)

// member asks Slack about somebody, once an hour. Nothing is known when Slack
// does not tell.
func (a *App) member(ctx context.Context, id string) member {
	p := &a.people
	now := a.o.Now()
	p.mu.Lock()
	m, ok := p.known[id]
	p.mu.Unlock()
	if ok && now.Sub(m.at) < memberFor || a.api == nil {
		return m
	}
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	u, err := a.api.GetUserInfoContext(ctx, id)
	if err != nil {
		return m
	}
	m = member{name: cmp.Or(u.Profile.DisplayName, u.RealName, u.Name), guest: u.IsRestricted || u.IsUltraRestricted || u.IsStranger || u.Deleted, at: now}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil || len(p.known) > membersMost {
		p.known = map[string]member{}
	}
	p.known[id] = m
	return m
}

// nameOf is how the lead of a member shows him: as a rep, else as Slack does.
func (a *App) nameOf(ctx context.Context, id string) string {
	for _, r := range a.o.Reps() {
		if r.Slack == id {
			return r.Name
		}
	}
	return cmp.Or(a.member(ctx, id).name, id)
}
