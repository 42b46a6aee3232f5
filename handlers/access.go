package handlers

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
)

// access says who may do what. The first line that fits a route counts; a path
// that ends in * stands for all that begin so. What no line names is the
// owner's alone, so that nothing is open because it was forgotten.
var access = []struct {
	method, path string // empty method: all
	need         Right
}{
	{"", "/in/*", Nobody},    // the source's own checks
	{"", "/slack/*", Nobody}, // Slack's signature
	{"GET", "/try", Nobody},
	{"GET", "/static/*", Nobody},
	{"GET", "/favicon.ico", Nobody},
	{"GET", "/healthz", Nobody},
	{"GET", "/readyz", Nobody},
	{"GET", "/version", Nobody},
	{"GET", "/metrics", Nobody}, // holds no person and no secret
	{"GET", "/openapi.yaml", Nobody},
	{"", "/signin*", Nobody},
	{"POST", "/signout", Nobody}, // who is not in is out

	{"POST", "/api/v1/leads/:id/erase", Own},
	{"POST", "/api/v1/erase", Own},
	{"GET", "/api/v1/export", Own}, // all that is held of a person, in one answer
	{"", "/api/v1/passes*", Own},
	{"GET", "/api/v1/audit", Own},
	{"POST", "/api/v1/queues/*", Own},
	{"POST", "/api/v1/targets/*", Own},
	{"GET", "/api/v1/*", Read},
	{"POST", "/api/v1/*", Write},

	{"GET", "/sources", Read},
	{"POST", "/sources/*", Write},
	{"GET", "/rules", Read},
	{"POST", "/rules/*", Read}, // changes nothing
	{"GET", "/reports", Read},
	{"GET", "/queues", Read},
	{"POST", "/queues/*", Own},
	{"GET", "/settings", Read},
	{"POST", "/settings/name", Read},
	{"POST", "/settings/off", Write}, // of others the owner only
	{"POST", "/settings/*", Own},
	{"GET", "/", Read},
	{"GET", "/live", Read},
	{"GET", "/l/*", Read},
	{"POST", "/l/:id/erase", Own},
	{"POST", "/l/*", Write},
	{"POST", "/t/*", Write},
}

// rightFor is what a route asks of its caller.
func rightFor(method, path string) Right {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for _, a := range access {
		prefix, open := strings.CutSuffix(a.path, "*")
		if (a.method == "" || a.method == method) && (path == a.path || open && strings.HasPrefix(path, prefix)) {
			return a.need
		}
	}
	return Own
}

// admitted lets a request through to its handler when its caller has the
// right. It is one place for all routes, and for what is none.
func (s *Server) admitted(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if strings.HasPrefix(r.URL.Path, "/in/") {
			return next(c) // leads come in here: nothing is looked up for them
		}
		path, api := c.Path(), strings.HasPrefix(r.URL.Path, "/api/")
		if !s.routed[r.Method+" "+path] {
			if !api {
				return next(c) // which says that nothing is there
			}
			path = r.URL.Path
		}
		need := rightFor(r.Method, path)
		if need == Nobody && !strings.HasPrefix(path, "/sign") {
			return next(c)
		}
		p, err := s.caller(r)
		if err != nil {
			return err
		}
		c.Set(callerKey, p)
		if p.Kind != TokenPass {
			if err := s.sameSite(r); err != nil {
				return err
			}
		}
		switch {
		case p.Right >= need:
			return next(c)
		case p.Right > Nobody:
			return problem.Problem{Code: problem.Forbidden, Detail: "This needs the right to " + need.String() + "; " + p.Name + " has the right to " + p.Right.String() + "."}
		case api:
			return problem.Problem{Code: problem.Unauthorized, Detail: "Send the header Authorization: Bearer TOKEN with the API token of the configuration, or one that leadgate signin --token made."}
		case r.Method == http.MethodGet:
			return c.Redirect(http.StatusSeeOther, "/signin?next="+url.QueryEscape(r.URL.RequestURI()))
		}
		return problem.Problem{Code: problem.Unauthorized, Detail: "Sign in first: leadgate signin prints a link."}
	}
}

const callerKey = "caller"

// callerOf is who sends the request; a Pass without rights is a stranger.
func callerOf(c echo.Context) Pass {
	p, _ := c.Get(callerKey).(Pass)
	return p
}

// sameSite refuses what another site makes a signed-in browser send.
func (s *Server) sameSite(r *http.Request) error {
	if err := s.crossOrigin.Check(r); err != nil {
		return problem.Problem{Code: problem.Forbidden, Detail: "Another site asked for this. Open the inbox itself and try again.", Because: err}
	}
	return nil
}
