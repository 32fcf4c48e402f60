package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

const (
	maxFile     = 500 // lines, tables aside: a longer file holds two things
	maxFunction = 80  // lines: a longer function is several
)

// A name that says nothing collects everything.
var emptyNames = []string{"util", "utils", "common", "helper", "helpers", "misc", "model", "models", "types", "base", "shared"}

func TestShape(t *testing.T) {
	t.Parallel()
	for _, f := range goFiles(t) {
		for _, fault := range shapeFaults(f) {
			t.Error(fault)
		}
	}
}

func TestShapeRefuses(t *testing.T) {
	long := strings.Repeat("\n", 90)
	for _, tt := range []struct{ name, file, source, want string }{
		{"init", "bot/x.go", "package bot\nfunc init() {}", "bot/x.go:2: init"},
		{"an init method is none", "bot/x.go", "package bot\nfunc (a a) init() {}", ""},
		{"a long function", "bot/x.go", "package bot\nfunc f() {" + long + "}", "f has 91 lines"},
		{"a long test", "bot/x_test.go", "package bot\nfunc f() {" + long + "}", ""},
		{"a long file", "bot/x.go", "package bot" + strings.Repeat("\nfunc f() {\n}", 300), "601 lines"},
		{"a long table", "bot/x.go", "package bot\nvar table = []int{" + strings.Repeat("\n1,", 600) + "\n}", ""},
		{"an empty name", "bot/util/x.go", "package util", `package util`},
		{"a name of the standard library", "bot/time/x.go", "package time", "package time"},
		{"a panic", "bot/x.go", "package bot\nfunc f() { panic(1) }", "bot/x.go:2: panic"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := strings.Join(shapeFaults(parsed(t, tt.file, tt.source)), "\n")
			if !strings.Contains(got, tt.want) || tt.want == "" && got != "" {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func shapeFaults(f goFile) []string {
	var faults []string
	fault := func(at token.Pos, format string, args ...any) {
		faults = append(faults, fmt.Sprintf("%s:%d: ", f.path, f.line(at))+fmt.Sprintf(format, args...))
	}
	name := f.tree.Name.Name
	if slices.Contains(emptyNames, name) {
		fault(f.tree.Name.Pos(), "package %s: the name says nothing of what is inside", name)
	}
	if name != "main" && stdName(name) {
		fault(f.tree.Name.Pos(), "package %s: the standard library has one of that name", name)
	}
	for _, d := range f.tree.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
			fault(fn.Pos(), "init: work at import time happens behind the caller's back; make a constructor")
		}
	}
	if f.isTest() {
		return faults
	}
	if n := codeLines(f); n > maxFile {
		fault(f.tree.Name.Pos(), "%d lines without its tables, at most %d: it holds more than one thing", n, maxFile)
	}
	for _, d := range f.tree.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		if n := f.line(fn.End()) - f.line(fn.Pos()) + 1; n > maxFunction {
			fault(fn.Pos(), "%s has %d lines, at most %d: give its parts names", fn.Name.Name, n, maxFunction)
		}
		if name != "main" && !strings.HasSuffix(path.Dir(f.path), "test") {
			for n := range ast.Preorder(fn) {
				if isPanic(n) {
					fault(n.Pos(), "panic: return an error; only main may give up")
				}
			}
		}
	}
	return faults
}

func isPanic(n ast.Node) bool {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return false
	}
	id, ok := call.Fun.(*ast.Ident)
	return ok && id.Name == "panic"
}

// codeLines counts the lines of a file outside of its tables, which are
// variables of the package.
func codeLines(f goFile) int {
	n := f.line(f.tree.FileEnd)
	for _, d := range f.tree.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.VAR {
			n -= f.line(g.End()) - f.line(g.Pos())
		}
	}
	return n
}

// The rooms of the house are few, and whoever adds one says so here.
var topLevel = []string{"LICENSE", "README.md", "Dockerfile", "bot", "cmd", "config.yaml", "go.mod", "go.sum", "juhe", "storage"}

func TestTopLevelNames(t *testing.T) {
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	gitignore, err := os.ReadFile(root + "/.gitignore")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name := e.Name()
		if !strings.HasPrefix(name, ".") && !slices.Contains(topLevel, name) && !ignored(string(gitignore), name) {
			t.Errorf("%s: not one of the module's top-level names %v", name, topLevel)
		}
	}
}

// ignored reads only what this module's .gitignore uses: names and globs.
func ignored(gitignore, name string) bool {
	for pattern := range strings.Lines(gitignore) {
		if ok, err := path.Match(strings.Trim(strings.TrimSpace(pattern), "/"), name); ok && err == nil {
			return true
		}
	}
	return false
}
