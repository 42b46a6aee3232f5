package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// outage is why calls are refused. It is the error they get.
type outage struct {
	cause  error
	broken bool // nothing is believed until the file has been reopened; else: the disk is full
}

func (o *outage) Error() string {
	if o.broken {
		return fmt.Sprintf("%v until it is mended: %v", ErrUnavailable, o.cause)
	}
	return fmt.Sprintf("%v, the disk is full: %v", ErrUnavailable, o.cause)
}

func (o *outage) Unwrap() []error { return []error{ErrUnavailable, o.cause} }

// refuses says whether a call is refused; a nil outage refuses none.
func (o *outage) refuses(settles bool) bool {
	return o != nil && (o.broken || !settles)
}

// refuse lets calls fail from now on.
func (j *Journal) refuse(out *outage) {
	before := j.outage.Swap(out)
	if before == nil || before.broken != out.broken {
		j.log.Error("journal refuses commits", "broken", out.broken, "error", out.cause)
	}
}

// resume takes calls again.
func (j *Journal) resume() {
	if j.outage.Swap(nil) != nil {
		j.log.Info("journal takes commits again")
	}
}

// isFull says whether a write failed for want of room, and nothing worse. The
// same cause in an fsync is worse: pages that the kernel had taken are lost.
func isFull(err error) bool {
	var e *fs.PathError
	if !errors.As(err, &e) || e.Op != "write" && e.Op != "allocate" {
		return false
	}
	return errors.Is(e.Err, syscall.ENOSPC) || errors.Is(e.Err, syscall.EDQUOT) || errors.Is(e.Err, syscall.EFBIG)
}
