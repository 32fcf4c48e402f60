package main

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// The README's table of dependencies names what go.mod requires directly, no more
// and no less, in the versions that it requires.
func TestDependenciesAreExplained(t *testing.T) {
	for _, fault := range dependencyFaults(contents(t, root+"/go.mod"), contents(t, root+"/README.md")) {
		t.Error(fault)
	}
}

func TestDependenciesAreExplainedRefuses(t *testing.T) {
	const mod = "module x\n\nrequire (\n\tgithub.com/a/b v1.0.0\n\tc.d/e/v2 v2.1.0 // indirect\n)\n\nrequire f.g/h v0.1.0\n"
	const b, h = "| github.com/a/b | v1.0.0 | 2026-01-02 | 1 kB | x | y |\n", "| f.g/h | v0.1.0 | 2026-01-02 | 1 kB | x | y |\n"
	for _, tt := range []struct{ name, readme, want string }{
		{"as it should be", b + h, ""},
		{"one is missing", b, "f.g/h v0.1.0: not in the table"},
		{"of another version", b + strings.Replace(h, "v0.1.0", "v0.2.0", 1), "f.g/h: v0.2.0 in the table, v0.1.0 in go.mod"},
		{"an indirect one", b + h + "| c.d/e/v2 | v2.1.0 | 2026-01-02 | 1 kB | x | y |\n", "c.d/e/v2: not required by go.mod"},
		{"twice", b + h + h, "f.g/h: twice"},
		{"without a reason", b + strings.Replace(h, "| x |", "| |", 1), "f.g/h: for nothing"},
		{"without a weight", b + strings.Replace(h, "| 1 kB |", "|  |", 1), "f.g/h: without a weight"},
		{"released on no day", b + strings.Replace(h, "2026-01-02", "2026-02-30", 1), "f.g/h: released on 2026-02-30"},
		{"another table", b + h + "| channel | does |\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := strings.Join(dependencyFaults(mod, tt.readme), "\n"); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// The commands that the README gives for a release are those that the gate uses.
func TestReleaseIsDocumented(t *testing.T) {
	build, readme := contents(t, root+"/.ci/build"), contents(t, root+"/README.md")
	flags := regexp.MustCompile(`go build (-trimpath .*) -o `).FindStringSubmatch(build)
	if flags == nil || !strings.Contains(readme, "CGO_ENABLED=0 go build "+flags[1]+" ./cmd/weizhangbot") || !strings.Contains(build, "CGO_ENABLED=0") {
		t.Errorf("the README does not give the flags %q", flags)
	}
}

func contents(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var required = regexp.MustCompile(`^(?:require )?\t?([a-z][^\s/]*\.[^\s]+) (v[^\s]+)$`)

func dependencyFaults(mod, readme string) (faults []string) {
	direct := map[string]string{}
	for line := range strings.Lines(mod) {
		if m := required.FindStringSubmatch(strings.TrimRight(line, "\n")); m != nil {
			direct[m[1]] = m[2]
		}
	}
	listed := map[string]bool{}
	for line := range strings.Lines(readme) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 8 || !strings.Contains(cells[1], "/") && !strings.Contains(cells[1], ".") {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		name := cells[1]
		if fault := rowFault(direct[name], cells); fault != "" {
			faults = append(faults, name+": "+fault)
		} else if listed[name] {
			faults = append(faults, name+": twice")
		}
		listed[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(direct)) {
		if !listed[name] {
			faults = append(faults, fmt.Sprintf("%s %s: not in the table", name, direct[name]))
		}
	}
	return faults
}

// rowFault is what is wrong with a row: module, version, day, weight, reason, what
// it replaces.
func rowFault(version string, cells []string) string {
	_, err := time.Parse(time.DateOnly, cells[3])
	switch {
	case version == "":
		return "not required by go.mod"
	case cells[2] != version:
		return cells[2] + " in the table, " + version + " in go.mod"
	case err != nil:
		return "released on " + cells[3]
	case cells[4] == "":
		return "without a weight"
	case cells[5] == "":
		return "for nothing"
	}
	return ""
}
