package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
)

const prefix = "LEADGATE_"

// Setting describes one setting for documents and flags.
type Setting struct {
	Key     string // slack.channel, sources[].name
	Env     string // LEADGATE_SLACK_CHANNEL; empty within lists
	Flag    string // slack-channel; empty within lists
	Doc     string
	Default string // empty: none
	Secret  bool   // Env exists also with _FILE
	Section bool   // it only holds others
	Free    bool   // it holds names of one's own choice, with a value each
}

// Settings lists every setting in the order of the file.
func Settings() []Setting { return flatten(settings, "") }

func environ(pairs []string) map[string]string {
	env := map[string]string{}
	for _, pair := range pairs {
		if k, v, ok := strings.Cut(pair, "="); ok {
			env[k] = v
		}
	}
	return env
}

// readEnviron takes our variables. An empty one is as good as none: that is
// what compose files make of a variable that is not set.
func (r *reader) readEnviron() {
	byName := map[string]Setting{prefix + "CONFIG": {}}
	for _, s := range Settings() {
		if s.Env == "" {
			continue
		}
		byName[s.Env] = s
		if s.Secret {
			byName[s.Env+"_FILE"] = s
		}
	}
	known := slices.Sorted(maps.Keys(byName))
	for _, name := range slices.Sorted(maps.Keys(r.env)) {
		value := r.env[name]
		if !strings.HasPrefix(name, prefix) || value == "" || others(name, value) {
			continue
		}
		r.configured = true
		s, ok := byName[name]
		at := Place{Source: "environment: " + name}
		switch {
		case !ok:
			r.add(Problem{Place: at, Text: "is no variable of leadgate", Fix: suggestVariable(name, known)})
		case s.Key == "": // the file's name, taken by open
		case name == s.Env:
			r.outside[s.Key] = written{path: s.Key, text: value, at: at}
		case r.env[s.Env] != "":
			r.add(Problem{Place: at, Setting: s.Key, Text: "is set together with " + s.Env, Fix: "keep one of them"})
		default:
			r.outside[s.Key] = written{path: s.Key, text: fromFile + value, at: at}
		}
	}
}

// suggestVariable is suggest for what comes after the prefix, which every name
// shares and which would make them all alike.
func suggestVariable(name string, known []string) string {
	if base, ok := strings.CutSuffix(name, "_FILE"); ok && slices.Contains(known, base) {
		return "only secrets can be in files; set " + base
	}
	var rest []string
	for _, k := range known {
		rest = append(rest, strings.TrimPrefix(k, prefix))
	}
	s := suggest(strings.TrimPrefix(name, prefix), rest)
	s = strings.Replace(s, "did you mean ", "did you mean "+prefix, 1)
	return strings.Replace(s, "known: ", "known after "+prefix+": ", 1)
}

// kubernetes matches what it puts into every container for each service whose
// name begins with ours.
var kubernetes = regexp.MustCompile(`^LEADGATE_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$`)

// others says that a variable with our prefix is not meant for us.
func others(name, value string) bool {
	link := strings.HasSuffix(name, "_PORT") && strings.Contains(value, "://")
	return link || kubernetes.MatchString(name) ||
		name == prefix+"REQUIRE_ALL" // the switch of our own tests
}

// readFlags takes flags, which win over variables.
func (r *reader) readFlags() {
	for _, s := range Settings() {
		if value, ok := r.o.Flags[s.Flag]; ok && s.Flag != "" {
			r.outside[s.Key] = written{path: s.Key, text: value, at: Place{Source: "flag: --" + s.Flag}}
		}
	}
}

const fromFile = "file:"

// resolve returns the text of a single value with its references followed, and
// how to name it in a message: never by a secret.
func (r *reader) resolve(w written) (text, quoted string, ok bool) {
	raw, ok := r.scalar(w)
	if !ok {
		return "", "", false
	}
	text = raw
	if w.node != nil {
		if text, ok = r.interpolate(w, raw); !ok {
			return "", "", false
		}
	}
	if text != raw {
		r.raw[w.path] = raw
	}
	quoted = quote(raw)
	if w.secret {
		quoted = "the value"
		name, isFile := strings.CutPrefix(text, fromFile)
		switch {
		case isFile && strings.HasPrefix(raw, fromFile):
			text, ok = r.secretFile(w, name)
			quoted = "the content of the file"
		case w.node != nil && text == raw && raw != "" && r.plain.Line == 0:
			r.plain = w.at
		}
	}
	return text, quoted, ok
}

// name quotes the value of a setting that was read before as it was written:
// what a variable holds may not have been meant for it.
func (r *reader) name(path, value string) string {
	return quote(cmp.Or(r.raw[path], value))
}

// quote shortens a text and shows it on one line.
func quote(s string) string {
	const most = 60
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most]) + "..."
	}
	return fmt.Sprintf("%q", s)
}

var reference = regexp.MustCompile(`\$?\$\{([^}]*)\}?`)

// interpolate replaces ${VAR} and ${VAR:-fallback}; $${ stands for ${ itself.
// An empty variable is missing: an empty token would open what it should close.
func (r *reader) interpolate(w written, s string) (string, bool) {
	ok := true
	fault := func(text, fix string) string {
		ok = false
		r.report(w.at, w.path, text, fix, !w.secret)
		return ""
	}
	s = reference.ReplaceAllStringFunc(s, func(ref string) string {
		if strings.HasPrefix(ref, "$$") {
			return ref[1:]
		}
		name, fallback, has := strings.Cut(strings.TrimSuffix(ref[2:], "}"), ":-")
		switch {
		case !strings.HasSuffix(ref, "}"):
			return fault("has ${ without }", "write ${VAR}, or $${ for the signs themselves")
		case !variable.MatchString(name):
			return fault("has ${...} with what is no name of a variable", "write ${VAR} or ${VAR:-fallback}, or $${ for the signs themselves")
		case r.env[name] != "":
			return r.env[name]
		case has:
			return fallback
		}
		return fault("the environment variable "+name+" is not set or empty", "set "+name+", or write ${"+name+":-} if it may be missing")
	})
	return s, ok
}

var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// secretFile reads a secret from a file of its own.
func (r *reader) secretFile(w written, name string) (string, bool) {
	content, err := r.o.ReadFile(r.beside(w.at, name))
	if err != nil {
		r.report(w.at, w.path, fmt.Sprintf("the file %s cannot be read: %s", quote(name), reason(err)), "mount the file, or make it readable for leadgate", false)
		return "", false
	}
	text := strings.TrimSpace(string(content))
	if text == "" {
		r.report(w.at, w.path, fmt.Sprintf("the file %s is empty", quote(name)), "write the secret into it", false)
	}
	return text, text != ""
}

// reason is why a file could not be read, without repeating its name.
func reason(err error) string {
	var e *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such file"
	case errors.Is(err, fs.ErrPermission):
		return os.ErrPermission.Error()
	case errors.As(err, &e):
		return e.Err.Error()
	}
	return err.Error()
}
