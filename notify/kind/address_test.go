package kind

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/notifytest"
	"github.com/leadgate/leadgate/notify/outbound"
)

// guarded opens a webhook that may go to public addresses only, with names
// resolved by the test.
func guarded(t *testing.T, url string, names *net.Resolver) (notify.Sender, error) {
	s, err := Open(notify.Target{Name: "crm", Kind: "webhook", URL: url}, Env{})
	if err != nil {
		return nil, err
	}
	tr := s.(*webhook).client.HTTP.Transport.(*http.Transport)
	tr.DialContext = (&net.Dialer{Control: outbound.PublicOnly, Resolver: names}).DialContext
	return s, nil
}

func TestWebhook_GoesNowhereInside(t *testing.T) {
	if len(notifytest.Inside) < 60 {
		t.Errorf("the corpus has %d URLs", len(notifytest.Inside))
	}
	var reached atomic.Int32
	canary, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer canary.Close()
	go func() {
		for {
			c, err := canary.Accept()
			if err != nil {
				return
			}
			reached.Add(1)
			c.Close()
		}
	}()
	_, port, _ := net.SplitHostPort(canary.Addr().String())
	names := notifytest.NameServer(t)
	for _, where := range notifytest.Inside {
		u, err := url.Parse(where)
		if err != nil {
			continue // refused when the configuration is read
		}
		u.Host = net.JoinHostPort(u.Hostname(), port)
		s, err := guarded(t, u.String(), names)
		if err != nil {
			continue
		}
		_, err = s.Send(t.Context(), []notify.Alert{notifytest.Grace(lead.Copy)})
		var e *notify.Error
		if !errors.As(err, &e) || e.Code != "private_address" && e.Code != "network" && e.Code != "dns" {
			t.Errorf("Send to %s = %v, want it refused", where, err)
			continue
		}
		if e.Code == "private_address" && e.Class != notify.BadTarget {
			t.Errorf("Send to %s is of class %v, want BadTarget", where, e.Class)
		}
	}
	if n := reached.Load(); n > 0 {
		t.Errorf("%d connections reached this machine", n)
	}
	// The guard is what keeps them out: without it the canary is reached.
	if _, err := open(t, "webhook", notifytest.NewServer(t), func(target *notify.Target, _ *Env) { target.URL = "http://127.0.0.1:" + port }).Send(t.Context(), []notify.Alert{notifytest.Grace(lead.Copy)}); err == nil || reached.Load() == 0 {
		t.Errorf("with private targets allowed: %v, %d connections", err, reached.Load())
	}
}
