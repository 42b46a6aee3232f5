package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/leadgate/leadgate/cmd/leadgate/client"
	"github.com/leadgate/leadgate/config"
	"github.com/leadgate/leadgate/handlers/provider"
	"github.com/leadgate/leadgate/handlers/source"
)

func triggerCommand(env environment) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use: "trigger NAME", Short: "Send a believable lead to a running server, signed as its vendor would",
		Long: "Trigger posts one sample to a source of the running server. NAME is a source's name (demo-request, webinar)\n" +
			"or a provider's (zoom, typeform), for the first source with that provider. It is signed with the source's secret.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			cfg, err := env.config(c)
			if err != nil {
				return err
			}
			src, err := sourceFor(cfg, args[0])
			if err != nil {
				return err
			}
			return trigger(c, cfg, src, file)
		},
	}
	addConfigFlags(c.Flags())
	c.Flags().StringVar(&file, "file", "", "send this file's content instead of the sample (- for standard input)")
	return c
}

// sourceFor finds a source by its name, else by its provider.
func sourceFor(cfg *config.Config, name string) (*source.Source, error) {
	for _, by := range []func(s source.Source) string{
		func(s source.Source) string { return s.Name },
		func(s source.Source) string { return s.Provider },
	} {
		if i := slices.IndexFunc(cfg.Sources, func(s source.Source) bool { return by(s) == name }); i >= 0 {
			return &cfg.Sources[i], nil
		}
	}
	var names []string
	for _, s := range cfg.Sources {
		names = append(names, s.Name)
	}
	if _, ok := provider.Find(name); ok {
		return nil, &codedError{exitUsage, fmt.Errorf("no source has the provider %s; add one under sources: (there are %s)", name, strings.Join(names, ", "))}
	}
	return nil, &codedError{exitUsage, fmt.Errorf("no source and no provider is called %q; the sources are %s", name, strings.Join(names, ", "))}
}

func trigger(c *cobra.Command, cfg *config.Config, src *source.Source, file string) error {
	l, err := client.Find(cfg.DataDir)
	if err != nil {
		return err
	}
	p, _ := provider.Find(src.Provider)
	now := time.Now()
	sample := p.Sample(now)
	if file != "" {
		if sample.Body, err = readFileOrStdin(c, file); err != nil {
			return err
		}
	}
	// Vendors sign the public URL; the request goes to the local server.
	at := "http://" + l.Address
	path := "/in/" + src.Name
	if src.Token != "" {
		path += "/" + src.Token
	}
	public, err := url.Parse(strings.TrimSuffix(cmp.Or(cfg.PublicURL, at), "/") + path)
	if err != nil {
		return err
	}
	req := provider.Request{Method: http.MethodPost, URL: public, Header: http.Header{}, Body: sample.Body, Now: now}
	req.Header.Set("Content-Type", sample.ContentType)
	for k, v := range sample.Header {
		req.Header.Set(k, v)
	}
	for k, v := range src.Header {
		req.Header.Set(k, v)
	}
	if p.Sign != nil && src.Secret != "" {
		p.Sign(&req, src.Secret)
	}
	return post(c, at+path, req)
}

func post(c *cobra.Command, at string, r provider.Request) error {
	req, err := http.NewRequestWithContext(c.Context(), http.MethodPost, at, bytes.NewReader(r.Body))
	if err != nil {
		return err
	}
	req.Header = r.Header
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("the server does not answer; is it running?")
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return err
	}
	fmt.Fprintf(c.ErrOrStderr(), "POST %s: %s\n", at, resp.Status)
	fmt.Fprintln(c.OutOrStdout(), string(bytes.TrimSpace(body)))
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("the server refused the sample: %s", resp.Status)
	}
	return nil
}

func readFileOrStdin(c *cobra.Command, file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(c.InOrStdin())
	}
	return os.ReadFile(file)
}

const demoHelp = `Demo sends twenty believable leads to the form and json sources of the running server: people who register for
a webinar, ask for a demo, come back, ask for support. The people are invented.

They are marked as tests: nobody is alerted, and they are in no number; the console and the inbox show them and
what an alert would look like. With --real they are leads like any other.`

func demoCommand(env environment) *cobra.Command {
	var real bool
	var every time.Duration
	c := &cobra.Command{
		Use: "demo", Short: "Send twenty believable leads, marked as tests", Long: demoHelp, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if every < 0 || every > time.Minute {
				return &codedError{exitUsage, fmt.Errorf("--every can be from 0s to 1m")}
			}
			cfg, err := env.config(c)
			if err != nil {
				return err
			}
			return demo(c, cfg, !real, every)
		},
	}
	addConfigFlags(c.Flags())
	c.Flags().BoolVar(&real, "real", false, "leads like any other: sales is alerted, numbers count them")
	c.Flags().DurationVar(&every, "every", time.Second, "time between two leads")
	return c
}

// demoLead is what one visitor sends. It goes to the source whose name or action
// says it best.
type demoLead struct {
	to   []string // parts of names of sources and actions, the best first
	form map[string]string
}

var (
	asksDemo  = []string{"demo", "quote", "contact"}
	registers = []string{"webinar", "event", "contact"}
	writes    = []string{"contact", "demo"}
)

// visitor makes a form of what nearly every form asks.
func visitor(to []string, name, email, company, message string, more ...string) demoLead {
	form := map[string]string{"name": name, "email": email, "company": company, "message": message}
	for i := 0; i+1 < len(more); i += 2 {
		form[more[i]] = more[i+1]
	}
	return demoLead{to, form}
}

// demoLeads are invented, at example domains. Some come twice.
var demoLeads = []demoLead{
	visitor(registers, "Mara Lindqvist", "mara.lindqvist@nordlicht-hotels.example", "Nordlicht Hotels", "", "job title", "Head of Operations", "utm_source", "newsletter"),
	visitor(asksDemo, "Jonas Berg", "jonas.berg@bergbau-technik.example", "Bergbau Technik AG", "We compare three vendors this month. Can you show us the import on Thursday?", "phone", "+49 201 5550142", "employees", "420"),
	visitor(registers, "Aiko Tanabe", "aiko.tanabe@hoshi-robotics.example", "Hoshi Robotics", "", "country", "Japan"),
	visitor(writes, "Priya Raman", "priya.raman@lotusretail.example", "Lotus Retail", "What does it cost for 60 shops? We would like to start in January.", "phone", "+44 20 7946 0018", "job title", "CFO"),
	visitor(registers, "Tom Okafor", "tom.okafor@delta-freight.example", "Delta Freight", "", "utm_source", "linkedin", "utm_medium", "social"),
	visitor(registers, "Elena Petrova", "elena.petrova@severmedia.example", "Sever Media", "How long does the rollout take?"),
	visitor(asksDemo, "Sofia Marques", "sofia.marques@atlantico-seguros.example", "Atlântico Seguros", "Our present tool ends in March. Please call me tomorrow morning.", "phone", "+351 21 555 0177", "employees", "1,200"),
	visitor(registers, "Luca Moretti", "luca.moretti@gmail.com", "", ""),
	visitor(writes, "Hannah Weiss", "hannah.weiss@weiss-und-partner.example", "Weiss & Partner", "The invoice of last month is wrong, and I cannot log in.", "topic", "support"),
	visitor(registers, "Diego Alvarez", "diego.alvarez@solymar.example", "Sol y Mar", "", "job title", "Marketing Manager"),
	visitor(asksDemo, "Mara Lindqvist", "mara.lindqvist@nordlicht-hotels.example", "Nordlicht Hotels", "I was in the webinar. Can we see it with our five hotels?", "phone", "+49 30 5550123"),
	visitor(registers, "Chloé Dubois", "chloe.dubois@atelier-bleu.example", "Atelier Bleu", "", "country", "France"),
	visitor(writes, "Noah Fischer", "noah.fischer@fischer-logistik.example", "Fischer Logistik", "Do you have an interface to our ERP?"),
	visitor(asksDemo, "Grace Adeyemi", "grace.adeyemi@lagoslight.example", "Lagos Light", "Two of us would like a demo this week.", "phone", "+234 1 555 0198"),
	visitor(registers, "Ivan Horvat", "ivan.horvat@adriatech.example", "Adria Tech", ""),
	visitor(registers, "Yuki Sato", "yuki.sato@kitanoboat.example", "Kitano Boat", "", "utm_campaign", "autumn"),
	visitor(asksDemo, "Oliver Grant", "oliver.grant@grantmoore.example", "Grant Moore LLP", "How soon could you start? We are 90 people.", "phone", "+44 161 496 0033", "job title", "Managing Partner"),
	visitor(writes, "Nina Kowalski", "nina.kowalski@zielonypark.example", "Zielony Park", "Please send me a quote for 25 seats."),
	visitor(registers, "Samuel Osei", "samuel.osei@goldcoastfoods.example", "Gold Coast Foods", "Will there be a recording?"),
	visitor(asksDemo, "Elena Petrova", "elena.petrova@severmedia.example", "Sever Media", "We want to try it with one team first.", "phone", "+381 11 555 0164"),
}

func demo(c *cobra.Command, cfg *config.Config, test bool, every time.Duration) error {
	l, err := client.Find(cfg.DataDir)
	if err != nil {
		return err
	}
	var takes []source.Source
	for _, s := range cfg.Sources {
		if (s.Provider == "form" || s.Provider == "json") && s.Captcha == nil && s.Secret == "" {
			takes = append(takes, s)
		}
	}
	if len(takes) == 0 {
		return &codedError{exitUsage, fmt.Errorf("no source takes a plain form; add one with provider: form, or send a vendor's sample with leadgate trigger NAME")}
	}
	for i, d := range demoLeads {
		if i > 0 && !pause(c.Context(), every) {
			return c.Context().Err()
		}
		src := sourceOf(d, takes)
		if err := sendDemo(c, l, src, d, test); err != nil {
			return fmt.Errorf("%s to source %s: %w", d.form["name"], src.Name, err)
		}
	}
	fmt.Fprintf(c.ErrOrStderr(), "%d leads sent; they are in the inbox at http://%s/\n", len(demoLeads), l.Address)
	return nil
}

// pause waits; false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// sourceOf chooses the source for what a visitor wants.
func sourceOf(d demoLead, from []source.Source) source.Source {
	for _, part := range d.to {
		if i := slices.IndexFunc(from, func(s source.Source) bool { return strings.Contains(s.Name+" "+string(s.Action), part) }); i >= 0 {
			return from[i]
		}
	}
	return from[0]
}

func sendDemo(c *cobra.Command, l client.Client, src source.Source, d demoLead, test bool) error {
	form := map[string]any{}
	for k, v := range d.form {
		if v != "" {
			form[k] = v
		}
	}
	if test {
		form["test"] = true
	}
	body, err := json.Marshal(form)
	if err != nil {
		return err
	}
	at := "http://" + l.Address + "/in/" + src.Name
	if src.Token != "" {
		at += "/" + src.Token
	}
	req, err := http.NewRequestWithContext(c.Context(), http.MethodPost, at, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+l.Token) // proves the test mark
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+l.Token) // or its test mark would be anybody's
	for k, v := range src.Header {
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("the server does not answer; is it running?")
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	if err != nil {
		return err
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("the server answers %s: %s", resp.Status, bytes.TrimSpace(said))
	}
	var kept struct{ ID string }
	if err := json.Unmarshal(said, &kept); err != nil {
		return fmt.Errorf("the server's answer: %w", err)
	}
	fmt.Fprintf(c.OutOrStdout(), "%s  %-14s  %s\n", kept.ID, src.Name, d.form["name"])
	return nil
}
