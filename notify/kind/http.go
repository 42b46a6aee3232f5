package kind

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"text/template"

	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/outbound"
)

var httpKind = Kind{
	Name:        "http",
	Doc:         "docs/crm.md",
	Concurrency: 4,
	Check: func(t notify.Target) error {
		_, err := compileCalls(t)
		return err
	},
	Open: openHTTP,
}

// httpSender makes the calls of an http target, the last of which sends the lead.
type httpSender struct {
	calls   []*compiledCall
	recalls bool
	receipt string // path of it in the last answer; empty: what receiptOf finds
	env     Env
	client  outbound.Client
}

// compiledCall is a Call, ready to be made.
type compiledCall struct {
	name, keep        string
	method, url, body *template.Template
	when              *template.Template // nil: always
	header            map[string]*template.Template
	expect            map[string]string
	json              bool // of the body, which is then checked
}

func openHTTP(t notify.Target, e Env) (notify.Sender, error) {
	calls, err := compileCalls(t)
	if err != nil {
		return nil, err
	}
	for i, c := range allCalls(t) {
		if err := outbound.CheckURL(hostOf(c.URL), e.AllowPrivate); err != nil {
			return nil, fmt.Errorf("%s: %w", callName(t, i), err)
		}
	}
	var texts []string
	for _, c := range allCalls(t) {
		texts = append(texts, c.When, c.Method, c.URL, c.Body)
		for _, v := range c.Header {
			texts = append(texts, v)
		}
	}
	return &httpSender{calls: calls, recalls: usesReceipt(texts...), receipt: t.Receipt, env: e, client: outbound.New(e.AllowPrivate)}, nil
}

// allCalls are the calls of a target in their order.
func allCalls(t notify.Target) []notify.Call {
	last := notify.Call{Method: t.Method, URL: t.URL, Header: t.Header, Body: t.Body, Expect: t.Expect, Keep: t.Receipt}
	return append(t.Before[:len(t.Before):len(t.Before)], last)
}

func callName(t notify.Target, i int) string {
	if i < len(t.Before) {
		return cmp.Or(t.Before[i].Name, fmt.Sprintf("call %d", i+1))
	}
	return "the call"
}

// compileCalls reads all templates and tries them.
func compileCalls(t notify.Target) (calls []*compiledCall, err error) {
	known := map[string]bool{}
	for i, c := range allCalls(t) {
		one, err := compileCall(c)
		if err == nil && i < len(t.Before) && (c.Name == "" || known[c.Name]) {
			err = errors.New("needs a name of its own")
		}
		if err == nil {
			err = one.try(known)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", callName(t, i), err)
		}
		known[c.Name] = true
		calls = append(calls, one)
	}
	return calls, nil
}

func compileCall(c notify.Call) (*compiledCall, error) {
	if c.URL == "" {
		return nil, errors.New("needs a url")
	}
	if strings.Contains(hostOf(c.URL), "{{") {
		return nil, errors.New("the host of url must not be a template")
	}
	if _, err := outbound.ParseURL(hostOf(c.URL)); err != nil {
		return nil, err
	}
	one := &compiledCall{name: c.Name, keep: c.Keep, expect: c.Expect, header: map[string]*template.Template{}}
	var err error
	if one.method, err = compile("method", cmp.Or(c.Method, http.MethodPost), inWords); err != nil {
		return nil, err
	}
	if one.url, err = compile("url", c.URL, inURL); err != nil {
		return nil, err
	}
	kind := ""
	for name, value := range c.Header {
		if one.header[http.CanonicalHeaderKey(name)], err = compile("header "+name, value, inHeader); err != nil {
			return nil, err
		}
		if strings.EqualFold(name, "Content-Type") {
			kind = value
		}
	}
	body := strings.TrimSpace(c.Body)
	if kind == "" && body != "" {
		kind = "application/x-www-form-urlencoded"
		if strings.HasPrefix(body, "{") && !strings.HasPrefix(body, "{{") || strings.HasPrefix(body, "[") {
			kind = "application/json"
		}
		one.header["Content-Type"] = template.Must(compile("header", kind, inHeader))
	}
	in := inForm
	if one.json = strings.Contains(kind, "json"); one.json {
		in = inJSON
	}
	if one.body, err = compile("body", body, in); err != nil {
		return nil, err
	}
	if c.When != "" {
		one.when, err = compile("when", c.When, inWords)
	}
	return one, err
}

// hostOf is a URL up to its path, which alone may hold templates.
func hostOf(text string) string {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		return text
	}
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	return scheme + "://" + rest
}

// try fills the templates with samples, so that a mistake is found when the
// configuration is read and not when the first lead comes.
func (c *compiledCall) try(got map[string]bool) error {
	for _, s := range samples() {
		for name := range got {
			s.Got[name] = "1"
		}
		if _, err := c.due(s); err != nil {
			return err
		}
		if _, err := c.request(context.Background(), s); err != nil {
			return err
		}
	}
	return nil
}

// due reports whether the call has to be made.
func (c *compiledCall) due(s slots) (bool, error) {
	if c.when == nil {
		return true, nil
	}
	text, err := fill(c.when, s)
	switch strings.TrimSpace(text) {
	case "", "false", "0":
		return false, err
	}
	return true, err
}

func (c *compiledCall) request(ctx context.Context, s slots) (*http.Request, error) {
	method, err := fill(c.method, s)
	if err != nil {
		return nil, err
	}
	if method == "" || strings.Trim(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return nil, errors.New("method: what it writes is none; write POST")
	}
	address, err := fill(c.url, s)
	if err != nil {
		return nil, err
	}
	body, err := fill(c.body, s)
	if err != nil {
		return nil, err
	}
	if c.json && !json.Valid([]byte(body)) {
		return nil, errors.New("body: what it writes is not JSON; put quotes around {{...}}, or write {{json .Name}}")
	}
	if !c.json && strings.Contains(body, "\n") {
		body = strings.Join(strings.Fields(body), "") // a form over several lines; what was filled in has no blanks
	}
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return nil, errors.New("url: what it writes is not a URL")
	}
	req.Header.Set("User-Agent", "leadgate")
	for name, t := range c.header {
		value, err := fill(t, s)
		if err != nil {
			return nil, err
		}
		req.Header.Set(name, value)
	}
	return req, nil
}

func (h *httpSender) Most() int { return 1 }

// Recalls reports whether a template uses the receipt of an earlier touch.
func (h *httpSender) Recalls() bool { return h.recalls }

// Send makes the calls for each alert. The receipt is the value at the configured
// path of the last answer, else what it has in the usual places.
func (h *httpSender) Send(ctx context.Context, alerts []notify.Alert) (receipt string, err error) {
	ctx = outbound.Traced(ctx, alerts)
	style := h.env.Style
	style.Now = h.env.Now()
	for _, a := range alerts {
		s := slotsOf(a, style)
		for i, c := range h.calls {
			got, err := h.call(ctx, c, s, i == len(h.calls)-1)
			if err != nil {
				return "", err
			}
			s.Got[c.name], receipt = got, got
		}
	}
	return receipt, nil
}

// call makes one call and returns what it keeps.
func (h *httpSender) call(ctx context.Context, c *compiledCall, s slots, last bool) (string, error) {
	due, err := c.due(s)
	if err == nil && !due {
		return "", nil
	}
	var req *http.Request
	if err == nil {
		req, err = c.request(ctx, s)
	}
	if err != nil {
		return "", &notify.Error{Class: notify.BadContent, Code: "template", Err: err}
	}
	resp, err := h.client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", &notify.Error{Code: "cut_off", Ambiguous: true, Err: errors.New("the answer was cut off")}
	}
	for name, want := range c.expect {
		if resp.Header.Get(name) != want {
			return "", &notify.Error{Class: notify.BadContent, Code: "not_expected", Err: fmt.Errorf("the answer's header %s is not what expect says", http.CanonicalHeaderKey(name))}
		}
	}
	if c.keep != "" {
		got := jsonAt(answer, c.keep)
		if got == "" && last {
			return "", &notify.Error{Class: notify.BadContent, Code: "no_receipt", Err: fmt.Errorf("the answer, status %d, has nothing at %s", resp.StatusCode, c.keep)}
		}
		return got, nil
	}
	if !last {
		return "", nil
	}
	return receiptOf(resp, answer), nil
}

// hasNoID reports whether a receipt is only the status of an answer without an id.
func hasNoID(receipt string) bool {
	code, ok := strings.CutPrefix(receipt, "http_")
	_, err := strconv.Atoi(code)
	return ok && err == nil
}
