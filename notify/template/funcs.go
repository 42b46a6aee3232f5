package template

import (
	"errors"
	"fmt"
	"reflect"
	"text/template/parse"
)

// builtins are the functions that every template has. And, or are special
// forms, for they do not look at what comes after the answer.
var builtins = FuncMap{
	"and": func(...any) any { return nil }, "or": func(...any) any { return nil },
	"not": func(v any) bool { return !truth(reflect.ValueOf(v)) },
	"eq":  eq, "ne": func(a, b any) (bool, error) { same, err := eq(a, b); return !same, err },
	"lt": lt, "le": func(a, b any) (bool, error) { more, err := lt(b, a); return !more, err },
	"gt": func(a, b any) (bool, error) { return lt(b, a) }, "ge": func(a, b any) (bool, error) { less, err := lt(a, b); return !less, err },
	"len": length, "index": index,
	"print": fmt.Sprint, "println": fmt.Sprintln, "printf": fmt.Sprintf,
}

// function calls a function with arguments and, piped, the value before it.
func (s *state) function(dot reflect.Value, id *parse.IdentifierNode, args []parse.Node, final reflect.Value, piped bool) reflect.Value {
	s.at = id
	fn := reflect.ValueOf(s.set.funcs[id.Ident])
	if !fn.IsValid() || fn.Kind() != reflect.Func {
		s.fail(nil, "there is no function %s", id.Ident)
	}
	if id.Ident == "and" || id.Ident == "or" {
		return s.logic(dot, id.Ident == "or", args, final, piped)
	}
	values := make([]reflect.Value, 0, len(args)+1)
	for _, a := range args {
		values = append(values, s.arg(dot, a))
	}
	if piped {
		values = append(values, final)
	}
	s.at = id
	t := fn.Type()
	if fixed := t.NumIn(); !t.IsVariadic() && len(values) != fixed || t.IsVariadic() && len(values) < fixed-1 {
		s.fail(nil, "%s does not take %d arguments", id.Ident, len(values))
	}
	for i := range values {
		want := t.In(min(i, t.NumIn()-1))
		if t.IsVariadic() && i >= t.NumIn()-1 {
			want = want.Elem()
		}
		values[i] = s.fit(id.Ident, values[i], want)
	}
	out := fn.Call(values)
	if len(out) == 2 && !out[1].IsNil() {
		err, _ := out[1].Interface().(error)
		s.fail(err, "%s", id.Ident)
	}
	return out[0]
}

// logic is and, or: the first argument that settles it, else the last one.
func (s *state) logic(dot reflect.Value, or bool, args []parse.Node, final reflect.Value, piped bool) (value reflect.Value) {
	if len(args) == 0 && !piped {
		s.fail(nil, "and, or take at least one argument")
	}
	for _, a := range args {
		if value = s.arg(dot, a); truth(value) == or {
			return value
		}
	}
	if piped {
		return final
	}
	return value
}

// fit makes a value one that a function takes.
func (s *state) fit(name string, value reflect.Value, want reflect.Type) reflect.Value {
	if value.Kind() == reflect.Interface && want.Kind() != reflect.Interface {
		value = value.Elem()
	}
	if !value.IsValid() {
		return reflect.Zero(want)
	}
	switch have := value.Type(); {
	case have.AssignableTo(want):
		return value
	case have.Kind() == reflect.Pointer && have.Elem().AssignableTo(want) && !value.IsNil():
		return value.Elem()
	case have.ConvertibleTo(want) && (numeric(have.Kind()) && numeric(want.Kind()) || have.Kind() == want.Kind()):
		return value.Convert(want)
	}
	s.fail(nil, "%s takes %s, not %s", name, want, value.Type())
	return value
}

func numeric(k reflect.Kind) bool { return reflect.Int <= k && k <= reflect.Float64 }

// truth says whether a value is not empty.
func truth(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Invalid:
		return false
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() > 0
	case reflect.Interface:
		return truth(v.Elem())
	case reflect.Struct:
		return true
	}
	return !v.IsZero()
}

// eq says whether the first value is one of the others.
func eq(first any, others ...any) (bool, error) {
	if len(others) == 0 {
		return false, errors.New("there is nothing to compare with")
	}
	a := indirect(reflect.ValueOf(first))
	for _, other := range others {
		b := indirect(reflect.ValueOf(other))
		if !a.IsValid() || !b.IsValid() {
			if a.IsValid() == b.IsValid() {
				return true, nil
			}
			continue
		}
		if x, y, ok := numbers(a, b); ok {
			if x == y {
				return true, nil
			}
			continue
		}
		if a.Kind() != b.Kind() || !a.Comparable() {
			return false, fmt.Errorf("%s and %s cannot be compared", a.Type(), b.Type())
		}
		if a.Kind() == reflect.String && a.String() == b.String() || a.Type() == b.Type() && a.Equal(b) {
			return true, nil
		}
	}
	return false, nil
}

// lt says whether a is less than b: numbers, or texts.
func lt(a, b any) (bool, error) {
	x, y := indirect(reflect.ValueOf(a)), indirect(reflect.ValueOf(b))
	if x, y, ok := numbers(x, y); ok {
		return x < y, nil
	}
	if x.Kind() == reflect.String && y.Kind() == reflect.String {
		return x.String() < y.String(), nil
	}
	return false, errors.New("only numbers and texts have an order")
}

// numbers are two values as numbers, if both are.
func numbers(a, b reflect.Value) (x, y float64, ok bool) {
	x, okA := number(a)
	y, okB := number(b)
	return x, y, okA && okB
}

func number(v reflect.Value) (float64, bool) {
	switch {
	case v.CanInt():
		return float64(v.Int()), true
	case v.CanUint():
		return float64(v.Uint()), true
	case v.CanFloat():
		return v.Float(), true
	}
	return 0, false
}

func length(v any) (int, error) {
	switch value := indirect(reflect.ValueOf(v)); value.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return value.Len(), nil
	case reflect.Invalid:
		return 0, nil
	default:
		return 0, fmt.Errorf("%s has no length", value.Type())
	}
}

// index looks a key or a position up, and in what it finds the next one.
func index(v any, keys ...any) (any, error) {
	value := indirect(reflect.ValueOf(v))
	for _, key := range keys {
		k := reflect.ValueOf(key)
		switch value.Kind() {
		case reflect.Map:
			if !k.IsValid() || !k.CanConvert(value.Type().Key()) {
				return nil, fmt.Errorf("%v is no key of %s", key, value.Type())
			}
			value = indirect(value.MapIndex(k.Convert(value.Type().Key())))
		case reflect.Slice, reflect.Array, reflect.String:
			n, ok := number(k)
			if !ok || int(n) < 0 || int(n) >= value.Len() {
				return nil, fmt.Errorf("%v is no position of it", key)
			}
			value = indirect(value.Index(int(n)))
		case reflect.Invalid:
			return nil, nil
		default:
			return nil, fmt.Errorf("%s has no index", value.Type())
		}
	}
	if !value.IsValid() {
		return nil, nil
	}
	return value.Interface(), nil
}
