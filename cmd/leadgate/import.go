package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/leadgate/leadgate/cmd/leadgate/client"
	"github.com/leadgate/leadgate/cmd/leadgate/console"
	"github.com/leadgate/leadgate/cmd/leadgate/sheet"
	"github.com/leadgate/leadgate/lead"
)

// importFlags say how a list is to be imported.
type importFlags struct {
	source, action string
	fields         []string // as lead field=column
	charset        string
	alert          bool
	dryRun         bool
	json           bool
}

func importCommand(env environment) *cobra.Command {
	var f importFlags
	c := &cobra.Command{
		Use: "import FILE.csv", Short: "Bring in a list of people: badges of an event, an old list",
		Long: "Import sends the rows of a CSV file to the running server as touches. The row that names the columns is found,\n" +
			"below a report's first lines, too; they are recognised in many languages, and --map tells of those that are\n" +
			"not. Separators, line ends and charsets are recognised and printed; --charset names another. A row of two\n" +
			"people is two touches. The people are cold and nobody is alerted of them, unless --action and --alert say\n" +
			"otherwise. Rows that cannot be used are written to FILE.rejects.csv with their line\n" +
			"and the reason. The same file can be imported again, after an interruption or with new rows: what is known\n" +
			"already is left alone.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return importFile(c, env, args[0], f) },
	}
	addConfigFlags(c.Flags())
	c.Flags().StringVar(&f.source, "source", "", "the source that the people come from (default import)")
	c.Flags().StringVar(&f.action, "action", "list_import", "what they did: list_import, event_badge, or any action of the rules")
	c.Flags().StringSliceVar(&f.fields, "map", nil, "which column is what, as email=Mail,company=Firma")
	c.Flags().StringVar(&f.charset, "charset", "", "how the file is written: utf-8, windows-1251, shift_jis, ... (default: recognised)")
	c.Flags().BoolVar(&f.alert, "alert", false, "tell of them like of anybody who comes in")
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "only show what would be found")
	c.Flags().BoolVar(&f.json, "json", false, "print the outcome as JSON")
	return c
}

// importBatch is how many rows are sent together.
const importBatch = 200

// importRow is a row on its way to the server.
type importRow struct {
	Row    int             `json:"row"`
	ID     string          `json:"id"`
	Values json.RawMessage `json:"values"`
}

// importAnswer is what the server says of rows.
type importAnswer struct {
	Rows []struct {
		Row    int          `json:"row"`
		Status string       `json:"status"`
		Why    string       `json:"why"`
		Person *lead.Person `json:"person"`
		People int          `json:"people"` // in the row, if more than one
	} `json:"rows"`
	Columns map[string]string `json:"columns"`
}

// outcome is what the command prints in the end.
type outcome struct {
	Rows     int    `json:"rows"`
	Accepted int    `json:"accepted"`
	Rejected int    `json:"rejected"`
	Rejects  string `json:"rejects,omitempty"` // the file that holds them
	DryRun   bool   `json:"dry_run,omitempty"`
	File     string `json:"file"` // how it is written: charset, separator, line of the column names
}

func importFile(c *cobra.Command, env environment, file string, f importFlags) error {
	fields := map[string]string{}
	for _, pair := range f.fields {
		field, column, ok := strings.Cut(pair, "=")
		if !ok || field == "" || column == "" {
			return &codedError{exitUsage, fmt.Errorf("--map %q is not of the form field=column", pair)}
		}
		fields[strings.TrimSpace(field)] = strings.TrimSpace(column)
	}
	server, err := env.server(c)
	if err != nil {
		return err
	}
	t, err := sheet.Open(file, f.charset, slices.Collect(maps.Values(fields)))
	if err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	defer t.Close()
	if !f.json {
		fmt.Fprintf(c.ErrOrStderr(), "%s: %s\n", filepath.Base(file), console.Plain(t.Found()))
	}
	x := &importer{told: time.Now(), c: c, server: server, flags: f, table: t, rejects: rejects{file: file + ".rejects.csv"},
		ask: map[string]any{"source": cmp.Or(f.source, "import"), "action": f.action, "fields": fields, "alert": f.alert, "dry_run": f.dryRun}}
	err = errors.Join(x.run(), x.rejects.close())
	if x.rejects.n > 0 && !f.dryRun {
		x.out.Rejects = x.rejects.file
	}
	x.out.DryRun, x.out.File = f.dryRun, t.Found()
	if err != nil {
		return fmt.Errorf("import %s: after %d rows: %w; run the same command again to go on", file, x.out.Rows, err)
	}
	if x.out.Rows == 0 {
		return fmt.Errorf("import %s: there is no row below the column names (%s)", file, t.Found())
	}
	return x.print(c.OutOrStdout())
}

// importer sends a table in batches.
type importer struct {
	c       *cobra.Command
	server  client.Client
	flags   importFlags
	table   *sheet.Sheet
	ask     map[string]any
	rejects rejects
	out     outcome
	found   []importAnswer // with a dry run: what to show
	told    time.Time      // of the progress
}

func (x *importer) run() error {
	var batch []sheet.Row
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		defer func() { batch = batch[:0] }()
		return x.send(batch)
	}
	for {
		row, err := x.table.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			x.out.Rows++
			if err := x.reject(bad.StartLine, bad.Err.Error(), row.Cells); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if batch = append(batch, row); len(batch) == importBatch {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// send lets the server have a batch, and waits while its disk or store cannot
// take it.
func (x *importer) send(batch []sheet.Row) error {
	rows := make([]importRow, len(batch))
	for i, r := range batch {
		rows[i] = importRow{r.Line, r.ID, r.Values}
	}
	x.ask["rows"] = rows
	var a importAnswer
	var err error
	for wait := time.Second; wait < 20*time.Second; wait *= 2 {
		err = x.server.Call(x.c.Context(), http.MethodPost, "/import", x.ask, &a)
		var no *client.Refusal
		if !errors.As(err, &no) || no.Code != http.StatusServiceUnavailable {
			break
		}
		select {
		case <-time.After(wait):
		case <-x.c.Context().Done():
			return context.Cause(x.c.Context())
		}
	}
	if err != nil {
		return err
	}
	if len(a.Rows) != len(batch) {
		return fmt.Errorf("the server answers for %d rows of %d", len(a.Rows), len(batch))
	}
	for i, r := range a.Rows {
		x.out.Rows++
		if r.Status != "rejected" {
			x.out.Accepted++
			continue
		}
		if err := x.reject(r.Row, whyRejected(r.Why, batch[i].Cells), batch[i].Cells); err != nil {
			return err
		}
	}
	if x.flags.dryRun && len(x.found) == 0 {
		x.found = append(x.found, a)
	}
	if now := time.Now(); now.Sub(x.told) >= time.Second {
		x.told = now
		fmt.Fprintf(x.c.ErrOrStderr(), "%d rows, %d %%\n", x.out.Rows, x.table.Percent())
	}
	return nil
}

// scientific is a number as a spreadsheet writes it that took a phone number for
// a quantity: its digits are lost.
var scientific = regexp.MustCompile(`^\d([.,]\d+)?[eE]\+\d+$`)

// whyRejected says what to do about a row whose phone number is spoilt.
func whyRejected(why string, cells []string) string {
	for _, cell := range cells {
		if scientific.MatchString(strings.TrimSpace(cell)) {
			return why + "; " + cell + " is what a spreadsheet made of a number: set the column to text there and export again"
		}
	}
	return why
}

func (x *importer) reject(line int, why string, cells []string) error {
	x.out.Rejected++
	if x.flags.dryRun {
		fmt.Fprintf(x.c.ErrOrStderr(), "line %d: %s\n", line, console.Plain(why))
		return nil
	}
	return x.rejects.add(x.table.Header, line, why, cells)
}

// importShown is how many rows a dry run shows.
const importShown = 20

func (x *importer) print(w io.Writer) error {
	if x.flags.json {
		b, err := json.MarshalIndent(x.out, "", "  ")
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(w, string(b))
		return err
	}
	for _, a := range x.found {
		for i, column := range x.table.Header {
			fmt.Fprintf(w, "column %s  %s\n", console.Column(column, 28), cmp.Or(a.Columns[x.table.Labels[i]], "kept as it is"))
		}
		fmt.Fprintf(w, "\n%6s  %s  %s  %s  %s\n", "LINE", console.Column("EMAIL", 34), console.Column("NAME", 24), console.Column("PHONE", 18), "COMPANY")
		for _, r := range a.Rows[:min(len(a.Rows), importShown)] {
			if r.Person != nil {
				fmt.Fprintf(w, "%6d  %s  %s  %s  %s\n", r.Row, console.Column(r.Person.Email, 34), console.Column(r.Person.Name, 24), console.Column(r.Person.Phone, 18), console.Plain(r.Person.Company))
			}
			if r.People > 1 {
				fmt.Fprintf(w, "%6s  and %d more in this row\n", "", r.People-1)
			}
		}
		fmt.Fprintln(w)
	}
	word := "accepted"
	if x.flags.dryRun {
		word = "would be accepted"
	}
	fmt.Fprintf(w, "%d rows: %d %s, %d rejected\n", x.out.Rows, x.out.Accepted, word, x.out.Rejected)
	if x.out.Rejects != "" {
		fmt.Fprintf(w, "the rejected rows are in %s\n", x.out.Rejects)
	}
	return nil
}

// rejects is the file of rows that could not be used, made with the first of
// them.
type rejects struct {
	file string
	n    int
	out  *os.File
	csv  *csv.Writer
}

func (r *rejects) add(header []string, line int, why string, cells []string) error {
	if r.out == nil {
		out, err := os.OpenFile(filepath.Clean(r.file), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("keep the rejected rows: %w", err)
		}
		r.out, r.csv = out, csv.NewWriter(out)
		if err := r.csv.Write(append([]string{"line", "why"}, harmless(header)...)); err != nil {
			return err
		}
	}
	r.n++
	return r.csv.Write(append([]string{fmt.Sprint(line), why}, harmless(cells)...))
}

func (r *rejects) close() error {
	if r.out == nil {
		return nil
	}
	r.csv.Flush()
	return errors.Join(r.csv.Error(), r.out.Close())
}

// harmless keeps a spreadsheet from taking cells for formulas.
func harmless(cells []string) []string {
	out := slices.Clone(cells)
	for i, cell := range out {
		if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
			out[i] = "'" + cell
		}
	}
	return out
}
