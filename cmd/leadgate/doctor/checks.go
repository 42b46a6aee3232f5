package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead/ops"
	"github.com/leadgate/leadgate/store"
)

// Bounds of what the doctor finds well.
const (
	spaceWarns = 1 << 30
	spaceFails = 100 << 20
	fsyncWarns = 25 * time.Millisecond // every answer waits for one
	redisWarns = 20 * time.Millisecond
	skewWarns  = 5 * time.Second // signatures are refused at five minutes
)

// dataCheck is what the looks at the disk are called.
const dataCheck = "data_dir"

// space looks at how much room there is for leads.
func (d Doctor) space(context.Context) (all []ops.Finding) {
	if !d.Config().Journal {
		return []ops.Finding{finding(dataCheck, ops.Warns, "give it a disk and set journal: on", "journal: off, so a lead is only as safe as Redis")}
	}
	var fs unix.Statfs_t
	if err := unix.Statfs(d.Dir, &fs); err == nil {
		free := int64(fs.Bavail) * int64(fs.Bsize) // their types differ between systems
		state, do := ops.Fine, ""
		if free < spaceWarns {
			state, do = ops.Warns, "make room; leads are refused when the disk is full"
		}
		if free < spaceFails {
			state = ops.Fails
		}
		all = append(all, finding(dataCheck, state, do, "%s has %s free", d.Dir, bytesWord(free)))
	}
	if journal.InMemory(d.Dir) {
		all = append(all, finding(dataCheck, ops.Warns, "put it on a disk", "%s is in memory: a power cut loses what was accepted", d.Dir))
	}
	return all
}

// fsync looks at how fast the disk keeps.
func (d Doctor) fsync(context.Context) []ops.Finding {
	if !d.Config().Journal {
		return nil
	}
	took, err := fsyncTime(d.Dir)
	switch {
	case err != nil:
		return []ops.Finding{finding(dataCheck, ops.Fails, "make it a directory that this user may write to, on a disk that is not full", "%s cannot be written: %s", d.Dir, cause(err))}
	case took > fsyncWarns:
		return []ops.Finding{finding(dataCheck, ops.Warns, "put it on a faster disk; every answer waits for this", "an fsync takes %s", took.Round(time.Millisecond))}
	}
	return []ops.Finding{finding(dataCheck, ops.Fine, "", "an fsync takes %.1f ms", float64(took.Microseconds())/1000)}
}

// fsyncTime is the median of five small writes that are made durable.
func fsyncTime(dir string) (time.Duration, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, err
	}
	f, err := os.CreateTemp(dir, ".doctor-")
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	var took []time.Duration
	for range 5 {
		begin := time.Now()
		if _, err := f.Write(make([]byte, 4096)); err != nil {
			return 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, err
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}

// redis looks at the server that carries the work.
func (d Doctor) redis(ctx context.Context) (all []ops.Finding) {
	const check = "redis"
	if d.Embedded {
		return []ops.Finding{finding(check, ops.Fine, "", "built in, which is fine for one machine")}
	}
	begin := time.Now()
	warnings, err := d.Store.CheckServer(ctx)
	took := time.Since(begin)
	switch {
	case errors.Is(err, store.ErrOldServer):
		return []ops.Finding{finding(check, ops.Fails, "use Redis 6.2 or later, or Valkey", "%s", cause(err))}
	case err != nil:
		return []ops.Finding{finding(check, ops.Fails, "start it, or mend LEADGATE_REDIS_URL; until then leads wait in the journal and hot ones are told all the same",
			"it does not answer: %s", cause(err))}
	case took > redisWarns:
		all = append(all, finding(check, ops.Warns, "put it nearer", "it took %s to answer", took.Round(time.Millisecond)))
	}
	for _, w := range warnings {
		all = append(all, finding(check, ops.Warns, "", "%s", w))
	}
	if now, err := d.Store.Time(ctx); err == nil {
		if skew := time.Since(now).Abs(); skew > skewWarns {
			all = append(all, finding("clock", ops.Warns, "let both set their clocks by NTP", "the clocks of this machine and of Redis differ by %s", skew.Round(time.Second)))
		}
	}
	if len(all) == 0 {
		s := d.Store.Server(ctx)
		all = append(all, finding(check, ops.Fine, "", "version %s answers, %s in use", cmp.Or(s.Version, "unknown"), bytesWord(s.Used)))
	}
	return all
}

// public looks whether the public address leads here.
func (d Doctor) public(ctx context.Context) []ops.Finding {
	const check = "public_url"
	if d.Config().PublicURL == "" {
		return []ops.Finding{finding(check, ops.Warns, "set public_url (LEADGATE_PUBLIC_URL) to how the world reaches this server",
			"it is not set: alerts link to where the server listens, and vendors that sign their URL cannot be checked")}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.Config().PublicURL+"/healthz", nil)
	if err != nil {
		return []ops.Finding{finding(check, ops.Fails, "write https://leads.example.com", "%s is no address", d.Config().PublicURL)}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return []ops.Finding{finding(check, ops.Warns, "look at the name, the proxy and the certificate; from inside some networks it cannot be seen", "%s was not reached from here: %s", d.Config().PublicURL, cause(err))}
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return []ops.Finding{finding(check, ops.Warns, "let the proxy pass all paths on unchanged", "%s/healthz answers %s", d.Config().PublicURL, resp.Status)}
	}
	return []ops.Finding{finding(check, ops.Fine, "", "%s leads to a server that is alive", d.Config().PublicURL)}
}

// cause is what went wrong without the way to it, which may hold an address.
func cause(err error) string {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err.Error()
}

func bytesWord(n int64) string {
	switch {
	case n >= 10<<30:
		return fmt.Sprintf("%d GB", n>>30)
	case n >= 10<<20:
		return fmt.Sprintf("%d MB", n>>20)
	}
	return fmt.Sprintf("%d KB", n>>10)
}
