package handlers

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/leadgate/leadgate/handlers/problem"
	"github.com/leadgate/leadgate/handlers/session"
)

// access says who may do what. The first line that fits a route counts; a path
// that ends in * stands for all that begin so. What no line names is the
// owner's alone, so that nothing is open because it was forgotten.
var access = []struct {
	method, path string // empty method: all
	need         session.Right
}{
	{"", "/in/*", session.Anonymous},    // the source's own checks
	{"", "/slack/*", session.Anonymous}, // Slack's signature
	{"GET", "/try", session.Anonymous},
	{"GET", "/static/*", session.Anonymous},
	{"GET", "/favicon.ico", session.Anonymous},
	{"GET", "/healthz", session.Anonymous},
	{"GET", "/readyz", session.Anonymous},
	{"GET", "/version", session.Anonymous},
	{"GET", "/metrics", session.Anonymous}, // holds no person and no secret
	{"GET", "/openapi.yaml", session.Anonymous},
	{"", "/signin*", session.Anonymous},
	{"POST", "/signout", session.Anonymous}, // who is not in is out

	{"POST", "/api/v1/leads/:id/erase", session.Owner},
	{"POST", "/api/v1/erase", session.Owner},
	{"GET", "/api/v1/export", session.Owner}, // all that is held of a person, in one answer
	{"", "/api/v1/passes*", session.Owner},
	{"GET", "/api/v1/audit", session.Owner},
	{"POST", "/api/v1/queues/*", session.Owner},
	{"POST", "/api/v1/targets/*", session.Owner},
	{"GET", "/api/v1/*", session.Read},
	{"POST", "/api/v1/*", session.Write},

	{"GET", "/sources", session.Read},
	{"POST", "/sources/*", session.Write},
	{"GET", "/rules", session.Read},
	{"POST", "/rules/*", session.Read}, // changes nothing
	{"GET", "/reports", session.Read},
	{"GET", "/queues", session.Read},
	{"POST", "/queues/*", session.Owner},
	{"GET", "/settings", session.Read},
	{"POST", "/settings/name", session.Read},
	{"POST", "/settings/off", session.Write}, // of others the owner only
	{"POST", "/settings/*", session.Owner},
	{"GET", "/", session.Read},
	{"GET", "/live", session.Read},
	{"GET", "/l/*", session.Read},
	{"POST", "/l/:id/erase", session.Owner},
	{"POST", "/l/*", session.Write},
	{"POST", "/t/*", session.Write},
}

// rightFor is what a route asks of its caller.
func rightFor(method, path string) session.Right {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for _, a := range access {
		prefix, open := strings.CutSuffix(a.path, "*")
		if (a.method == "" || a.method == method) && (path == a.path || open && strings.HasPrefix(path, prefix)) {
			return a.need
		}
	}
	return session.Owner
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
		if need == session.Anonymous && !strings.HasPrefix(path, "/sign") {
			return next(c)
		}
		p, err := s.sessions.Identify(c)
		if err != nil {
			return err
		}
		if p.Kind != session.Token {
			if err := s.sameSite(r); err != nil {
				return err
			}
		}
		switch {
		case p.Right >= need:
			return next(c)
		case p.Right > session.Anonymous:
			return problem.Problem{Code: problem.Forbidden, Detail: "This needs the right to " + need.String() + "; " + p.Name + " has the right to " + p.Right.String() + "."}
		case api:
			return problem.Problem{Code: problem.Unauthorized, Detail: "Send the header Authorization: Bearer TOKEN with the API token of the configuration, or one that leadgate signin --token made."}
		case r.Method == http.MethodGet:
			return c.Redirect(http.StatusSeeOther, "/signin?next="+url.QueryEscape(r.URL.RequestURI()))
		}
		return problem.Problem{Code: problem.Unauthorized, Detail: "Sign in first: leadgate signin prints a link."}
	}
}

// sameSite refuses what another site makes a signed-in browser send.
func (s *Server) sameSite(r *http.Request) error {
	if err := s.crossOrigin.Check(r); err != nil {
		return problem.Problem{Code: problem.Forbidden, Detail: "Another site asked for this. Open the inbox itself and try again.", Because: err}
	}
	return nil
}
