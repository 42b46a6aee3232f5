package main

import (
	"bytes"
	"cmp"
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
	"github.com/leadgate/leadgate/handlers"
	"github.com/leadgate/leadgate/handlers/provider"
)

func triggerCommand() *cobra.Command {
	var file string
	c := &cobra.Command{
		Use: "trigger NAME", Short: "Send a believable lead to a running server, signed as its vendor would",
		Long: "Trigger posts one sample to a source of the running server. NAME is a source's name (demo-request, webinar)\n" +
			"or a provider's (zoom, typeform), for the first source with that provider. It is signed with the source's secret.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			cfg, err := loadConfig(c)
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
func sourceFor(cfg *config.Config, name string) (*handlers.Source, error) {
	for _, by := range []func(s handlers.Source) string{
		func(s handlers.Source) string { return s.Name },
		func(s handlers.Source) string { return s.Provider },
	} {
		if i := slices.IndexFunc(cfg.Sources, func(s handlers.Source) bool { return by(s) == name }); i >= 0 {
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

func trigger(c *cobra.Command, cfg *config.Config, src *handlers.Source, file string) error {
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
