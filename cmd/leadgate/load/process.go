package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a process that load started: a server to be measured, or the
// Redis that it needs.
type process struct {
	name string
	addr string
	cmd  *exec.Cmd
	log  string // file with its output
	done chan struct{}
}

const (
	readyLimit = 20 * time.Second // from start to ready
	stopLimit  = 10 * time.Second // from SIGTERM to the end
)

// startProcess starts cmd, which is to listen at addr, and waits until ready
// says so. Its output goes to a file: reading it would cost the generator time.
func startProcess(ctx context.Context, cmd *exec.Cmd, name, dir, addr string, ready func(context.Context, string) error) (*process, error) {
	c := &process{name: name, addr: addr, cmd: cmd, log: filepath.Join(dir, name+".log"), done: make(chan struct{})}
	out, err := os.Create(c.log)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	dieWithParent(cmd)
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		defer close(c.done)
		_ = cmd.Wait() // how it ended is asked of ProcessState
	}()
	ctx, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if err = ready(ctx, addr); err == nil {
			return c, nil
		}
		select {
		case <-c.done:
			return nil, fmt.Errorf("%s ended before it was ready (%s)\n%s", name, cmd.ProcessState, c.tail())
		case <-ctx.Done():
			c.stop(stopLimit)
			return nil, fmt.Errorf("%s was not ready within %s: %w\n%s", name, readyLimit, err, c.tail())
		case <-tick.C:
		}
	}
}

// pause and resume stop and continue the whole process, so that only one of
// several servers takes part in a measurement.
func (c *process) pause() error  { return c.cmd.Process.Signal(syscall.SIGSTOP) }
func (c *process) resume() error { return c.cmd.Process.Signal(syscall.SIGCONT) }

// stop asks the process to end, and kills it when it does not within limit.
func (c *process) stop(limit time.Duration) {
	// These fail only for a process that has ended, which is what is wanted.
	_ = c.resume()
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	late := time.NewTimer(limit)
	defer late.Stop()
	select {
	case <-c.done:
	case <-late.C:
		_ = c.cmd.Process.Kill()
		<-c.done
	}
}

// alive is an error with the process's last words when it has ended by itself.
func (c *process) alive() error {
	select {
	case <-c.done:
		return fmt.Errorf("%s ended while it was measured (%s)\n%s", c.name, c.cmd.ProcessState, c.tail())
	default:
		return nil
	}
}

// tail is the end of what the process said.
func (c *process) tail() string {
	b, err := os.ReadFile(c.log)
	if err != nil {
		return ""
	}
	return string(b[max(0, len(b)-4096):])
}

// cpu is the processor time that the process has used, in steps of 10 ms; 0
// where the system does not tell.
func (c *process) cpu() time.Duration {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	return cpuOf(string(b))
}

// cpuOf reads a line of /proc/PID/stat. The program's name is in brackets and
// may hold anything, so counting begins after the last one.
func cpuOf(stat string) time.Duration {
	f := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(f) < 13 {
		return 0
	}
	var ticks int64
	for _, s := range f[11:13] { // user and system, in hundredths of a second on every Linux
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return 0
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// httpReady asks /readyz.
func httpReady(ctx context.Context, addr string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/readyz", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body) // only the status counts
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	return nil
}

// redisReady sends PING.
func redisReady(ctx context.Context, addr string) error {
	d := net.Dialer{Timeout: time.Second}
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	if _, err := io.WriteString(c, "PING\r\n"); err != nil {
		return err
	}
	answer := make([]byte, 7)
	if _, err := io.ReadFull(c, answer); err != nil {
		return err
	}
	if string(answer) != "+PONG\r\n" {
		return fmt.Errorf("PING: %q", answer)
	}
	return nil
}

// freeAddr is a loopback address that nobody listens at just now.
func freeAddr() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return ln.Addr().String(), ln.Close()
}
