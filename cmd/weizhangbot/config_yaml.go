package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// readYAML sets the keys that text has. The tree is walked beside the keys, and
// not decoded in one go, because the decoder's own errors know lines but not
// the path of the key, and stop at the first unknown one of a section.
func readYAML(c *Config, file string, text []byte, fs *faults) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF): // an empty file configures nothing
		return
	case err != nil:
		fs.add(file, strings.TrimPrefix(err.Error(), "yaml: "), "the file must be YAML, indented by spaces")
		return
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		fs.add(file, "more than one document", "keep what stands before the second ---")
	}
	w := yamlWalk{sections: map[string]bool{"": true}, keys: map[string]key{}, faults: fs}
	for _, k := range keysOf(c) {
		w.keys[k.path] = k
		for i, r := range k.path {
			if r == '.' {
				w.sections[k.path[:i]] = true
			}
		}
	}
	w.section("", document.Content[0])
}

// A yamlWalk goes through the file's tree and the keys side by side.
type yamlWalk struct {
	keys     map[string]key
	sections map[string]bool
	faults   *faults
}

func (w yamlWalk) section(path string, n *yaml.Node) {
	n = followed(n)
	if isNull(n) { // `wechat:` with nothing below it
		return
	}
	if n.Kind != yaml.MappingNode {
		w.fault(path, n, "not a section", "write its keys below it, indented")
		return
	}
	first := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		full := strings.TrimPrefix(path+"."+name.Value, ".")
		if line, again := first[full]; again {
			w.fault(full, name, fmt.Sprintf("given twice, first in line %d", line), "keep one of them")
			continue
		}
		first[full] = name.Line
		switch k, isKey := w.keys[full]; {
		case isKey:
			w.value(k, value)
		case w.sections[full]:
			w.section(full, value)
		default:
			w.fault(full, name, "unknown key", w.suggestion(full))
		}
	}
}

func (w yamlWalk) value(k key, n *yaml.Node) {
	n = followed(n)
	if isNull(n) { // `token:` with nothing behind it keeps the default
		return
	}
	// A token of digits only is still a text: YAML's idea of its type does not count.
	if k.value.Kind() == reflect.String && n.Kind == yaml.ScalarNode {
		k.value.SetString(n.Value)
		return
	}
	into := reflect.New(k.value.Type())
	err := n.Decode(into.Interface())
	if k.value.Kind() == reflect.Int && n.ShortTag() != "!!int" { // the decoder would cut 1.5 to 1
		err = errors.New("no whole number")
	}
	if err != nil {
		w.fault(k.path, n, yamlCause(k, n), kindHint(k))
		return
	}
	k.value.Set(into.Elem())
}

func (w yamlWalk) fault(path string, n *yaml.Node, what, hint string) {
	if path == "" {
		path = "the file"
	}
	*w.faults = append(*w.faults, fault{key: path, what: what, hint: hint, line: n.Line})
}

// suggestion names the key that an unknown one most likely means: one spelt
// nearly so, or one of the same name that belongs elsewhere.
func (w yamlWalk) suggestion(path string) string {
	names := append(sortedKeys(w.keys), slices.DeleteFunc(sortedKeys(w.sections), func(s string) bool { return s == "" })...)
	if near := nearest(path, names); near != "" {
		return "did you mean " + near + "?"
	}
	last := path[strings.LastIndex(path, ".")+1:]
	for _, name := range names {
		if own := name[strings.LastIndex(name, ".")+1:]; distance(own, last) <= 1 {
			return "did you mean " + name + "?"
		}
	}
	return "config.yaml of the repository lists all keys"
}

// yamlCause says what was found; a secret is not repeated.
func yamlCause(k key, n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a section where a value belongs"
	case n.Kind == yaml.SequenceNode:
		return "a list where a single value belongs"
	case k.secret():
		return "not a text"
	}
	return fmt.Sprintf("%q does not fit", n.Value)
}

// kindHint says what a key's value looks like.
func kindHint(k key) string {
	switch k.value.Interface().(type) {
	case time.Duration:
		return "a duration such as 30s, 5m or 6h"
	case int:
		return "a whole number"
	case Quiet:
		return "two times of day such as 21:00-08:00, or none"
	case []string:
		return "a list: [a, b] in the file, a,b in the environment"
	case map[string]string:
		return "a map: {a: b} in the file, a:b in the environment"
	}
	return "a text"
}

func followed(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
