// Package journal keeps bytes: what was committed is there after a crash, a
// power cut or a full disk. It knows nothing about what the bytes mean.
//
// What it promises:
//
//   - Commit and Settle return nil only after an fsync that covers all of the
//     ops returned without error. All ops of a call are kept, or none.
//   - Any number of goroutines may call at once. What waits shares one
//     transaction and so one pair of fsyncs; nobody waits for company.
//   - A failed write or fsync is never retried and believed. From then on all
//     calls fail with ErrUnavailable until the file has been made durable
//     anew, reopened, checked and written to; that is tried again by itself.
//   - On a full disk Commit fails at once with ErrUnavailable, while Settle may
//     use bytes set aside for it: finishing work is what frees room. Service
//     resumes by itself when there is room again.
//   - Every value carries a checksum. A damaged one is reported, not returned,
//     and does not hide its neighbours.
//   - One process at a time: the second one gets ErrLocked.
//
// What it does not promise: a call that failed with ErrUnavailable, or whose
// process died, may still be found later; only nil says something about what is
// on disk. Give what must not happen twice a key of its own and use PutNew.
//
// Keys are ordered within named shelves. They appear in logs, so a key must not
// hold a secret or tell who somebody is. Values do not appear anywhere.
package journal
