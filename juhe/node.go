package juhe

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// node is a value of an answer before its meaning is known. JSON and XML come
// down to the same tree, and because the service uses strings, numbers and
// null as they come, every scalar is a text.
type node struct {
	kind  kind
	text  string   // of a scalar, trimmed
	names []string // of an object: the name of each item, in order of arrival
	items []node   // of a list or an object
}

type kind int

const (
	missing kind = iota // not there, or null
	scalar
	list
	object
)

// maxDepth is far beyond the six levels of a real answer.
const maxDepth = 32

var (
	errTooDeep = errors.New("nested too deeply")
	errNotUTF8 = errors.New("not UTF-8")
	errNoValue = errors.New("neither JSON nor XML")
)

// field returns the last item of that name: as in JSON, a later one wins.
func (n node) field(name string) node {
	for i := len(n.names) - 1; i >= 0; i-- {
		if n.names[i] == name {
			return n.items[i]
		}
	}
	return node{}
}

// first returns the text of the first of these fields that has one.
func (n node) first(names ...string) string {
	for _, name := range names {
		if s := n.field(name).text; s != "" {
			return s
		}
	}
	return ""
}

// hasAny reports whether one of these fields is there, be it null.
func (n node) hasAny(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return slices.Contains(n.names, name) })
}

// parseNode reads a whole answer. Its errors do not quote it.
func parseNode(raw []byte) (node, error) {
	raw = bytes.TrimSpace(bytes.TrimPrefix(bytes.TrimSpace(raw), []byte("\xef\xbb\xbf")))
	if len(raw) == 0 {
		return node{}, errNoValue
	}
	// Characters lost in decoding would change places, and a place is part of
	// what tells a known violation from a new one.
	if !utf8.Valid(raw) {
		return node{}, errNotUTF8
	}
	if raw[0] == '<' {
		return parseXML(raw)
	}
	n, err := parseJSON(raw)
	if err == nil && n.kind == scalar && strings.HasPrefix(n.text, "{") {
		return parseJSON([]byte(n.text)) // encoded twice
	}
	return n, err
}

func parseJSON(raw []byte) (node, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	n, err := jsonValue(dec, 0)
	if errors.Is(err, errTooDeep) {
		return node{}, err
	}
	if err != nil {
		return node{}, errNoValue
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return node{}, errNoValue
	}
	return n, nil
}

func jsonValue(dec *json.Decoder, depth int) (node, error) {
	if depth > maxDepth {
		return node{}, errTooDeep
	}
	token, err := dec.Token()
	if err != nil {
		return node{}, err
	}
	switch t := token.(type) {
	case json.Delim:
		return jsonItems(dec, t, depth)
	case string:
		return node{kind: scalar, text: strings.TrimSpace(t)}, nil
	case json.Number:
		return node{kind: scalar, text: t.String()}, nil
	case bool:
		return node{kind: scalar, text: strconv.FormatBool(t)}, nil
	}
	return node{}, nil // null
}

// jsonItems reads up to the bracket that closes open. The decoder never hands
// out a closing one here that does not match.
func jsonItems(dec *json.Decoder, open json.Delim, depth int) (node, error) {
	n := node{kind: list}
	if open == '{' {
		n.kind = object
	}
	for dec.More() {
		if n.kind == object {
			name, err := dec.Token()
			if err != nil {
				return node{}, err
			}
			s, ok := name.(string)
			if !ok {
				return node{}, errNoValue
			}
			n.names = append(n.names, s)
		}
		item, err := jsonValue(dec, depth+1)
		if err != nil {
			return node{}, err
		}
		n.items = append(n.items, item)
	}
	_, err := dec.Token() // the closing bracket
	return n, err
}

func parseXML(raw []byte) (node, error) {
	dec := xml.NewDecoder(bytes.NewReader(raw))
	for {
		token, err := dec.Token()
		if err != nil {
			return node{}, errNoValue
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		n, err := xmlElement(dec, 0)
		if errors.Is(err, errTooDeep) {
			return node{}, err
		}
		if err != nil || strings.EqualFold(start.Name.Local, "html") {
			return node{}, errNoValue
		}
		return n, nil
	}
}

// xmlElement reads an element whose start tag has been read: an object if it
// has elements inside, otherwise a scalar.
func xmlElement(dec *xml.Decoder, depth int) (node, error) {
	if depth > maxDepth {
		return node{}, errTooDeep
	}
	var n node
	var text strings.Builder
	for {
		token, err := dec.Token()
		if err != nil {
			return node{}, err
		}
		switch t := token.(type) {
		case xml.CharData:
			text.Write(t)
		case xml.StartElement:
			item, err := xmlElement(dec, depth+1)
			if err != nil {
				return node{}, err
			}
			n.kind = object
			n.names = append(n.names, t.Name.Local)
			n.items = append(n.items, item)
		case xml.EndElement:
			if n.kind != object {
				n.kind, n.text = scalar, strings.TrimSpace(text.String())
			}
			return n, nil
		}
	}
}
