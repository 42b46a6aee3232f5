package template

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"text/template/parse"
)

// Error says what went wrong where in a template.
type Error struct {
	Where string // name:line:column
	What  string
	Err   error // of a function or of the writer; nil otherwise
}

func (e *Error) Error() string {
	if e.Err != nil {
		return e.Where + ": " + e.What + ": " + e.Err.Error()
	}
	return e.Where + ": " + e.What
}

func (e *Error) Unwrap() error { return e.Err }

// deepest is how many templates may call each other.
const deepest = 1000

var (
	errBreak    = errors.New("break")
	errContinue = errors.New("continue")
)

// state is one run.
type state struct {
	set   *set
	w     io.Writer
	tree  *parse.Tree
	at    parse.Node
	vars  []variable
	depth int
}

type variable struct {
	name  string
	value reflect.Value
}

func run(s *set, w io.Writer, name string, data any) (err error) {
	tree := s.trees[name]
	if tree == nil {
		return &Error{Where: name, What: "there is no such template"}
	}
	st := &state{set: s, w: w, tree: tree}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *Error:
			err = r
		default:
			panic(r)
		}
	}()
	dot := reflect.ValueOf(data)
	st.vars = []variable{{"$", dot}}
	st.walk(dot, tree.Root)
	return nil
}

// fail ends the run.
func (s *state) fail(err error, format string, args ...any) {
	where := s.tree.Name
	if s.at != nil {
		where, _ = s.tree.ErrorContext(s.at)
	}
	panic(&Error{Where: where, What: fmt.Sprintf(format, args...), Err: err})
}

// walk runs a node; errBreak and errContinue go up to the range.
func (s *state) walk(dot reflect.Value, n parse.Node) error {
	s.at = n
	switch n := n.(type) {
	case *parse.ActionNode:
		value := s.pipe(dot, n.Pipe)
		if len(n.Pipe.Decl) == 0 {
			s.print(value)
		}
	case *parse.TextNode:
		if _, err := s.w.Write(n.Text); err != nil {
			s.fail(err, "write")
		}
	case *parse.ListNode:
		for _, each := range n.Nodes {
			if err := s.walk(dot, each); err != nil {
				return err
			}
		}
	case *parse.IfNode:
		return s.branch(dot, &n.BranchNode, false)
	case *parse.WithNode:
		return s.branch(dot, &n.BranchNode, true)
	case *parse.RangeNode:
		s.loop(dot, n)
	case *parse.TemplateNode:
		s.call(dot, n)
	case *parse.BreakNode:
		return errBreak
	case *parse.ContinueNode:
		return errContinue
	case *parse.CommentNode:
	default:
		s.fail(nil, "%s is not understood", n)
	}
	return nil
}

func (s *state) branch(dot reflect.Value, n *parse.BranchNode, with bool) error {
	defer s.forget(len(s.vars))
	value := s.pipe(dot, n.Pipe)
	switch {
	case truth(value) && with:
		return s.walk(value, n.List)
	case truth(value):
		return s.walk(dot, n.List)
	case n.ElseList != nil:
		return s.walk(dot, n.ElseList)
	}
	return nil
}

func (s *state) forget(to int) { s.vars = s.vars[:to] }

func (s *state) loop(dot reflect.Value, n *parse.RangeNode) {
	defer s.forget(len(s.vars))
	value := indirect(s.pipe(dot, n.Pipe))
	mark := len(s.vars)
	did := false
	// turn is one round; false ends the loop.
	turn := func(key, elem reflect.Value) bool {
		did = true
		switch decl := n.Pipe.Decl; {
		case len(decl) == 1:
			s.vars[mark-1].value = elem
		case len(decl) == 2:
			s.vars[mark-2].value, s.vars[mark-1].value = key, elem
		}
		err := s.walk(elem, n.List)
		s.forget(mark)
		return !errors.Is(err, errBreak)
	}
	switch value.Kind() {
	case reflect.Slice, reflect.Array:
		for i := range value.Len() {
			if !turn(reflect.ValueOf(i), value.Index(i)) {
				return
			}
		}
	case reflect.Map:
		for _, key := range sorted(value.MapKeys()) {
			if !turn(key, value.MapIndex(key)) {
				return
			}
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		for i := range value.Int() {
			if !turn(reflect.ValueOf(int(i)), reflect.ValueOf(int(i))) {
				return
			}
		}
	case reflect.Invalid:
	default:
		s.at = n
		s.fail(nil, "range over %s is not possible", value.Type())
	}
	if !did && n.ElseList != nil {
		s.walk(dot, n.ElseList)
	}
}

func (s *state) call(dot reflect.Value, n *parse.TemplateNode) {
	tree := s.set.trees[n.Name]
	if tree == nil {
		s.fail(nil, "there is no template %q", n.Name)
	}
	if s.depth == deepest {
		s.fail(nil, "templates call each other more than %d times", deepest)
	}
	value := s.pipe(dot, n.Pipe)
	inner := &state{set: s.set, w: s.w, tree: tree, vars: []variable{{"$", value}}, depth: s.depth + 1}
	inner.walk(value, tree.Root)
}

// pipe evaluates a pipeline and declares its variables.
func (s *state) pipe(dot reflect.Value, p *parse.PipeNode) (value reflect.Value) {
	if p == nil {
		return reflect.Value{}
	}
	s.at = p
	for i, cmd := range p.Cmds {
		value = s.command(dot, cmd, value, i > 0)
	}
	for _, v := range p.Decl {
		if p.IsAssign {
			s.assign(v.Ident[0], value)
		} else {
			s.vars = append(s.vars, variable{v.Ident[0], value})
		}
	}
	return value
}

func (s *state) assign(name string, value reflect.Value) {
	for i := range slices.Backward(s.vars) {
		if s.vars[i].name == name {
			s.vars[i].value = value
			return
		}
	}
	s.fail(nil, "there is no variable %s", name)
}

// command evaluates one command; piped says that final is its last argument.
func (s *state) command(dot reflect.Value, cmd *parse.CommandNode, final reflect.Value, piped bool) reflect.Value {
	if id, ok := cmd.Args[0].(*parse.IdentifierNode); ok {
		return s.function(dot, id, cmd.Args[1:], final, piped)
	}
	if len(cmd.Args) > 1 || piped {
		s.at = cmd
		s.fail(nil, "%s is no function and takes no arguments", cmd.Args[0])
	}
	return s.arg(dot, cmd.Args[0])
}

// arg evaluates what stands for one value.
func (s *state) arg(dot reflect.Value, n parse.Node) reflect.Value {
	s.at = n
	switch n := n.(type) {
	case *parse.DotNode:
		return dot
	case *parse.NilNode:
		return reflect.Value{}
	case *parse.FieldNode:
		return s.fields(dot, n.Ident)
	case *parse.VariableNode:
		return s.fields(s.variable(n.Ident[0]), n.Ident[1:])
	case *parse.ChainNode:
		return s.fields(s.arg(dot, n.Node), n.Field)
	case *parse.PipeNode:
		return s.pipe(dot, n)
	case *parse.IdentifierNode:
		return s.function(dot, n, nil, reflect.Value{}, false)
	case *parse.BoolNode:
		return reflect.ValueOf(n.True)
	case *parse.StringNode:
		return reflect.ValueOf(n.Text)
	case *parse.NumberNode:
		return s.number(n)
	}
	s.fail(nil, "%s is not understood", n)
	return reflect.Value{}
}

func (s *state) number(n *parse.NumberNode) reflect.Value {
	switch {
	case n.IsInt:
		return reflect.ValueOf(int(n.Int64))
	case n.IsUint:
		return reflect.ValueOf(uint(n.Uint64))
	case n.IsFloat:
		return reflect.ValueOf(n.Float64)
	}
	s.fail(nil, "%s is not a number that is understood", n)
	return reflect.Value{}
}

func (s *state) variable(name string) reflect.Value {
	for i := range slices.Backward(s.vars) {
		if s.vars[i].name == name {
			return s.vars[i].value
		}
	}
	s.fail(nil, "there is no variable %s", name)
	return reflect.Value{}
}

// fields follows .A.B.C. What nil or a missing key has is nil.
func (s *state) fields(value reflect.Value, names []string) reflect.Value {
	for _, name := range names {
		if value = indirect(value); !value.IsValid() {
			return value
		}
		if z, ok := value.Interface().(interface{ IsZero() bool }); ok && name == "IsZero" {
			value = reflect.ValueOf(z.IsZero())
			continue
		}
		switch value.Kind() {
		case reflect.Struct:
			field, ok := value.Type().FieldByName(name)
			if !ok || !field.IsExported() {
				s.fail(nil, "%s has no field %s (methods are not called; give templates a function)", value.Type(), name)
			}
			var err error
			if value, err = value.FieldByIndexErr(field.Index); err != nil {
				value = reflect.Value{}
			}
		case reflect.Map:
			if value.Type().Key().Kind() != reflect.String {
				s.fail(nil, "%s has no key %s", value.Type(), name)
			}
			value = value.MapIndex(reflect.ValueOf(name).Convert(value.Type().Key()))
		default:
			s.fail(nil, "%s has no field %s", value.Type(), name)
		}
	}
	return value
}

// print writes a value as fmt does; nil is nothing.
func (s *state) print(value reflect.Value) {
	if text := sprint(value); text != "" {
		if _, err := io.WriteString(s.w, text); err != nil {
			s.fail(err, "write")
		}
	}
}

func sprint(value reflect.Value) string {
	v := plain(value)
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// plain is what a function or fmt sees of a value: pointers are followed as
// long as what they point to does not say itself how it is shown.
func plain(value reflect.Value) any {
	for value.IsValid() {
		switch value.Kind() {
		case reflect.Interface:
			if value.IsNil() {
				return nil
			}
			value = value.Elem()
			continue
		case reflect.Pointer:
			if value.IsNil() {
				return nil
			}
			switch value.Interface().(type) {
			case error, fmt.Stringer:
				return value.Interface()
			}
			value = value.Elem()
			continue
		}
		return value.Interface()
	}
	return nil
}

// indirect follows interfaces and pointers; nil is the zero Value.
func indirect(value reflect.Value) reflect.Value {
	for value.Kind() == reflect.Pointer || value.Kind() == reflect.Interface {
		value = value.Elem()
	}
	return value
}

// sorted orders the keys of a map.
func sorted(keys []reflect.Value) []reflect.Value {
	slices.SortFunc(keys, func(a, b reflect.Value) int {
		if a, b, ok := numbers(a, b); ok {
			return cmp.Compare(a, b)
		}
		return strings.Compare(fmt.Sprint(a), fmt.Sprint(b))
	})
	return keys
}
