package provider

import (
	"slices"
	"strings"
)

// nodeSort is what a node holds.
type nodeSort uint8

const (
	null nodeSort = iota
	boolean
	number
	text
	object
	array
)

// node is one value of a body, whatever its format was. Forms become objects
// of texts. Keys keep their order, for the order of a form is the order in
// which a person reads it.
type node struct {
	key  string // within an object
	sort nodeSort
	text string // of a text as it was meant, of numbers and booleans as they print
	kids []node
}

// get follows keys downwards; nil where there is none. It may be called on nil,
// so a vendor's file can write body.get("payload", "object", "id").str().
func (n *node) get(keys ...string) *node {
	for _, key := range keys {
		if n == nil || n.sort != object {
			return nil
		}
		i := slices.IndexFunc(n.kids, func(kid node) bool { return kid.key == key })
		if i < 0 {
			return nil
		}
		n = &n.kids[i]
	}
	return n
}

// str is what a scalar says, without blanks around it. Null, missing and the
// empty string mean the same to every vendor we know.
func (n *node) str() string {
	if n == nil || n.sort == object || n.sort == array {
		return ""
	}
	return strings.TrimSpace(n.text)
}

// yes says whether the node is true, however the sender writes that.
func (n *node) yes() bool { return yesNo(n.str()) == yes }

// list returns the members of an array or object; none for anything else.
func (n *node) list() []node {
	if n == nil {
		return nil
	}
	return n.kids
}

// blank says that there is nothing in it.
func (n *node) blank() bool {
	return n == nil || n.sort == null || n.sort == text && strings.TrimSpace(n.text) == "" ||
		(n.sort == object || n.sort == array) && len(n.kids) == 0
}

func (n *node) scalar() bool { return n.sort != object && n.sort != array }

// size counts the scalars in a node, of which each is at most one pair, and the
// objects and arrays.
func (n *node) size(leaves, inner *int) {
	switch {
	case n == nil:
		return
	case n.scalar():
		*leaves++
		return
	}
	*inner++
	for i := range n.kids {
		n.kids[i].size(leaves, inner)
	}
}

// first returns the text of the first of several keys that has one.
func (n *node) first(keys ...string) string {
	for _, key := range keys {
		if s := n.get(key).str(); s != "" {
			return s
		}
	}
	return ""
}

// put finds or makes the member of an object.
func (n *node) put(key string) *node {
	if kid := n.get(key); kid != nil {
		return kid
	}
	n.kids = append(n.kids, node{key: key})
	return &n.kids[len(n.kids)-1]
}

// without returns an object without some of its members.
func (n *node) without(keys ...string) *node {
	if n == nil || n.sort != object {
		return n
	}
	rest := *n
	rest.kids = make([]node, 0, len(n.kids))
	for _, kid := range n.kids {
		if !slices.Contains(keys, kid.key) {
			rest.kids = append(rest.kids, kid)
		}
	}
	return &rest
}

// only returns some of the members of an object.
func (n *node) only(keys ...string) *node {
	if n == nil || n.sort != object {
		return n
	}
	some := *n
	some.kids = slices.DeleteFunc(slices.Clone(n.kids), func(kid node) bool { return !slices.Contains(keys, kid.key) })
	return &some
}
