package load

import (
	"context"
	"fmt"
	"time"
)

// compare measures Echo, the naive gateway and leadgate in turns. Only one of
// them runs at a time, each round in another order.
func (r *runner) compare(ctx context.Context) (*comparison, error) {
	servers := map[string]*process{}
	for _, name := range contenders {
		var err error
		if name == "leadgate" {
			servers[name], err = r.startLeadgate(ctx, 0)
		} else {
			servers[name], err = r.startBaseline(ctx, name)
		}
		if err != nil {
			return nil, err
		}
		if err := servers[name].pause(); err != nil {
			return nil, fmt.Errorf("pause %s: %w", name, err)
		}
	}
	c := &comparison{Connections: r.o.conns}
	for n := range r.o.rounds {
		fmt.Fprintf(r.o.Out, "round %d of %d\n", n+1, r.o.rounds)
		round := map[string]*answers{}
		for i := range contenders {
			name := contenders[(i+n)%len(contenders)]
			ack, err := r.turn(ctx, servers[name])
			if err != nil {
				return nil, err
			}
			ack.print(r.o.Out, name)
			round[name] = ack
		}
		c.Rounds = append(c.Rounds, round)
	}
	c.sum()
	c.print(r.o.Out)
	return c, nil
}

// turn measures one server while the others are paused, and gives it a moment
// to work off what it has accepted before it is paused again.
func (r *runner) turn(ctx context.Context, server *process) (*answers, error) {
	if err := server.resume(); err != nil {
		return nil, fmt.Errorf("resume %s: %w", server.name, err)
	}
	ack := r.acks(ctx, server, server.addr, "/in/warm")
	waitUntil(ctx, time.Now().Add(r.o.pause))
	if err := server.alive(); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("interrupted: %w", ctx.Err())
	}
	if err := server.pause(); err != nil {
		return nil, fmt.Errorf("pause %s: %w", server.name, err)
	}
	return ack, nil
}
