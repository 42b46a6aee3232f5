package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadgate/leadgate/cmd/leadgate/client"
	"github.com/leadgate/leadgate/config"
	"github.com/leadgate/leadgate/jobs"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
)

// openedJournal is the journal with the directory it lives in.
type openedJournal struct {
	*journal.Journal
	dir       string
	temporary bool // journal: off; gone when the process ends
}

func (o *openedJournal) close() {
	o.Close()
	os.Remove(o.dir + "/" + client.File) // a stale one names a server that is gone
	if o.temporary {
		os.RemoveAll(o.dir)
	}
}

const nodeShelf = "node"

// openJournal opens the journal and returns this node's name, which stays with
// the directory. With journal: off it is a temporary one, and acceptance waits
// for Redis instead.
func openJournal(cfg *config.Config, registry prometheus.Registerer, log *slog.Logger) (*openedJournal, string, error) {
	o := &openedJournal{dir: cfg.DataDir}
	if !cfg.Journal {
		dir, err := os.MkdirTemp("", "leadgate-")
		if err != nil {
			return nil, "", fmt.Errorf("journal: off still needs a temporary directory: %w", err)
		}
		o.dir, o.temporary = dir, true
	}
	appends := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "leadgate_journal_append_seconds", Help: "Time of one commit to the journal, fsyncs included.",
		Buckets: []float64{.0002, .0005, .001, .002, .003, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5},
	})
	damaged := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "leadgate_journal_damaged_total", Help: "Values in the journal that failed their check.",
	})
	registry.MustRegister(appends, damaged)
	var err error
	o.Journal, err = journal.Open(journal.Options{
		Dir: o.dir, Shelves: append(jobs.Shelves(), nodeShelf, credentialShelf), Logger: log,
		OnCommit:  func(_ int, took time.Duration) { appends.Observe(took.Seconds()) },
		OnCorrupt: func(string, string, error) { damaged.Inc() },
	})
	if err != nil {
		return nil, "", err
	}
	name, err := o.Get(nodeShelf, "name")
	if errors.Is(err, journal.ErrNotFound) {
		name = []byte(lead.NewID(time.Now()))
		err = o.Commit(context.Background(), journal.Put(nodeShelf, "name", name))
	}
	if err != nil {
		o.Close()
		return nil, "", fmt.Errorf("name this node: %w", err)
	}
	return o, string(name), nil
}
