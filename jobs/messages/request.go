package messages

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// request asks that every message about a lead show its present state. It is
// kept in the journal until it is done, with the lead's revision that asked for
// it: a crash, a dead target or an outage of Redis only delay it.
type request struct {
	Revision int64       `json:"revision"`
	Posts    []lead.Post `json:"posts,omitempty"` // of a lead that was erased
	left     int         // messages still to be updated
}

// Update has every message about l show what l is now. It returns once that is
// on disk, and does not wait for any target. A lead without messages costs
// nothing.
func (m *Messages) Update(ctx context.Context, l *lead.Lead) error {
	if len(l.Posts) == 0 {
		return nil
	}
	defer m.o.Leads.Lock(l.ID)()
	if err := m.o.Journal.Settle(ctx, m.Request(l)); err != nil {
		return fmt.Errorf("keep the update of the messages about lead %s: %w", l.ID, err)
	}
	m.Start(l)
	return nil
}

// UpdateErased has every message about l, which was erased or is about to be,
// say only that.
func (m *Messages) UpdateErased(ctx context.Context, l *lead.Lead) error {
	if len(l.Posts) == 0 {
		return nil
	}
	defer m.o.Leads.Lock(l.ID)()
	r := request{Revision: l.Revision, Posts: l.Posts}
	if err := m.o.Journal.Settle(ctx, m.kept.Put(l.ID, r)); err != nil {
		return fmt.Errorf("keep the update of the messages about lead %s: %w", l.ID, err)
	}
	m.startErased(l.ID, r)
	return nil
}

// Request is the op that keeps an update for callers that commit more with it;
// they call Start afterwards, and hold the lead's lock over both.
func (m *Messages) Request(l *lead.Lead) journal.Op {
	return m.kept.Put(l.ID, request{Revision: l.Revision})
}

// Start begins a kept update.
func (m *Messages) Start(l *lead.Lead) {
	m.start(l.ID, request{Revision: l.Revision}, slices.DeleteFunc(slices.Clone(l.Posts), func(p lead.Post) bool {
		return p.Kind == lead.Repeat || p.Kind == lead.ThreadReply // replies in a thread stay as they are
	}))
}

func (m *Messages) startErased(leadID string, r request) {
	m.mu.Lock()
	m.erased[leadID] = true
	m.mu.Unlock()
	m.start(leadID, r, r.Posts)
}

// start counts first, so that the request is not done before all its messages
// are queued.
func (m *Messages) start(leadID string, r request, posts []lead.Post) {
	posts = slices.DeleteFunc(posts, func(p lead.Post) bool { return !m.Updatable(p.Target) })
	m.mu.Lock()
	r.left = len(posts)
	m.requests[leadID] = &r
	m.mu.Unlock()
	for _, p := range posts {
		m.updaters[p.Target].add(p, leadID, &r)
	}
	if len(posts) == 0 {
		m.done(leadID, &r)
	}
}

// updated counts a message of a request that shows the present state, or never
// will.
func (m *Messages) updated(leadID string, r *request) {
	m.mu.Lock()
	r.left--
	done := r.left == 0
	m.mu.Unlock()
	if done {
		unlock := m.o.Leads.Lock(leadID)
		m.done(leadID, r)
		unlock()
	}
}

// done deletes a request, unless a later one began. The caller holds the lead's
// lock.
func (m *Messages) done(leadID string, r *request) {
	m.mu.Lock()
	last := m.requests[leadID] == r
	if last {
		delete(m.requests, leadID)
		delete(m.erased, leadID)
	}
	m.mu.Unlock()
	if !last {
		return
	}
	if err := m.o.Journal.Settle(context.Background(), m.kept.Delete(leadID)); err != nil {
		m.log.Warn("delete an update request; it is done again after the next start", "lead_id", leadID, "error", err)
	}
}

// Restore starts again what an earlier run of the process left. An error says
// that some of it has to wait, for only Redis has the lead.
func (m *Messages) Restore(ctx context.Context) error {
	kept := map[string]request{}
	for e, err := range m.kept.All() {
		if err != nil {
			return fmt.Errorf("read update requests: %w", err)
		}
		kept[e.Key] = e.Value
	}
	var trouble error
	for id, r := range kept {
		if err := m.restore(ctx, id, r); err != nil {
			trouble = fmt.Errorf("resume the update of the messages about lead %s: %w", id, err)
		}
	}
	return trouble
}

// restore starts a kept request, unless a later one is in progress.
func (m *Messages) restore(ctx context.Context, id string, r request) error {
	defer m.o.Leads.Lock(id)()
	m.mu.Lock()
	later := m.requests[id] != nil
	m.mu.Unlock()
	if later {
		return nil
	}
	if len(r.Posts) > 0 {
		m.startErased(id, r)
		return nil
	}
	l, err := m.o.Leads.Lead(ctx, id)
	if errors.Is(err, lead.ErrNotFound) {
		l, err = &lead.Lead{ID: id}, nil // deleted: no message is left to update
	}
	if err == nil {
		m.Start(l)
	}
	return err
}
