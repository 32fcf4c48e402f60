package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What somebody types, up to the key Tab, and what the shell makes of it.
var typed = []struct{ line, want string }{
	{"weizhangbot ad", "admin"},
	{"weizhangbot admin i", "admin import"},
	{"weizhangbot admin cost --j", "admin cost --json"},
	{"weizhangbot --vers", "--version"},
	{"weizhangbot serve --c", "serve --config"},
	{"weizhangbot serve --config my", "serve --config my.yaml"},
	{"weizhangbot serve --config=my", "serve --config=my.yaml"},
	{"weizhangbot chat --user admin --c", "chat --user admin --config"}, // the name of a command as a value
	{"weizhangbot restore my", "restore my.yaml"},
	{"weizhangbot restore --f", "restore --force"},
	{"weizhangbot completion f", "completion fish"},
	{"weizhangbot frobnicate", "frobnicate"},
}

// A shell at a terminal, with the completions, and a weizhangbot that tells how
// it was called.
type shell struct {
	name    string
	rc      string // the file that it reads first
	rcText  string // SCRIPT is the name of the completions
	command string // RC is the name of that file
}

var shells = []shell{
	{"bash", "rc", "source 'SCRIPT'\nweizhangbot() { echo \"ran:$*:\"; }\nPS1='at your ''service '\n", "bash --noprofile --rcfile 'RC' -i"},
	{"zsh", ".zshrc", "autoload -U compinit && compinit -u\nsource 'SCRIPT'\nweizhangbot() { echo \"ran:$*:\" }\nPS1='at your ''service '\n", "zsh -i"},
	{"fish", "rc", "source 'SCRIPT'\nfunction weizhangbot; echo ran:(string join ' ' -- $argv):; end\nfunction fish_prompt; echo -n 'at your ''service '; end\nfunction fish_greeting; end\n", "fish --no-config -i -C 'source RC'"},
}

// The real shells complete: bash, zsh and fish.
func TestCompletionInShells(t *testing.T) {
	t.Parallel()
	for _, s := range shells {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			for _, program := range []string{s.name, "script"} {
				if _, err := exec.LookPath(program); err != nil {
					if os.Getenv("CI") == "true" {
						t.Fatal(err)
					}
					t.Skip(err)
				}
			}
			terminal := s.open(t)
			for _, tt := range typed {
				if got := terminal.completes(tt.line); got != tt.want {
					t.Errorf("%q becomes %q, want %q", tt.line, got, tt.want)
				}
			}
		})
	}
}

// A terminal is where a shell runs and somebody types.
type terminal struct {
	t    *testing.T
	keys io.Writer
	said *journal
	read int // of said
}

// open starts the shell in a directory of its own, with a my.yaml in it.
func (s shell) open(t *testing.T) *terminal {
	t.Helper()
	dir := t.TempDir()
	var script, stderr bytes.Buffer
	if code := run(t.Context(), []string{"completion", s.name}, nil, nil, &script, &stderr); code != exitFine {
		t.Fatal(stderr.String())
	}
	completions := filepath.Join(dir, "completions")
	for name, text := range map[string]string{
		"completions": script.String(), s.rc: strings.ReplaceAll(s.rcText, "SCRIPT", completions), "my.yaml": "",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "script", "-qefc", strings.ReplaceAll(s.command, "RC", filepath.Join(dir, s.rc)), "/dev/null")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir, "ZDOTDIR="+dir, "XDG_CONFIG_HOME="+dir, "XDG_DATA_HOME="+dir, "TERM=dumb")
	said := &journal{}
	cmd.Stdout, cmd.Stderr = said, said
	keys, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = io.WriteString(keys, "exit\r")
		_ = keys.Close()
		_ = cmd.Wait()
	})
	return &terminal{t: t, keys: keys, said: said}
}

// completes types a line, Tab and Enter, and returns what was run.
func (m *terminal) completes(line string) string {
	m.t.Helper()
	m.waits("at your service ")
	if _, err := io.WriteString(m.keys, line+"\t\r"); err != nil {
		m.t.Fatal(err)
	}
	m.waits("ran:")
	return strings.TrimSpace(m.waits(":"))
}

// waits reads up to the words, and returns what stands before them.
func (m *terminal) waits(words string) (before string) {
	m.t.Helper()
	until(m.t, "the shell says "+words, func() bool {
		text := m.said.String()[m.read:]
		i := strings.Index(text, words)
		if i >= 0 {
			before, m.read = text[:i], m.read+i+len(words)
		}
		return i >= 0
	})
	return before
}
