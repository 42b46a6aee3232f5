package repo

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// The journal's shelves of touches, leads and requests.
const (
	HotShelf     = "hot"      // touch id -> unsettled touch that looks hot on its own
	BulkShelf    = "bulk"     // touch id -> every other unsettled touch
	ReceiptShelf = "receipts" // touch id/target -> delivery of an unsettled touch that came to its end
	TouchShelf   = "touches"  // touch id -> settled touch
	LeadShelf    = "leads"    // lead id -> lead as of its latest change here
	RequestShelf = "requests" // request id -> the request as it came
)

// Shelves are the names of all of them.
func Shelves() []string {
	return []string{HotShelf, BulkShelf, ReceiptShelf, TouchShelf, LeadShelf, RequestShelf}
}

// A touch on a lane's shelf is the time of its arrival in Unix milliseconds and
// a byte of flags, so that a walk over the shelf need not decode it, and then
// the touch as JSON.
const (
	touchHeader = 9
	flagTest    = 1
)

// WaitingOp keeps an unsettled touch on a lane's shelf.
func WaitingOp(shelf string, t *lead.Touch) (journal.Op, error) {
	b, err := encodeWaiting(t)
	return journal.Put(shelf, t.ID, b), err
}

// NewOp keeps a touch that has just been accepted; the commit fails with
// journal.ErrExists when it is there already.
func NewOp(shelf string, t *lead.Touch) (journal.Op, error) {
	b, err := encodeWaiting(t)
	return journal.PutNew(shelf, t.ID, b), err
}

// SettledOp keeps a touch as history.
func SettledOp(t *lead.Touch) (journal.Op, error) {
	b, err := json.Marshal(t)
	if err != nil {
		return journal.Op{}, fmt.Errorf("encode touch %s: %w", t.ID, err)
	}
	return journal.Put(TouchShelf, t.ID, b), nil
}

func encodeWaiting(t *lead.Touch) ([]byte, error) {
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

// DecodeWaiting reads a touch of a lane's shelf.
func DecodeWaiting(b []byte) (*lead.Touch, error) {
	if len(b) < touchHeader {
		return nil, errors.New("touch is cut short")
	}
	t := new(lead.Touch)
	return t, json.Unmarshal(b[touchHeader:], t)
}

// Arrival reads when a touch of a lane's shelf was received, and whether it is a
// test.
func Arrival(b []byte) (at time.Time, test bool) {
	if len(b) < touchHeader {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(binary.BigEndian.Uint64(b))), b[8]&flagTest != 0
}

// RequestOp keeps a request: the length of its JSON without the body, that JSON,
// the body.
func RequestOp(r *lead.Request) journal.Op {
	head := *r
	head.Body = nil
	h, err := json.Marshal(&head)
	if err != nil {
		panic(err) // strings and a time
	}
	b := make([]byte, 0, 4+len(h)+len(r.Body))
	b = binary.BigEndian.AppendUint32(b, uint32(len(h)))
	return journal.Put(RequestShelf, r.ID, append(append(b, h...), r.Body...))
}

// DecodeRequest reads a kept request.
func DecodeRequest(b []byte) (*lead.Request, error) {
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

// Receipts are kept by touch and target until the touch is settled.

// ReceiptKey is the key of a receipt.
func ReceiptKey(touchID, target string) string { return touchID + "/" + target }

// TouchOf is the touch of a receipt's key.
func TouchOf(receiptKey string) string {
	id, _, _ := strings.Cut(receiptKey, "/")
	return id
}

// dropReceipts deletes the receipts of a touch that is settled.
func dropReceipts(t *lead.Touch) (ops []journal.Op) {
	for _, d := range t.Deliveries {
		ops = append(ops, journal.Delete(ReceiptShelf, ReceiptKey(t.ID, d.Target)))
	}
	return ops
}
