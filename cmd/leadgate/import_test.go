package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/leadgate/leadgate/lead"
)

func TestWhyRejected(t *testing.T) {
	const why = "no column holds an e-mail address or a phone number"
	if got := whyRejected(why, []string{"Ada", "4.91512E+11"}); !strings.Contains(got, why) || !strings.Contains(got, "4.91512E+11 is what a spreadsheet made") {
		t.Errorf("why = %q", got)
	}
	if got := whyRejected(why, []string{"Ada", "E+11", ""}); got != why {
		t.Errorf("why = %q", got)
	}
}

func TestHarmless(t *testing.T) {
	got := harmless([]string{"=1+1", "+49 30", "-x", "@x", "\tx", "x=1", ""})
	if want := "'=1+1|'+49 30|'-x|'@x|'\tx|x=1|"; strings.Join(got, "|") != want {
		t.Errorf("harmless = %q, want %q", strings.Join(got, "|"), want)
	}
}

func TestProgram_Import(t *testing.T) {
	t.Parallel()
	onBothStores(t, func(t *testing.T, env []string) {
		slack := newFakeSlack(t)
		p := newProgram(t, append(env, slack.env()...)...)
		p.config(wrongSources)
		p.start()
		file := filepath.Join(p.dir, "fair.csv")
		list := "E-Mail;Vorname;Nachname;Firma;Telefon;Notiz\n" +
			"ida@works.example;Ida;Import;Works;+49 30 1234567;\"zwei\nZeilen\"\n" +
			";Nie;Mand;=cmd();;\n" +
			"jon@works.example;Jon;Import;Works;;\n"
		write := func(s string) {
			if err := os.WriteFile(file, []byte(s), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write(list)
		code, out := p.run("import", file, "--dry-run", "--action", "event_badge")
		if code != 0 || !strings.Contains(out, "2 would be accepted, 1 rejected") || !strings.Contains(out, "ida@works.example") || !strings.Contains(out, "line 4:") {
			t.Errorf("dry run = %d:\n%s", code, out)
		}
		if n := len(all[lead.Touch](p, "/touches")); n != 0 {
			t.Errorf("%d touches after a dry run", n)
		}
		var got outcome
		for range 2 { // the second time it finds everybody there
			code, out = p.run("import", file, "--json", "--source", "fair", "--action", "event_badge")
			if err := json.Unmarshal([]byte(out), &got); code != 0 || err != nil || got.Rows != 3 || got.Accepted != 2 || got.Rejected != 1 {
				t.Errorf("import = %d %+v, %v:\n%s", code, got, err, out)
			}
		}
		write(list + "kai@works.example;Kai;Import;Works;;\n")
		p.run("import", file, "--source", "fair", "--action", "event_badge")
		b := p.balanced()
		if b.Accepted != 3 || b.Alerted != 0 {
			t.Errorf("books = %+v, want three people and nobody told", b)
		}
		rejected, err := os.ReadFile(file + ".rejects.csv")
		if err != nil || !strings.Contains(string(rejected), "4,no column holds") || !strings.Contains(string(rejected), "'=cmd()") {
			t.Errorf("rejects = %v\n%s", err, rejected)
		}
		var page struct{ Items []lead.Lead }
		if p.get("/leads?email=ida@works.example", &page); len(page.Items) != 1 || page.Items[0].Person.Phone != "+49301234567" || page.Items[0].Temperature != lead.Warm ||
			page.Items[0].History[0].Action != "event_badge" || page.Items[0].History[0].Source != "fair" {
			t.Errorf("lead = %+v, want Ida's, warm from the fair", page.Items)
		}
		touch := p.settled(page.Items[0].Touches[0])
		if len(touch.Deliveries) != 0 || !touch.Silent {
			t.Errorf("touch = %+v, want that it tells nobody", touch)
		}
		var run lead.Run
		if p.call("/replay", `{"state":"settled"}`, &run); run.Counts["unchanged"] != 3 {
			t.Errorf("replay of what was imported = %+v, want no change", run)
		}

		write("Mail;Wer\nlea@works.example;Lea Loud\n")
		if code, out := p.run("import", file, "--alert", "--action", "demo_request", "--map", "email=Mail,name=Wer"); code != 0 {
			t.Errorf("import --alert = %d:\n%s", code, out)
		}
		p.await("the alert", 10*time.Second, func() bool { return len(slack.about("Lea Loud")) == 1 })
		for _, args := range [][]string{{"import"}, {"import", file, "--map", "x"}} {
			if code, _ := p.run(args...); code != exitUsage {
				t.Errorf("%v = %d, want %d", args, code, exitUsage)
			}
		}
		if code, out := p.run("import", file, "--source", "No Name"); code == 0 || !strings.Contains(out, "lower-case") {
			t.Errorf("import of a bad source = %d:\n%s", code, out)
		}
	})
}

// TestProgram_ImportMany brings in a long list in an interrupted way: all of it
// arrives, once.
func TestProgram_ImportMany(t *testing.T) {
	t.Parallel()
	n := 3000
	p := newProcess(t)
	p.config(wrongSources)
	p.start()
	var b strings.Builder
	b.WriteString("email,name,company\n")
	for i := range n {
		fmt.Fprintf(&b, "person%d@works%d.example,Person %d,Works %d\n", i, i%50, i, i%50)
	}
	whole := b.String()
	file := filepath.Join(p.dir, "long.csv")
	for _, part := range []string{whole[:len(whole)/3], whole} { // the first ends in the middle of a row
		if err := os.WriteFile(file, []byte(part), 0o600); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if code, out := p.run("import", file); code != 0 {
			t.Fatalf("import = %d:\n%s", code, out)
		}
		t.Logf("imported %d bytes in %s", len(part), time.Since(begin).Round(time.Millisecond))
		p.kill()
		p.start()
	}
	if got := p.balanced(); got.Accepted < int64(n) || got.Accepted > int64(n+1) {
		t.Errorf("books = %+v, want %d people and at most the row that was cut off", got, n)
	}
}
