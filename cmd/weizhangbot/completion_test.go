package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// Every shell is told of every command and every flag.
func TestCompletionsAreComplete(t *testing.T) {
	app, err := kong.New(&commands{}, kong.Name("weizhangbot"))
	if err != nil {
		t.Fatal(err)
	}
	places := completed(app.Model.Node)
	paths := pathsOf(places)
	for _, want := range []string{"/demo", "/admin/import", "/completion", "/version"} {
		if !slices.Contains(paths, want) {
			t.Errorf("no %s in %v", want, paths)
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		var script, stderr bytes.Buffer
		if code := run(t.Context(), []string{"completion", shell}, nil, nil, &script, &stderr); code != exitFine || stderr.Len() > 0 {
			t.Fatalf("%s: exit code %d, %s", shell, code, stderr.String())
		}
		for _, p := range places {
			for _, w := range slices.Concat(p.Words, p.Flags) {
				// fish names a flag without its dashes.
				if name := strings.TrimPrefix(w.Name, "--"); !strings.Contains(script.String(), name) {
					t.Errorf("%s: nothing of %s %s", shell, p.Path, w.Name)
				}
			}
		}
	}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"completion", "tcsh"}, nil, nil, &stdout, &stderr); code != exitUsage || !strings.Contains(stderr.String(), "bash") {
		t.Errorf("tcsh: exit code %d, %s", code, stderr.String())
	}
}

func TestValuesOfFlags(t *testing.T) {
	var c struct {
		Config string `placeholder:"FILE"`
		Force  bool
		Days   int
		Secret string `hidden:""`
	}
	app, err := kong.New(&c)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range completed(app.Model.Node)[0].Flags {
		got[f.Name] = f.Value
	}
	if len(got) != 4 || got["--config"] != "file" || got["--force"] != "" || got["--days"] != "text" || got["--help"] != "" {
		t.Errorf("%v", got)
	}
}
