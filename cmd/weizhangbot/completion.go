package main

import (
	"embed"
	"fmt"
	"strings"
	"text/template"

	"github.com/alecthomas/kong"
)

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help is the long description.
func (completionCommand) Help() string {
	return `Prints what has the shell complete commands and flags. For all users the packages' places are
/usr/share/bash-completion/completions/weizhangbot, /usr/share/zsh/vendor-completions/_weizhangbot
and /usr/share/fish/vendor_completions.d/weizhangbot.fish; for one:

Example:

  source <(weizhangbot completion bash)                                         # in ~/.bashrc
  source <(weizhangbot completion zsh)                                          # in ~/.zshrc, below compinit
  weizhangbot completion fish > ~/.config/fish/completions/weizhangbot.fish`
}

// Run prints the script of a shell. It knows all commands by itself and does not
// call the program: completing is as fast as the shell.
func (c completionCommand) Run(ctx *kong.Context, p *program) error {
	var b strings.Builder
	if err := completionScripts().ExecuteTemplate(&b, c.Shell+".tmpl", completed(ctx.Model.Node)); err != nil {
		return fmt.Errorf("completion: %w", err)
	}
	return p.print(b.String())
}

//go:embed completion/*.tmpl
var completionFiles embed.FS

func completionScripts() *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{
		"quote": inQuotes,
		"paths": func(places []place) string { return strings.Join(pathsOf(places), "|") },
		"flags": func(places []place, value string) string { return strings.Join(flagsOf(places, value), "|") },
	}).ParseFS(completionFiles, "completion/*.tmpl"))
}

// inQuotes is s for any of the shells.
func inQuotes(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// A place is where somebody may be on a command line: the program itself, or a
// command of it, and what may come next.
type place struct {
	Path  string // "", "/admin", "/admin/import"
	Words []word // commands, or the values of an argument
	Flags []word
	Files bool // an argument is a file
}

// A word is something to complete to.
type word struct {
	Name, Help string
	Value      string // of a flag: "" none, "file", "text"
}

// completed lists the places from a node on, that of the node first.
func completed(n *kong.Node) []place {
	here := place{Path: pathOf(n)}
	for _, group := range n.AllFlags(true) {
		for _, f := range group {
			here.Flags = append(here.Flags, word{"--" + f.Name, f.Help, valueOf(f)})
		}
	}
	for _, arg := range n.Positional {
		here.Files = here.Files || arg.Name == "file"
		if arg.Enum != "" {
			for _, value := range arg.EnumSlice() {
				here.Words = append(here.Words, word{Name: value})
			}
		}
	}
	places := []place{here}
	for _, child := range n.Children {
		if !child.Hidden {
			places[0].Words = append(places[0].Words, word{Name: child.Name, Help: child.Help})
			places = append(places, completed(child)...)
		}
	}
	return places
}

func pathOf(n *kong.Node) string {
	if n.Parent == nil {
		return ""
	}
	return pathOf(n.Parent) + "/" + n.Name
}

func valueOf(f *kong.Flag) string {
	switch {
	case f.IsBool():
		return ""
	case f.PlaceHolder == "FILE":
		return "file"
	}
	return "text"
}

// pathsOf are the paths of all commands.
func pathsOf(places []place) (paths []string) {
	for _, p := range places[1:] {
		paths = append(paths, p.Path)
	}
	return paths
}

// flagsOf are all flags, of whichever command, that take such a value.
func flagsOf(places []place, value string) (names []string) {
	seen := map[string]bool{}
	for _, p := range places {
		for _, f := range p.Flags {
			if f.Value == value && !seen[f.Name] {
				seen[f.Name] = true
				names = append(names, f.Name)
			}
		}
	}
	return names
}
