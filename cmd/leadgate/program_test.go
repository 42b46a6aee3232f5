package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/leadgate/leadgate/cmd/leadgate/app"
	"github.com/leadgate/leadgate/cmd/leadgate/client"
	"github.com/leadgate/leadgate/jobs"
	"github.com/leadgate/leadgate/journal"
	"github.com/leadgate/leadgate/lead"
	"github.com/redis/go-redis/v9"
)

// TestMain lets the test binary be the program: a test starts it again as a
// process of its own, which can be killed. More tests run at once than there are
// processors, for most of them wait most of the time.
func TestMain(m *testing.M) {
	if os.Getenv("BE_LEADGATE") == "1" {
		os.Unsetenv("BE_LEADGATE")
		main()
	}
	app.QuietRedis()
	flag.Parse()
	if parallel := flag.Lookup("test.parallel"); parallel.Value.String() == parallel.DefValue {
		parallel.Value.Set("8")
	}
	os.Exit(m.Run())
}

const apiToken = "test-api-token-0123456789"

// program is one leadgate with a data directory that outlives it: in this
// process, or as a process of its own.
type program struct {
	t    testing.TB
	dir  string
	bin  string // of another program than this one, which is a process of its own
	env  []string
	args []string
	addr string
	out  *lockedBuffer
	done chan struct{}

	child bool
	cmd   *exec.Cmd          // of the child that runs
	stop  context.CancelFunc // of what runs in this process
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}
func (l *lockedBuffer) String() string { l.mu.Lock(); defer l.mu.Unlock(); return l.b.String() }

// newProgram returns a leadgate that start runs in this process.
func newProgram(t testing.TB, env ...string) *program {
	t.Helper()
	p := &program{t: t, dir: t.TempDir(), out: &lockedBuffer{}}
	p.env = append([]string{"BE_LEADGATE=1", "HOME=" + p.dir, "LEADGATE_LISTEN=127.0.0.1:0", "LEADGATE_API_TOKEN=" + apiToken,
		"LEADGATE_DATA_DIR=" + filepath.Join(p.dir, "data")}, env...)
	t.Cleanup(func() {
		p.end()
		if t.Failed() {
			said := p.out.String()
			t.Logf("the program wrote at last:\n%s", said[max(0, len(said)-8000):])
		}
	})
	return p
}

// newProcess returns a leadgate that start runs as a process of its own: for
// tests that kill it, or send it a signal.
func newProcess(t testing.TB, env ...string) *program {
	t.Helper()
	p := newProgram(t, env...)
	p.child = true
	return p
}

// config writes a configuration file for the next start.
func (p *program) config(yaml string) {
	p.t.Helper()
	file := filepath.Join(p.dir, "leadgate.yaml")
	p.write("leadgate.yaml", yaml)
	if e := "LEADGATE_CONFIG=" + file; !slices.Contains(p.env, e) {
		p.env = append(p.env, e)
	}
}

func (p *program) start() {
	p.t.Helper()
	os.Remove(filepath.Join(p.dir, "data", client.File))
	p.done = make(chan struct{})
	p.child = p.child || p.bin != ""
	if p.child {
		p.cmd = exec.Command(cmp.Or(p.bin, os.Args[0]), p.args...)
		p.cmd.Env, p.cmd.Dir = p.env, p.dir
		p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
		p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		if err := p.cmd.Start(); err != nil {
			p.t.Fatal(err)
		}
		go func(c *exec.Cmd, done chan struct{}) { c.Wait(); close(done) }(p.cmd, p.done)
	} else {
		ctx, stop := context.WithCancel(context.Background())
		p.stop = stop
		go func(done chan struct{}) {
			defer close(done)
			run(ctx, p.args, p.env, strings.NewReader(""), p.out, p.out)
		}(p.done)
	}
	p.await("the program to be ready", 20*time.Second, func() bool {
		l, err := client.Find(filepath.Join(p.dir, "data"))
		if err != nil && !slices.Contains(p.env, "LEADGATE_JOURNAL=off") { // which leaves nothing on disk
			return false
		}
		p.addr = cmp.Or(l.Address, p.addr)
		resp, err := http.Get("http://" + p.addr + "/readyz")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

// kill ends a process with kill -9.
func (p *program) kill() {
	p.t.Helper()
	if !p.child {
		p.t.Fatal("what runs in this process cannot be killed; use newProcess")
	}
	p.signal(syscall.SIGKILL)
}

// signal sends a signal to a process and waits for its end.
func (p *program) signal(sig syscall.Signal) {
	if p.cmd == nil {
		return
	}
	p.cmd.Process.Signal(sig)
	select {
	case <-p.done:
	case <-time.After(20 * time.Second):
		p.cmd.Process.Kill()
		<-p.done
		p.t.Errorf("the program did not end within 20 s of %s", sig)
	}
	p.cmd = nil
}

// end stops the program as SIGTERM does, if it runs, and returns how long that took.
func (p *program) end() time.Duration {
	begin := time.Now()
	switch {
	case p.child:
		p.signal(syscall.SIGTERM)
	case p.stop != nil:
		p.stop()
		p.stop = nil
		select {
		case <-p.done:
		case <-time.After(20 * time.Second):
			p.t.Error("the program did not end within 20 s")
		}
	}
	return time.Since(begin)
}

// await waits for a condition of another process.
func (p *program) await(what string, limit time.Duration, ok func() bool) {
	p.t.Helper()
	awaitFor(p.t, what, limit, ok)
}

// awaitFor waits for a condition. A busy machine gets three times the limit,
// which is what an idle one never needs.
func awaitFor(t testing.TB, what string, limit time.Duration, ok func() bool) {
	t.Helper()
	limit *= 3
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited %s for %s", limit, what)
		case <-tick.C:
		}
	}
}

type answer struct {
	ID     string   `json:"id"`
	IDs    []string `json:"ids"`
	Status any      `json:"status"` // a word, or the number of a problem
	Code   string   `json:"code"`
}

// post sends a body and returns the answer; status 0 means no answer.
func (p *program) post(path, contentType, body string, header ...string) (int, answer) {
	req, err := http.NewRequest(http.MethodPost, "http://"+p.addr+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, answer{}
	}
	defer resp.Body.Close()
	var a answer
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		return resp.StatusCode, answer{}
	}
	return resp.StatusCode, a
}

// lead posts a person's JSON to a source and requires that it is accepted.
func (p *program) lead(source, name string, extra ...string) answer {
	p.t.Helper()
	body := fmt.Sprintf(`{"name":%q,"email":"%s@works.example","company":"Works Ltd","message":"Please call me"%s}`,
		name, strings.ReplaceAll(strings.ToLower(name), " ", "."), strings.Join(extra, ""))
	code, a := p.post("/in/"+source, "application/json", body)
	if code != http.StatusAccepted || a.ID == "" {
		p.t.Fatalf("POST /in/%s = %d %+v, want 202 with an id", source, code, a)
	}
	return a
}

// settled waits until a touch has come to its end.
func (p *program) settled(id string) lead.Touch {
	p.t.Helper()
	var t lead.Touch
	p.await("touch "+id+" to be settled", 15*time.Second, func() bool {
		var ok bool
		t, ok = p.touch(id)
		return ok && t.State != lead.Accepted
	})
	return t
}

// all pages through a listing.
func all[T any](p *program, path string) (items []T) {
	p.t.Helper()
	cursor := ""
	for {
		var page struct {
			Items []T
			Next  string
		}
		if code := p.get(path+"?limit=1000"+cursor, &page); code != http.StatusOK {
			p.t.Fatalf("GET %s: %d", path, code)
		}
		items = append(items, page.Items...)
		if page.Next == "" {
			return items
		}
		cursor = "&cursor=" + page.Next
	}
}

// fakeSlack takes chat.postMessage and keeps what it got. Its faults are used
// up one per call.
type fakeSlack struct {
	*httptest.Server
	mu       sync.Mutex
	messages []slackMessage
	updates  []slackMessage // what chat.update made of them, in order
	faults   []string
	calls    int
}

type slackMessage struct {
	At      time.Time
	Channel string
	TS      string
	Thread  string
	Text    string
	Body    string // text and blocks
}

func newFakeSlack(t *testing.T) *fakeSlack {
	s := &fakeSlack{}
	s.Server = httptest.NewServer(s)
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s
}

func (s *fakeSlack) env() []string {
	return []string{"LEADGATE_SLACK_BOT_TOKEN=xoxb-test", "LEADGATE_SLACK_CHANNEL=C0HOT", "LEADGATE_SLACK_API_URL=" + s.URL + "/api/"}
}

func (s *fakeSlack) fail(kinds ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, kinds...)
}

func (s *fakeSlack) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.ParseForm()
	update := strings.HasSuffix(r.URL.Path, "/chat.update")
	if !update && !strings.HasSuffix(r.URL.Path, "/chat.postMessage") {
		fmt.Fprint(w, `{"ok":false,"error":"missing_scope"}`)
		return
	}
	s.mu.Lock()
	s.calls++
	fault := ""
	if len(s.faults) > 0 {
		fault, s.faults = s.faults[0], s.faults[1:]
	}
	n := s.calls
	s.mu.Unlock()
	switch fault {
	case "":
	case "429":
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
		return
	case "500":
		w.WriteHeader(http.StatusInternalServerError)
		return
	case "no-ts":
		fmt.Fprint(w, `{"ok":true}`)
		return
	case "hang":
		<-r.Context().Done()
		return
	default:
		fmt.Fprintf(w, `{"ok":false,"error":%q}`, fault)
		return
	}
	m := slackMessage{At: time.Now(), Channel: r.Form.Get("channel"), TS: fmt.Sprintf("1795344%03d.000100", n), Thread: r.Form.Get("thread_ts"), Text: r.Form.Get("text"),
		Body: r.Form.Get("text") + "\n" + r.Form.Get("blocks")}
	s.mu.Lock()
	if update {
		m.TS = r.Form.Get("ts")
		s.updates = append(s.updates, m)
	} else {
		s.messages = append(s.messages, m)
	}
	s.mu.Unlock()
	fmt.Fprintf(w, `{"ok":true,"channel":%q,"ts":%q}`, m.Channel, m.TS)
}

// shows returns what stands where a message was posted, as it was rewritten last.
func (s *fakeSlack) shows(posted slackMessage) slackMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range slices.Backward(s.updates) {
		if m.Channel == posted.Channel && m.TS == posted.TS {
			return m
		}
	}
	return posted
}

// about returns the messages that show a text.
func (s *fakeSlack) about(text string) (ms []slackMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.messages {
		if strings.Contains(m.Body, text) {
			ms = append(ms, m)
		}
	}
	return ms
}

// realRedis starts a redis-server of its own, or skips the test where there is none.
type realRedis struct {
	t    testing.TB
	addr string
	dir  string
	cmd  *exec.Cmd
}

func newRealRedis(t testing.TB) *realRedis {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("LEADGATE_REQUIRE_ALL") == "1" {
			t.Fatal("redis-server is not installed, and LEADGATE_REQUIRE_ALL=1 asks for it")
		}
		t.Skip("redis-server is not installed")
	}
	r := &realRedis{t: t, addr: freeAddress(t), dir: t.TempDir()}
	t.Cleanup(r.kill)
	r.start()
	return r
}

func (r *realRedis) url() string { return "redis://" + r.addr + "/0" }

func (r *realRedis) start() {
	r.t.Helper()
	_, port, _ := net.SplitHostPort(r.addr)
	r.cmd = exec.Command("redis-server", "--port", port, "--bind", "127.0.0.1", "--dir", r.dir, "--save", "", "--appendonly", "no", "--loglevel", "warning")
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := r.cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	awaitFor(r.t, "redis-server", 10*time.Second, func() bool { return r.do("PING") == "+PONG" })
}

func (r *realRedis) kill() {
	if r.cmd == nil {
		return
	}
	r.cmd.Process.Signal(syscall.SIGCONT)
	r.cmd.Process.Kill()
	r.cmd.Wait()
	r.cmd = nil
}

func (r *realRedis) pause()  { r.cmd.Process.Signal(syscall.SIGSTOP) }
func (r *realRedis) resume() { r.cmd.Process.Signal(syscall.SIGCONT) }

// do sends one command without arguments and returns the first line of the reply.
func (r *realRedis) do(command string) string {
	c, err := net.DialTimeout("tcp", r.addr, time.Second)
	if err != nil {
		return err.Error()
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(5 * time.Second))
	fmt.Fprintf(c, "%s\r\n", command)
	b := make([]byte, 256)
	n, _ := c.Read(b)
	line, _, _ := strings.Cut(string(b[:n]), "\r\n")
	return line
}

// run runs a command of the program to its end and returns its exit code and
// what it wrote.
func (p *program) run(args ...string) (int, string) { p.t.Helper(); return p.runWith("", args...) }

// runWith is run with what is typed into it.
func (p *program) runWith(typed string, args ...string) (int, string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 30*time.Second)
	defer cancel()
	out := &lockedBuffer{}
	if p.child { // which may have a directory of its own
		c := exec.CommandContext(ctx, os.Args[0], args...)
		c.Env, c.Dir, c.Stdin, c.Stdout, c.Stderr = p.env, p.dir, strings.NewReader(typed), out, out
		_ = c.Run() // its exit code tells
		return c.ProcessState.ExitCode(), out.String()
	}
	code := run(ctx, args, p.env, strings.NewReader(typed), out, out)
	return code, out.String()
}

// path is where a file of the program is.
func (p *program) path(name string) string { return filepath.Join(p.dir, name) }

// freeAddress is one that nobody listens on at the moment.
func freeAddress(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// redisClients are the connections that jobs need to one Redis.
type redisClients struct{ producer, workers, hot, bulk redis.UniversalClient }

func newRedisClients(t testing.TB, addr string) redisClients {
	client := func() redis.UniversalClient {
		c := redis.NewUniversalClient(&redis.UniversalOptions{Addrs: []string{addr}, Protocol: 2, MaxRetries: -1})
		t.Cleanup(func() { c.Close() })
		return c
	}
	return redisClients{client(), client(), client(), client()}
}

func newJournal(t testing.TB) *journal.Journal {
	t.Helper()
	jr, err := journal.Open(journal.Options{Dir: t.TempDir(), Shelves: jobs.Shelves(), Reserve: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { jr.Close() })
	return jr
}
