package repo

import "sync"

// Lock locks leads, each once and in one order, until unlock is called: whoever
// keeps a lead in the journal and starts what follows from it holds it over both.
func (r *Repo) Lock(leadIDs ...string) (unlock func()) { return r.leads.Lock(leadIDs...) }

// LockSettlement locks the settlement of a touch: it is settled or reopened by one
// at a time.
func (r *Repo) LockSettlement(touchID string) (unlock func()) { return r.settlements.Lock(touchID) }

// Locks are many locks for many more names.
type Locks [256]sync.Mutex

// of picks the lock of a name.
func (l *Locks) of(name string) int {
	h := uint32(2166136261)
	for i := range len(name) {
		h = (h ^ uint32(name[i])) * 16777619
	}
	return int(h % uint32(len(l)))
}

// Lock locks the locks of names, each once and in one order.
func (l *Locks) Lock(names ...string) (unlock func()) {
	if len(names) == 1 {
		m := &l[l.of(names[0])]
		m.Lock()
		return m.Unlock
	}
	var wanted [len(l)]bool
	for _, name := range names {
		wanted[l.of(name)] = true
	}
	for i := range l {
		if wanted[i] {
			l[i].Lock()
		}
	}
	return func() {
		for i := range l {
			if wanted[i] {
				l[i].Unlock()
			}
		}
	}
}
