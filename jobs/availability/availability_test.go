package availability

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// fake is a Redis that a test takes away and brings back.
type fake struct {
	mu      sync.Mutex
	err     error // of a check
	restore error // of OnReturn
	returns []bool
}

// set gives the next calls their errors.
func (f *fake) set(err, restore error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err, f.restore = err, restore
}

// returned are the arguments of OnReturn so far.
func (f *fake) returned() []bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.returns)
}

func (f *fake) check(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

func (f *fake) onReturn(_ context.Context, lost bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.returns = append(f.returns, lost)
	return f.restore
}

func (f *fake) monitor() *Monitor {
	return New(Options{
		Check:    f.check,
		OnReturn: f.onReturn,
		Logger:   slog.New(slog.DiscardHandler),
		Now:      time.Now,
	})
}

func TestMonitor_DownSince(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(fake).monitor()
		begin := time.Now()
		if at := m.DownSince(); !at.IsZero() {
			t.Errorf("before Ready DownSince = %v, want none", at)
		}
		m.MarkReady()
		for _, step := range []struct {
			up   bool
			want time.Duration
		}{{false, 0}, {true, -1}, {false, 2 * time.Second}, {false, 2 * time.Second}, {true, -1}} {
			m.SetUp(step.up)
			want := time.Time{}
			if step.want >= 0 {
				want = begin.Add(step.want)
			}
			time.Sleep(time.Second)
			if at := m.DownSince(); !at.Equal(want) {
				t.Errorf("with redis up %t DownSince = %v, want %v", step.up, at, want)
			}
		}
	})
}

func TestMonitor_WhenDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(fake).monitor()
		calls := 0
		go m.WhenDown(t.Context(), func() { calls++ })
		for i, step := range []struct {
			up   bool
			want int
		}{{false, 0}, {true, 0}, {false, 1}, {false, 1}, {true, 1}, {false, 2}} {
			m.SetUp(step.up)
			synctest.Wait()
			if calls != step.want {
				t.Errorf("step %d: %d calls, want %d", i, calls, step.want)
			}
		}
	})
}

// One late answer is no outage, two are; lost data is one at once; and Redis is
// up again only when what it lost has been restored.
func TestMonitor_Run(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := new(fake)
		m := f.monitor()
		go m.Run(t.Context())
		m.SetUp(true)
		f.set(errors.New("refused"), nil)
		time.Sleep(time.Minute)
		if !m.Up() {
			t.Fatal("redis is checked before Ready")
		}
		f.set(nil, nil)
		m.MarkReady()
		checks := func(n int) { time.Sleep(time.Duration(n)*CheckEvery + CheckEvery/2); synctest.Wait() }
		checks(1)

		f.set(errors.New("timeout"), nil)
		time.Sleep(CheckEvery)
		synctest.Wait()
		if !m.Up() {
			t.Error("down after one failed check, want two")
		}
		time.Sleep(CheckEvery)
		synctest.Wait()
		if m.Up() {
			t.Error("up after two failed checks")
		}
		select {
		case <-m.Wakes():
		default:
			t.Error("nobody was woken when redis went")
		}

		f.set(nil, errors.New("cannot restore"))
		checks(2)
		if returns := f.returned(); m.Up() || len(returns) == 0 || returns[0] {
			t.Errorf("up %t after a restore that failed, OnReturn %v; want down, and nothing lost so soon", m.Up(), returns)
		}
		time.Sleep(lostAfter)
		f.set(nil, nil)
		checks(1)
		if returns := f.returned(); !m.Up() || !returns[len(returns)-1] {
			t.Errorf("up %t, OnReturn %v; want up, and tasks taken for lost after a long outage", m.Up(), returns)
		}
		if m.Steady() {
			t.Error("steady at once")
		}
		time.Sleep(settleTime)
		if !m.Steady() {
			t.Error("not steady after the settle time")
		}

		f.set(ErrDataLost, nil)
		m.ReportError(errors.New("any"))
		synctest.Wait()
		if m.Up() {
			t.Error("up although redis lost its data")
		}
	})
}

func TestMonitor_Await(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(fake).monitor()
		ctx, cancel := context.WithCancel(t.Context())
		got := make(chan bool)
		wait := func() { go func() { got <- m.Await(ctx) }() }
		wait()
		synctest.Wait()
		m.SetUp(true)
		if !<-got {
			t.Error("Await = false with redis up")
		}
		m.SetUp(false)
		wait()
		synctest.Wait()
		cancel()
		if <-got {
			t.Error("Await = true after ctx has ended")
		}
		if err := m.Ready(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Ready = %v after ctx has ended", err)
		}
	})
}

func TestWhileUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(fake).monitor()
		from := make(chan int)
		var got []int
		done := make(chan struct{})
		go func() { WhileUp(t.Context(), m, from, func(n int) { got = append(got, n) }); close(done) }()
		from <- 1
		from <- 2
		m.SetUp(true)
		<-done
		if len(got) != 2 {
			t.Errorf("took %v, want two values", got)
		}
	})
}
