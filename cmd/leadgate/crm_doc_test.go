package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/leadgate/leadgate/config"
	"github.com/leadgate/leadgate/lead"
	"github.com/leadgate/leadgate/notify"
	"github.com/leadgate/leadgate/notify/kind"
)

// crm is a vendor's API: it checks what the vendor checks and keeps what it took.
type crm struct {
	*httptest.Server
	mu    sync.Mutex
	calls []string            // METHOD /path
	kept  []map[string]string // what was made or updated
	wrong []string            // what the vendor would refuse
}

func newCRM(t *testing.T, answer func(c *crm, w http.ResponseWriter, r *http.Request, body []byte)) *crm {
	c := &crm{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.calls = append(c.calls, r.Method+" "+r.URL.Path)
		answer(c, w, r, body)
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *crm) refuse(w http.ResponseWriter, status int, why string) {
	c.wrong = append(c.wrong, why)
	http.Error(w, why, status)
}

func hubspot(c *crm, w http.ResponseWriter, r *http.Request, body []byte) {
	var in struct {
		Inputs []struct {
			ID, IDProperty string
			Properties     map[string]string
		}
	}
	switch {
	case r.Header.Get("Authorization") != "Bearer secret":
		c.refuse(w, 401, "no token")
	case r.Method != "POST" || r.URL.Path != "/crm/v3/objects/contacts/batch/upsert" || r.Header.Get("Content-Type") != "application/json":
		c.refuse(w, 404, r.Method+" "+r.URL.Path)
	case json.Unmarshal(body, &in) != nil || len(in.Inputs) != 1 || in.Inputs[0].IDProperty != "email" || !strings.Contains(in.Inputs[0].ID, "@"):
		c.refuse(w, 400, "inputs")
	default:
		c.kept = append(c.kept, in.Inputs[0].Properties)
		fmt.Fprint(w, `{"status":"COMPLETE","results":[{"id":"4711","new":true}]}`)
	}
}

func salesforce(c *crm, w http.ResponseWriter, r *http.Request, body []byte) {
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	if r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || r.ParseForm() != nil || r.PostForm.Get("oid") != "secret" ||
		r.PostForm.Get("last_name") == "" || r.PostForm.Get("company") == "" || r.URL.Query().Get("encoding") != "UTF-8" {
		c.wrong = append(c.wrong, string(body))
	}
	one := map[string]string{}
	for k := range r.PostForm {
		one[k] = r.PostForm.Get(k)
	}
	c.kept = append(c.kept, one) // 200 whatever it was
}

func pipedrive(c *crm, w http.ResponseWriter, r *http.Request, body []byte) {
	var in struct {
		Name, Title string
		Emails      []struct{ Value string }
		PersonID    any `json:"person_id"`
	}
	json.Unmarshal(body, &in)
	switch {
	case r.Header.Get("X-Api-Token") != "secret":
		c.refuse(w, 401, "no token")
	case r.Method == "GET" && r.URL.Path == "/api/v2/persons/search" && r.URL.Query().Get("exact_match") == "true" && r.URL.Query().Get("fields") == "email":
		if i := slices.IndexFunc(c.kept, func(k map[string]string) bool { return k["email"] == r.URL.Query().Get("term") }); i >= 0 {
			fmt.Fprint(w, `{"success":true,"data":{"items":[{"result_score":1,"item":{"id":31,"type":"person"}}]}}`)
			return
		}
		fmt.Fprint(w, `{"success":true,"data":{"items":[]}}`)
	case r.Method == "POST" && r.URL.Path == "/api/v2/persons" && in.Name != "" && len(in.Emails) == 1:
		c.kept = append(c.kept, map[string]string{"email": in.Emails[0].Value, "name": in.Name})
		fmt.Fprint(w, `{"success":true,"data":{"id":31}}`)
	case r.Method == "POST" && r.URL.Path == "/v1/leads" && in.Title != "" && in.PersonID == 31.0:
		c.kept = append(c.kept, map[string]string{"title": in.Title})
		w.WriteHeader(201)
		fmt.Fprint(w, `{"success":true,"data":{"id":"adf21080-0e10-11eb-879b-05d71fb426ec"}}`)
	default:
		c.refuse(w, 400, r.Method+" "+r.URL.Path+" "+string(body))
	}
}

func espocrm(c *crm, w http.ResponseWriter, r *http.Request, body []byte) {
	var in map[string]string
	switch err := json.Unmarshal(body, &in); {
	case r.Header.Get("X-Api-Key") != "secret":
		c.refuse(w, 401, "no key")
	case err != nil || in["lastName"] == "":
		c.refuse(w, 400, "lastName is required")
	case r.Method == "POST" && r.URL.Path == "/api/v1/Lead", r.Method == "PUT" && r.URL.Path == "/api/v1/Lead/5f1":
		c.kept = append(c.kept, in)
		fmt.Fprint(w, `{"id":"5f1","lastName":"x"}`)
	default:
		c.refuse(w, 405, r.Method+" "+r.URL.Path)
	}
}

// The examples of docs/crm.md are read as people paste them, and talk to
// something that checks what the vendor checks.
func TestCRMDoc(t *testing.T) {
	doc, err := os.ReadFile("../../docs/crm.md")
	if err != nil {
		t.Fatal(err)
	}
	vendors := map[string]struct {
		answer        func(*crm, http.ResponseWriter, *http.Request, []byte)
		first, second string // the receipts of a lead's first and second touch
		calls         string // of both
		name, company string // fields that hold what was typed
	}{
		"hubspot":    {hubspot, "4711", "4711", "POST /crm/v3/objects/contacts/batch/upsert POST /crm/v3/objects/contacts/batch/upsert", "lastname", "company"},
		"salesforce": {salesforce, "http_200", "http_200", "POST /servlet/servlet.WebToLead POST /servlet/servlet.WebToLead", "last_name", "company"},
		"pipedrive": {pipedrive, "adf21080-0e10-11eb-879b-05d71fb426ec", "adf21080-0e10-11eb-879b-05d71fb426ec",
			"GET /api/v2/persons/search POST /api/v2/persons POST /v1/leads GET /api/v2/persons/search POST /v1/leads", "name", ""},
		"espocrm": {espocrm, "5f1", "5f1", "POST /api/v1/Lead PUT /api/v1/Lead/5f1", "lastName", "accountName"},
	}
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(doc), -1)
	if len(blocks) != len(vendors) {
		t.Fatalf("docs/crm.md has %d examples, want %d", len(blocks), len(vendors))
	}
	for _, block := range blocks {
		name := regexp.MustCompile(`name: (\w+)`).FindStringSubmatch(block[1])[1]
		t.Run(name, func(t *testing.T) {
			v := vendors[name]
			c := newCRM(t, v.answer)
			text := regexp.MustCompile(`https://[a-z.]+\.com/`).ReplaceAllString(block[1], c.URL+"/")
			file := filepath.Join(t.TempDir(), "leadgate.yaml")
			if err := os.WriteFile(file, []byte("allow_private_targets: true\n"+text), 0o600); err != nil {
				t.Fatal(err)
			}
			cfg, err := config.Load(config.Options{Path: file, Env: []string{"HUBSPOT_TOKEN=secret", "SALESFORCE_OID=secret", "PIPEDRIVE_TOKEN=secret", "ESPOCRM_KEY=secret"},
				Kinds: []string{"http"}, CheckTarget: kind.Check})
			if err != nil {
				t.Fatal(err)
			}
			sender, err := kind.Open(cfg.Targets[0], kind.Env{AllowPrivate: true})
			if err != nil {
				t.Fatal(err)
			}
			person := lead.Person{Email: "ada+demo@brandt.example", FirstName: "Ada", LastName: `O'Neil "x" & Söhne`, Phone: "+4930123456", Company: `Brandt \ Druck, 100 %`}
			person.Fill()
			l := &lead.Lead{ID: "l1", Person: person, Verdict: lead.Verdict{Temperature: lead.Hot, Score: 90}}
			a := notify.Alert{Kind: lead.HotAlert, Lead: l, Touch: &lead.Touch{ID: "t1", Source: "contact", Action: "demo_request", Message: "Line one\n\"two\" & three"}}
			for i, want := range []string{v.first, v.second} {
				receipt, err := sender.Send(t.Context(), []notify.Alert{a})
				if err != nil || receipt != want {
					t.Fatalf("Send %d = %q, %v, want %q; the vendor minds %q", i+1, receipt, err, want, c.wrong)
				}
				a.Receipt = receipt
			}
			if got := strings.Join(c.calls, " "); got != v.calls {
				t.Errorf("calls = %s, want %s", got, v.calls)
			}
			if len(c.wrong) > 0 {
				t.Errorf("the vendor minds %q", c.wrong)
			}
			if got := c.kept[0][v.name]; got != person.LastName && got != person.Name {
				t.Errorf("%s = %q, want %q as it was typed", v.name, got, person.LastName)
			}
			if v.company != "" && c.kept[0][v.company] != person.Company {
				t.Errorf("%s = %q, want %q as it was typed", v.company, c.kept[0][v.company], person.Company)
			}
		})
	}
}
