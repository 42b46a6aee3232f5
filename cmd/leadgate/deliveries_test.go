package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leadgate/leadgate/handlers/provider"
	"github.com/leadgate/leadgate/lead"
)

const deliverySecret = "whsec_bGVhZGdhdGUtdGVzdC1zZWNyZXQtMDEyMzQ1"

// delivery is a vendor's payload with what it says of itself.
type delivery struct {
	name, provider, contentType string
	header                      [][2]string
	body                        []byte
}

// deliveries are the payloads that the providers are tested with.
func deliveries(t *testing.T) (all []delivery) {
	t.Helper()
	for _, ext := range []string{"json", "form", "multipart"} {
		files, err := filepath.Glob("../../handlers/provider/testdata/*/*." + ext)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			d := delivery{provider: filepath.Base(filepath.Dir(file)), contentType: "application/json", body: body}
			d.name = d.provider + "/" + filepath.Base(file)
			if strings.HasPrefix(filepath.Base(file), "sample.") {
				continue // a template, which leadgate trigger fills in
			}
			if d.name == "shopify/redact.json" || d.name == "linkedin/deleted.json" {
				continue // these erase what the others tell
			}
			switch ext {
			case "form":
				d.contentType, d.body = "application/x-www-form-urlencoded", bytes.TrimRight(body, "\n")
			case "multipart":
				boundary, _, _ := bytes.Cut(bytes.TrimPrefix(body, []byte("--")), []byte("\n"))
				d.contentType = "multipart/form-data; boundary=" + string(bytes.TrimSpace(boundary))
				d.body = bytes.ReplaceAll(body, []byte("\n"), []byte("\r\n"))
			}
			if header, err := os.ReadFile(strings.TrimSuffix(file, filepath.Ext(file)) + ".header"); err == nil {
				for l := range strings.Lines(string(header)) {
					if k, v, ok := strings.Cut(strings.TrimSpace(l), ": "); ok {
						d.header = append(d.header, [2]string{k, v})
					}
				}
			}
			all = append(all, d)
		}
	}
	return all
}

// signed is a delivery as its vendor would send it at this moment.
func (p *program) signed(d delivery, source string) signedDelivery {
	p.t.Helper()
	v, _ := provider.Find(d.provider)
	at, err := url.Parse("http://" + p.addr + "/in/" + source)
	if err != nil {
		p.t.Fatal(err)
	}
	r := provider.Request{Method: http.MethodPost, URL: at, Header: http.Header{"Content-Type": {d.contentType}}, Body: d.body, Now: time.Now()}
	for _, h := range d.header {
		r.Header.Set(h[0], h[1])
	}
	if v.Sign != nil {
		v.Sign(&r, deliverySecret)
	}
	return signedDelivery{r}
}

type signedDelivery struct{ provider.Request }

func (s signedDelivery) err(v *provider.Provider) error { return v.Verify(&s.Request, deliverySecret) }

func (p *program) send(d delivery, source string) (int, answer) {
	p.t.Helper()
	r := p.signed(d, source)
	var header []string
	for k := range r.Header {
		header = append(header, k, r.Header.Get(k))
	}
	return p.post("/in/"+source, d.contentType, string(r.Body), header...)
}

// Each payload posted ten times at once, and again after a restart, is the
// touches that it is once.
func TestProgram_EveryDeliveryTenTimes(t *testing.T) {
	t.Parallel()
	onBothStores(t, func(t *testing.T, env []string) {
		p := newProgram(t, env...)
		p.addr = freeAddress(t) // the same after the restart, for some vendors sign it
		p.env = append(p.env, "LEADGATE_LISTEN="+p.addr)
		payloads := deliveries(t)
		var config strings.Builder
		config.WriteString("sources:\n")
		for i, d := range payloads {
			v, _ := provider.Find(d.provider)
			secret := ""
			switch {
			case v.Verify == nil:
			case p.signed(d, "s").err(v) != nil: // the key is part of the payload
				secret = ", unsigned: true"
			default:
				secret = ", secret: " + deliverySecret
			}
			fmt.Fprintf(&config, "  - {name: s%d, provider: %s, rate: off%s}\n", i, d.provider, secret)
		}
		p.config(config.String())
		p.start()
		want := make([]int, len(payloads)) // touches of each
		for i, d := range payloads {
			source := fmt.Sprintf("s%d", i)
			var mu sync.Mutex
			var wg sync.WaitGroup
			for range 10 {
				wg.Go(func() {
					code, a := p.send(d, source)
					mu.Lock()
					defer mu.Unlock()
					if code/100 != 2 {
						t.Errorf("%s: %d %+v, want 2xx", d.name, code, a)
					}
					if want[i] = max(want[i], len(a.IDs)); a.ID != "" {
						want[i] = max(want[i], 1)
					}
				})
			}
			wg.Wait()
		}
		books := func() {
			t.Helper()
			p.await("the books to balance", 60*time.Second, func() bool {
				var b lead.Books
				return p.get("/books", &b) == http.StatusOK && b.Waiting+b.Unaccounted == 0
			})
		}
		check := func(when string) {
			t.Helper()
			got := map[string]int{}
			for _, x := range all[lead.Touch](p, "/touches") {
				got[x.Source]++
			}
			for i, d := range payloads {
				if n := got[fmt.Sprintf("s%d", i)]; n != want[i] {
					t.Errorf("%s: %s is %d touches, want %d", when, d.name, n, want[i])
				}
			}
		}
		books()
		check("ten times at once")
		p.end()
		p.start()
		for i, d := range payloads {
			if code, a := p.send(d, fmt.Sprintf("s%d", i)); code/100 != 2 {
				t.Errorf("%s after a restart: %d %+v, want 2xx", d.name, code, a)
			}
		}
		books()
		check("after a restart")
	})
}
