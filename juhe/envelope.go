package juhe

import (
	"strconv"
	"strings"
)

// openEnvelope returns the result of an answer whose error_code is 0, an
// *Error for any other code, and ErrMalformed if there is no code to read.
// The result may have any shape; resultcode is never needed (carPre has none),
// and reason decides nothing (its wording varies).
func openEnvelope(endpoint string, raw []byte) (node, error) {
	n, err := parseNode(raw)
	if err != nil {
		return node{}, &malformedError{endpoint: endpoint, why: err.Error()}
	}
	if n.kind != object {
		return node{}, &malformedError{endpoint: endpoint, why: "not an object"}
	}
	code, err := strconv.Atoi(n.field("error_code").text)
	if err != nil {
		return node{}, &malformedError{endpoint: endpoint, why: "no readable error_code"}
	}
	if code != 0 {
		return node{}, &Error{Endpoint: endpoint, Code: code, Reason: cleanReason(n.field("reason").text)}
	}
	return n.field("result"), nil
}

// rows returns what stands under name as a list of objects. The service writes
// "none" as null, [], "" or not at all; PHP turns a list with gaps into an
// object; XML repeats the name, or wraps the rows in it. isRow tells a single
// row from a wrapper of rows. ok is false for anything else.
func (n node) rows(name string, isRow func(node) bool) (rows []node, ok bool) {
	same := n.all(name)
	if len(same) == 1 {
		same = same[0].unwrap(isRow)
	}
	for _, row := range same {
		switch {
		case row.kind == object:
			rows = append(rows, row)
		case row.kind == missing, row.kind == scalar && row.text == "":
		default:
			return nil, false
		}
	}
	return rows, true
}

// all returns every item of that name: XML's way to write a list.
func (n node) all(name string) []node {
	var out []node
	for i, item := range n.items {
		if i < len(n.names) && n.names[i] == name {
			out = append(out, item)
		}
	}
	return out
}

func (n node) unwrap(isRow func(node) bool) []node {
	switch {
	case n.kind == list:
		return n.items
	case n.kind == object && !isRow(n):
		return n.items
	}
	return []node{n}
}

// bounded parses a number of at most nine digits.
func bounded(s string) (int, bool) {
	if s == "" || len(s) > 9 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}
