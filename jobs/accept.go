package jobs

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/leadgate/leadgate/jobs/events"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// Accept makes one request's touches durable, all or none, and sets them on
// their way. isNew says whether any of them was new; a touch whose id is known
// already is a repeated delivery and is left alone. After an error that wraps
// lead.ErrNotDurable nothing may be promised, though a later start may find the
// touches all the same; the sender tries again and is then a repeat.
func (j *Jobs) Accept(ctx context.Context, req *lead.Request, touches []*lead.Touch) (isNew bool, err error) {
	isNew, err = j.accept(ctx, req, touches)
	return isNew, notDurable(err)
}

// notDurable adds lead.ErrNotDurable to the error of a journal that cannot write.
func notDurable(err error) error {
	if errors.Is(err, journal.ErrUnavailable) {
		return fmt.Errorf("%w: %w", lead.ErrNotDurable, err)
	}
	return err
}

func (j *Jobs) accept(ctx context.Context, req *lead.Request, touches []*lead.Touch) (isNew bool, err error) {
	j.busy.enter()
	defer j.busy.leave()
	req.Touches = idsOf(touches)
	if named := namesOf(touches); len(named) > 0 {
		// One acceptance of a name at a time, so that looking and keeping are one.
		defer j.names.lock(named...)()
		if touches, err = j.unknown(touches); err != nil {
			return false, fmt.Errorf("look for repeated deliveries: %w", err)
		}
	}
	if len(touches) == 0 {
		return false, nil
	}
	ops := make([]journal.Op, 0, len(touches)+2)
	var asked []bool // those that lack something, if any does
	lanes := make([]*lane, len(touches))
	counted := int64(0)
	for i, t := range touches {
		lanes[i] = j.laneOf(t)
		b, err := encodeTouch(t)
		if err != nil {
			return false, fmt.Errorf("encode touch %s: %w", t.ID, err)
		}
		ops = append(ops, journal.PutNew(lanes[i].shelf, t.ID, b))
		if j.asks(t) {
			if asked == nil {
				asked = make([]bool, len(touches))
			}
			asked[i] = true
			defer j.desk.expect(t.ID)()
			ops = append(ops, journal.Put(questionShelf, t.ID, mustJSON(j.question(t, lanes[i], time.Time{}))))
		}
		if !t.Test {
			counted++
		}
	}
	ops = append(ops, journal.Put(requestShelf, req.ID, encodeRequest(req)))
	day := lead.Day(req.ReceivedAt)
	if counted > 0 {
		ops = append(ops, journal.Add(dayShelf, day, counted))
	}
	if err := j.o.Journal.Commit(ctx, ops...); err != nil {
		return false, fmt.Errorf("journal request %s: %w", req.ID, err)
	}
	kept := j.now()
	j.days.accept(day, counted)
	for i, t := range touches {
		j.metrics.hop("accept", kept.Sub(t.ReceivedAt))
		j.events.Publish(events.Of(t, kept))
		if asked != nil && asked[i] {
			j.desk.add(j.question(t, lanes[i], kept))
			continue
		}
		j.ears.hear(t)
		j.start(t, lanes[i], kept)
	}
	if j.o.Sync {
		return true, j.handOver(ctx, touches)
	}
	return true, nil
}

// laneOf chooses the lane by what a touch is on its own.
func (j *Jobs) laneOf(t *lead.Touch) *lane {
	if j.policy.LooksHot(t) {
		return j.hot
	}
	return j.bulk
}

// namesOf are the ids that are not new but derived from a name that the sender
// gave, so that the same one may come again.
func namesOf(touches []*lead.Touch) (names []string) {
	for _, t := range touches {
		if t.DeliveryID != "" {
			names = append(names, t.ID)
		}
	}
	return names
}

// unknown leaves out the touches that the journal holds, settled or not, and
// all but the first of those that one request names twice.
func (j *Jobs) unknown(touches []*lead.Touch) ([]*lead.Touch, error) {
	fresh := make([]*lead.Touch, 0, len(touches))
	seen := map[string]bool{}
	for _, t := range touches {
		known := seen[t.ID]
		seen[t.ID] = true
		for _, shelf := range []string{hotShelf, bulkShelf, touchShelf} { // a touch moves in this order
			if known || t.DeliveryID == "" {
				break
			}
			switch _, err := j.o.Journal.Get(shelf, t.ID); {
			case err == nil:
				known = true
			case !errors.Is(err, journal.ErrNotFound):
				return nil, err
			}
		}
		if !known {
			fresh = append(fresh, t)
		}
	}
	return fresh, nil
}

// A touch on a lane's shelf is the time of its arrival in Unix milliseconds and
// a byte of flags, so that a walk over the shelf need not decode it, and then
// the touch as JSON.
const (
	touchHeader = 9
	flagTest    = 1
)

func encodeTouch(t *lead.Touch) ([]byte, error) {
	b, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	out := binary.BigEndian.AppendUint64(make([]byte, 0, touchHeader+len(b)), uint64(t.ReceivedAt.UnixMilli()))
	flags := byte(0)
	if t.Test {
		flags |= flagTest
	}
	return append(append(out, flags), b...), nil
}

func decodeTouch(b []byte) (*lead.Touch, error) {
	if len(b) < touchHeader {
		return nil, errors.New("touch is cut short")
	}
	t := new(lead.Touch)
	return t, json.Unmarshal(b[touchHeader:], t)
}

// arrivalOf reads the header of a touch on a lane's shelf.
func arrivalOf(b []byte) (at time.Time, test bool) {
	if len(b) < touchHeader {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(binary.BigEndian.Uint64(b))), b[8]&flagTest != 0
}

// A request is the length of its JSON without the body, that JSON, the body.
func encodeRequest(r *lead.Request) []byte {
	head := *r
	head.Body = nil
	h, err := json.Marshal(&head)
	if err != nil {
		panic(err) // strings and a time
	}
	b := make([]byte, 0, 4+len(h)+len(r.Body))
	b = binary.BigEndian.AppendUint32(b, uint32(len(h)))
	return append(append(b, h...), r.Body...)
}

func decodeRequest(b []byte) (*lead.Request, error) {
	if len(b) < 4 || len(b) < 4+int(binary.BigEndian.Uint32(b)) {
		return nil, errors.New("request is cut short")
	}
	n := 4 + int(binary.BigEndian.Uint32(b))
	r := new(lead.Request)
	if err := json.Unmarshal(b[4:n], r); err != nil {
		return nil, err
	}
	r.Body = append([]byte(nil), b[n:]...)
	return r, nil
}

// Request returns a request as it came, from the journal of this node.
func (j *Jobs) Request(id string) (*lead.Request, error) {
	b, err := j.o.Journal.Get(requestShelf, id)
	if err != nil {
		return nil, fmt.Errorf("request %s: %w", id, err)
	}
	return decodeRequest(b)
}
