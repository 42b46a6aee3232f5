package load

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"strconv"
	"strings"
	"time"
)

// mark begins the name of every person that load invents: mark and 16
// hexadecimal digits, so that the fake Slack finds each of them in whatever the
// alert looks like.
const mark = "lgt"

const (
	noID    = mark + "0000000000000000"
	noPhone = "+49 30 100000000"
)

// leadBody is one lead of a usual size, about 700 bytes.
const leadBody = `{"name":"Ada ` + noID + `","email":"` + noID + `@works.example","company":"Analytical Engines Ltd",` +
	`"phone":"` + noPhone + `","page_url":"https://www.example.com/demo?utm_source=newsletter&utm_medium=email&utm_campaign=autumn",` +
	`"job_title":"Head of Operations","team_size":"51-200","timeline":"this quarter","budget":"20-50k",` +
	`"message":"We would like to see how this fits our web forms and webinars. We run about forty webinars a year and collect ` +
	`some two thousand registrations in a good week, and sales hears of them a day late."}`

// request is a whole request, prepared once; only the person changes.
type request struct {
	raw   []byte
	ids   []int // where a person's 16 digits stand
	phone int   // where the last 8 digits of the phone number stand
}

func newRequest(addr, path string) *request {
	s := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, addr, len(leadBody), leadBody)
	r := &request{raw: []byte(s), phone: strings.Index(s, noPhone) + len(noPhone) - 8}
	for at := 0; ; {
		i := strings.Index(s[at:], noID)
		if i < 0 {
			return r
		}
		r.ids = append(r.ids, at+i+len(mark))
		at += i + len(noID)
	}
}

// fill makes it the request of person id.
func (r *request) fill(id uint64) []byte {
	for _, at := range r.ids {
		for i, n := at+15, id; i >= at; i, n = i-1, n>>4 {
			r.raw[i] = "0123456789abcdef"[n&15]
		}
	}
	for i, n := r.phone+7, id; i >= r.phone; i, n = i-1, n/10 {
		r.raw[i] = byte('0' + n%10)
	}
	return r.raw
}

// conn is one keep-alive connection with as little HTTP/1.1 as it takes:
// the generator shares the processor with what it measures.
type conn struct {
	addr     string
	timeout  time.Duration
	requests []*request // one for each path

	c     net.Conn
	br    *bufio.Reader
	armed time.Time   // when the deadline was last moved
	stop  func() bool // of the watch over the context
}

func newConn(addr string, paths []string, timeout time.Duration) *conn {
	c := &conn{addr: addr, timeout: timeout}
	for _, p := range paths {
		c.requests = append(c.requests, newRequest(addr, p))
	}
	return c
}

func (c *conn) close() {
	if c.c != nil {
		c.stop()
		c.c.Close()
		c.c = nil
	}
}

// errConnect marks a request that never left: nobody listened.
var errConnect = errors.New("connect")

// shoot sends one request and reads its answer's status. After an error the
// next request opens a new connection.
func (c *conn) shoot(ctx context.Context, path int, id uint64) (status int, err error) {
	if c.c == nil {
		d := net.Dialer{Timeout: c.timeout}
		nc, err := d.DialContext(ctx, "tcp", c.addr)
		if err != nil {
			return 0, fmt.Errorf("%w: %w", errConnect, err)
		}
		c.c, c.br, c.armed = nc, bufio.NewReaderSize(nc, 4096), time.Time{}
		c.stop = context.AfterFunc(ctx, func() { nc.Close() })
	}
	if now := time.Now(); now.Sub(c.armed) > c.timeout/4 { // moving a deadline costs as much as a small write
		c.armed = now
		if err := c.c.SetDeadline(now.Add(c.timeout + c.timeout/4)); err != nil {
			c.close()
			return 0, err
		}
	}
	keep := false
	if _, err = c.c.Write(c.requests[path].fill(id)); err == nil {
		status, keep, err = readReply(c.br)
	}
	if err != nil || !keep {
		c.close()
	}
	return status, err
}

// readReply reads one answer to its end and says whether the connection
// can take another request.
func readReply(br *bufio.Reader) (status int, keep bool, err error) {
	line, err := br.ReadSlice('\n')
	if err != nil {
		return 0, false, err
	}
	if len(line) < 13 || !bytes.HasPrefix(line, []byte("HTTP/1.")) {
		return 0, false, fmt.Errorf("status line %.40q", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, false, fmt.Errorf("status line %.40q", line)
	}
	keep = line[7] == '1'
	length, chunked := int64(-1), false
	for {
		if line, err = br.ReadSlice('\n'); err != nil {
			return status, false, err
		}
		name, value, _ := bytes.Cut(bytes.TrimRight(line, "\r\n"), []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case len(name) == 0:
			return status, keep && (length >= 0 || chunked || status == 204), skipBody(br, status, length, chunked)
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.ParseInt(string(value), 10, 64); err != nil || length < 0 {
				return status, false, fmt.Errorf("content length %.20q", value)
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = bytes.EqualFold(value, []byte("chunked"))
		case bytes.EqualFold(name, []byte("Connection")):
			keep = keep && !bytes.EqualFold(value, []byte("close"))
		}
	}
}

func skipBody(br *bufio.Reader, status int, length int64, chunked bool) error {
	switch {
	case status == 204:
		return nil
	case chunked:
		if _, err := io.Copy(io.Discard, httputil.NewChunkedReader(br)); err != nil {
			return err
		}
		for { // trailers, of which there are usually none
			line, err := br.ReadSlice('\n')
			if err != nil || len(line) <= 2 {
				return err
			}
		}
	case length >= 0:
		_, err := io.CopyN(io.Discard, br, length)
		return err
	}
	_, err := io.Copy(io.Discard, br) // to the end of the connection
	return err
}
