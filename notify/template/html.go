package template

import (
	"fmt"
	"reflect"
	"strings"
	"text/template/parse"
)

// place is where in a page a template stands.
type place struct {
	in      part
	element string // of a tag that is open
	attr    string // of a value
	quote   byte
	url     urlPart
}

type part byte

const (
	inText part = iota
	inTag
	inValue // of an attribute, in quotes
	inRaw   // a script or style
	inComment
)

// urlPart says how far a URL has come.
type urlPart byte

const (
	noURL urlPart = iota
	urlStart
	urlPath
	urlQuery
)

// htmlEscapers end the pipelines of a page. Their names cannot be written in a
// template by mistake.
var htmlEscapers = FuncMap{"_text": textOf, "_attr": attrOf, "_start": urlStartOf, "_path": urlPathOf, "_query": urlQueryOf}

// escapeTree ends every pipeline that writes with what escapes it for its
// place. Every template begins and ends in a page's text.
func escapeTree(tree *parse.Tree) error {
	end, err := escapeNode(tree, tree.Root, place{})
	if err == nil && end != (place{}) {
		err = misplaced(tree, tree.Root, "it ends within a tag")
	}
	return err
}

func misplaced(tree *parse.Tree, n parse.Node, what string) error {
	where, _ := tree.ErrorContext(n)
	return &Error{Where: where, What: what}
}

func escapeNode(tree *parse.Tree, n parse.Node, at place) (place, error) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n == nil {
			return at, nil
		}
		for _, each := range n.Nodes {
			var err error
			if at, err = escapeNode(tree, each, at); err != nil {
				return at, err
			}
		}
	case *parse.TextNode:
		return at.after(string(n.Text)), nil
	case *parse.ActionNode:
		if len(n.Pipe.Decl) > 0 {
			return at, nil
		}
		names := at.escapers()
		if names == nil {
			return at, misplaced(tree, n, "a value can stand in text and in a quoted attribute that is neither script nor style")
		}
		for _, name := range names {
			n.Pipe.Cmds = append(n.Pipe.Cmds, &parse.CommandNode{NodeType: parse.NodeCommand, Pos: n.Pos,
				Args: []parse.Node{parse.NewIdentifier(name).SetTree(tree).SetPos(n.Pos)}})
		}
	case *parse.IfNode:
		return escapeBranch(tree, &n.BranchNode, at)
	case *parse.WithNode:
		return escapeBranch(tree, &n.BranchNode, at)
	case *parse.RangeNode:
		return escapeBranch(tree, &n.BranchNode, at)
	case *parse.TemplateNode:
		if at.in != inText {
			return at, misplaced(tree, n, "a template can be called in text only")
		}
	}
	return at, nil
}

func escapeBranch(tree *parse.Tree, n *parse.BranchNode, at place) (place, error) {
	one, err := escapeNode(tree, n.List, at)
	if err != nil {
		return at, err
	}
	other, err := escapeNode(tree, n.ElseList, at)
	if err != nil {
		return at, err
	}
	if one != other {
		return at, misplaced(tree, n, "its branches end in different places of the page")
	}
	return one, nil
}

// escapers are those of a place; nil where no value may stand.
func (p place) escapers() []string {
	switch {
	case p.in == inText:
		return []string{"_text"}
	case p.in != inValue || strings.HasPrefix(p.attr, "on") || p.attr == "style" || p.attr == "srcdoc" || p.attr == "srcset":
		return nil
	}
	switch p.url {
	case urlStart:
		return []string{"_start", "_path", "_attr"}
	case urlPath:
		return []string{"_path", "_attr"}
	case urlQuery:
		return []string{"_query", "_attr"}
	}
	return []string{"_attr"}
}

// after is the place at the end of some text that begins at p.
func (p place) after(text string) place {
	for text != "" {
		switch p.in {
		case inText:
			_, rest, found := strings.Cut(text, "<")
			if !found {
				return p
			}
			text = rest
			if rest, ok := strings.CutPrefix(text, "!--"); ok {
				p.in, text = inComment, rest
				continue
			}
			p.in = inTag
			n := strings.IndexFunc(text, func(r rune) bool { return r == '>' || r == '/' && text[0] != '/' || isSpace(r) })
			if n < 0 {
				n = len(text)
			}
			p.element, text = strings.ToLower(text[:n]), text[n:]
		case inComment:
			_, rest, found := strings.Cut(text, "-->")
			if !found {
				return p
			}
			p, text = place{}, rest
		case inRaw:
			i := strings.Index(strings.ToLower(text), "</"+p.element)
			if i < 0 {
				return p
			}
			p, text = place{}, text[i:]
		case inTag:
			i := strings.IndexAny(text, ">=")
			if i < 0 {
				return p
			}
			before, c := text[:i], text[i]
			text = text[i+1:]
			if c == '>' {
				if p.element == "script" || p.element == "style" {
					p = place{in: inRaw, element: p.element}
				} else {
					p = place{}
				}
				continue
			}
			value := strings.TrimLeft(text, " \t\r\n\f")
			if value == "" || value[0] != '"' && value[0] != '\'' {
				continue // not quoted: no value of a template may stand there
			}
			name := strings.TrimSpace(before)
			name = strings.ToLower(name[strings.LastIndexFunc(name, isSpace)+1:])
			p.in, p.attr, p.quote, p.url, text = inValue, name, value[0], noURL, value[1:]
			if takesURL(name) {
				p.url = urlStart
			}
		case inValue:
			value, rest, ended := strings.Cut(text, string(p.quote))
			if p.url != noURL {
				switch {
				case strings.ContainsAny(value, "?#"):
					p.url = urlQuery
				case p.url == urlStart && strings.TrimLeftFunc(value, isSpace) != "":
					p.url = urlPath
				}
			}
			if !ended {
				return p
			}
			p, text = place{in: inTag, element: p.element}, rest
		}
	}
	return p
}

func isSpace(r rune) bool { return strings.ContainsRune(" \t\r\n\f", r) }

// takesURL says whether an attribute's value is a URL, as html/template does.
func takesURL(name string) bool {
	if rest, ok := strings.CutPrefix(name, "data-"); ok {
		name = rest
	} else if prefix, rest, ok := strings.Cut(name, ":"); ok {
		if prefix == "xmlns" {
			return true
		}
		name = rest
	}
	switch name {
	case "action", "archive", "background", "cite", "classid", "codebase", "data", "formaction", "href", "icon", "longdesc", "manifest", "poster", "profile", "src", "usemap", "xmlns":
		return true
	}
	return strings.Contains(name, "src") || strings.Contains(name, "uri") || strings.Contains(name, "url")
}

var htmlReplacer = strings.NewReplacer("\x00", "\uFFFD", `"`, "&#34;", "&", "&amp;", "'", "&#39;", "+", "&#43;", "<", "&lt;", ">", "&gt;")

func textOf(v any) HTML {
	if safe, ok := v.(HTML); ok {
		return safe
	}
	return attrOf(v)
}

func attrOf(v any) HTML { return HTML(htmlReplacer.Replace(sprint(reflect.ValueOf(v)))) }

// unsafeURL takes the place of a URL that a browser might run.
const unsafeURL = "#ZgotmplZ"

// urlStartOf lets through what has no scheme or a harmless one.
func urlStartOf(v any) string {
	s := sprint(reflect.ValueOf(v))
	if scheme, _, ok := strings.Cut(s, ":"); ok && !strings.Contains(scheme, "/") {
		switch strings.ToLower(scheme) {
		case "http", "https", "mailto":
		default:
			return unsafeURL
		}
	}
	return s
}

func urlPathOf(v any) string  { return percent(sprint(reflect.ValueOf(v)), "!#$&*+,/:;=?@[]") }
func urlQueryOf(v any) string { return percent(sprint(reflect.ValueOf(v)), "") }

// percent escapes what may not stand in a URL. With keep, which may, an escape
// that is there already stays.
func percent(s, keep string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case '0' <= c && c <= '9', 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', strings.IndexByte("-._~", c) >= 0, strings.IndexByte(keep, c) >= 0,
			c == '%' && keep != "" && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	return b.String()
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
