package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"

	"github.com/spf13/cobra"

	"github.com/leadgate/leadgate/cmd/leadgate/console"
	"github.com/leadgate/leadgate/handlers/provider"
	"github.com/leadgate/leadgate/lead"
)

// readFlags say how a payload is to be read.
type readFlags struct {
	provider    string
	contentType string
	headers     []string // as K: V
	json        bool
}

func readCommand(env environment) *cobra.Command {
	var f readFlags
	c := &cobra.Command{
		Use: "read FILE", Short: "Show what a payload is understood as, value by value",
		Long: "Read takes a payload from a file (- for standard input) as a source would, without a server and without\n" +
			"checking a signature. It prints the people that were found with their roles, then every value with the field\n" +
			"it went to, the label it stood under and the step that knew it, then the touches. The steps, earlier ones first: map, vendor, label,\n" +
			"tokens, shape, around; what is kept has no field of its own, what is dropped is noise or a trap.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return read(c, args[0], f) },
	}
	c.Flags().StringVar(&f.provider, "provider", "", "whose format it is (default json, or form for what does not begin with { or [)")
	c.Flags().StringVar(&f.contentType, "content-type", "", "the request's Content-Type (default: seen from the payload)")
	c.Flags().StringArrayVar(&f.headers, "header", nil, "a further header of the request, 'K: V'; may be repeated")
	c.Flags().BoolVar(&f.json, "json", false, "print the touches as JSON")
	return c
}

func read(c *cobra.Command, file string, f readFlags) error {
	header, err := parseHeaders(f.headers)
	if err != nil {
		return &codedError{exitUsage, err}
	}
	if f.contentType != "" {
		header.Set("Content-Type", f.contentType)
	}
	if _, ok := provider.Find(f.provider); f.provider != "" && !ok {
		return &codedError{exitUsage, fmt.Errorf("no provider is called %q; there are %s", f.provider, strings.Join(provider.Names(), ", "))}
	}
	body, err := readFileOrStdin(c, file)
	if err != nil {
		return err
	}
	p, _ := provider.Find(cmp.Or(f.provider, guessProvider(body)))
	var readings []provider.Reading
	var people []provider.Found
	r := provider.Request{Method: http.MethodPost, URL: &url.URL{Path: "/in/" + p.Name}, Header: header, Body: body, Now: time.Now().UTC(),
		Source: provider.Source{Name: p.Name}, Seen: func(x provider.Reading) { readings = append(readings, x) },
		Met: func(x provider.Found) { people = append(people, x) }}
	touches, err := p.Touches(&r)
	if err != nil {
		return errors.New(console.Plain(fmt.Sprintf("read %s as %s: %v", file, p.Name, err))) // it may quote the payload
	}
	for i := range touches {
		touches[i].ReceivedAt = r.Now
	}
	w := c.OutOrStdout()
	if f.json {
		return printTouches(w, touches)
	}
	printPeople(w, people)
	printReadings(w, readings)
	printSummary(w, p, touches)
	return nil
}

// parseHeaders reads headers as they are written in a request.
func parseHeaders(lines []string) (http.Header, error) {
	header := http.Header{}
	for _, l := range lines {
		k, v, ok := strings.Cut(l, ":")
		if k = strings.TrimSpace(k); !ok || k == "" {
			return nil, fmt.Errorf("--header %q is not of the form 'K: V'", l)
		}
		header.Add(k, strings.TrimSpace(v))
	}
	return header, nil
}

// guessProvider is the general provider for a payload of nobody in particular.
func guessProvider(body []byte) string {
	body = bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\ufeff")), " \t\r\n")
	if len(body) > 0 && (body[0] == '{' || body[0] == '[') {
		return "json"
	}
	return "form"
}

// Columns of a reading, in terminal cells.
const (
	fieldCells = 14
	valueCells = 40
	labelCells = 40
)

func printReadings(w io.Writer, readings []provider.Reading) {
	line := func(field, value, label, step string) {
		fmt.Fprintf(w, "%s  %s  %s  %s\n", console.Column(field, fieldCells), console.Column(value, valueCells),
			console.Column(label, labelCells), step)
	}
	if len(readings) > 0 {
		line("FIELD", "VALUE", "LABEL", "STEP")
	}
	for _, x := range readings {
		line(cmp.Or(x.Field, "-"), cmp.Or(x.Value, "-"), x.Label, x.Step.String())
	}
}

// printPeople shows who was found, and of whom a touch was made.
func printPeople(w io.Writer, people []provider.Found) {
	line := func(role, who, where, touch string) {
		fmt.Fprintf(w, "%s  %s  %s  %s\n", console.Column(role, fieldCells), console.Column(who, valueCells), console.Column(where, labelCells), touch)
	}
	if len(people) > 0 {
		line("ROLE", "PERSON", "STANDS IN", "TOUCH")
		defer fmt.Fprintln(w)
	}
	for _, x := range people {
		touch := "-"
		if x.Lead {
			touch = "yes"
		}
		who := strings.Join(slices.DeleteFunc([]string{x.Person.Name, x.Person.Email, x.Person.Phone}, func(s string) bool { return s == "" }), ", ")
		line(x.Role, who, cmp.Or(x.Where, "(outermost)"), touch)
	}
}

func printSummary(w io.Writer, p *provider.Provider, touches []lead.Touch) {
	if len(touches) == 0 {
		fmt.Fprintf(w, "no touch: %s sends this, and it is about no lead\n", p.Title)
	}
	for i := range touches {
		t := &touches[i]
		fmt.Fprintf(w, "\ntouch %d of %d, read as %s\n", i+1, len(touches), p.Name)
		marks := t.Marks
		if t.Test {
			marks = append(marks, "test")
		}
		if t.NeedsFetch {
			marks = append(marks, "needs_fetch")
		}
		for _, l := range []struct{ what, text string }{
			{"who", console.Who(t.Person)},
			{"action", string(t.Action)},
			{"event", strings.Join([]string{t.Event.Title, t.Event.ID, t.Event.Start}, " ")},
			{"marks", strings.Join(marks, ", ")},
		} {
			fmt.Fprintf(w, "  %-6s  %s\n", l.what, cmp.Or(console.Plain(l.text), "-"))
		}
	}
}

// printTouches prints touches as JSON, whatever would act on a terminal or
// reorder its text escaped.
func printTouches(w io.Writer, touches []lead.Touch) error {
	if touches == nil {
		touches = []lead.Touch{}
	}
	b, err := json.MarshalIndent(touches, "", "  ")
	if err != nil {
		return err
	}
	var out strings.Builder
	for _, r := range string(b) {
		switch {
		case r == '\n' || unicode.IsPrint(r):
			out.WriteRune(r)
		default:
			for _, unit := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&out, `\u%04x`, unit)
			}
		}
	}
	_, err = fmt.Fprintln(w, out.String())
	return err
}
