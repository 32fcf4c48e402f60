package main

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// unit is the README's file for systemd, without the line that names it.
func unit(t *testing.T) string {
	t.Helper()
	return fenced(t, "ini", "ExecStart=/usr/local/bin/weizhangbot serve")
}

// systemd finds nothing wrong with the README's unit, and rates it about as the
// README says, whatever its version looks at.
func TestUnit(t *testing.T) {
	t.Parallel()
	analyze := needed(t, "systemd-analyze")
	program, err := exec.LookPath("weizhangbot")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "weizhangbot.service")
	asked := func(text string, args ...string) string {
		writeFile(t, file, strings.ReplaceAll(text, "/usr/local/bin/weizhangbot", program))
		out, err := exec.CommandContext(t.Context(), analyze, append(args, file)...).CombinedOutput()
		if err != nil {
			t.Errorf("systemd-analyze %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	if out := asked(unit(t), "verify", "--man=no"); strings.Contains(out, "weizhangbot.service") {
		t.Errorf("systemd-analyze verify:\n%s", out)
	}
	if out := asked(strings.Replace(unit(t), "MemoryMax=", "MemryMax=", 1), "verify", "--man=no"); !strings.Contains(out, "MemryMax") {
		t.Errorf("a slip in the unit is not found:\n%s", out)
	}

	claimed := number(t, contents(t, root+"/README.md"), "`systemd-analyze security weizhangbot` rates all of it at ([0-9.]+) of 10")
	rated := number(t, asked(unit(t), "security", "--offline=yes", "--no-pager"), `Overall exposure level for weizhangbot.service: ([0-9.]+) `)
	if rated > claimed+0.7 || rated < claimed-0.7 {
		t.Errorf("rated %v, and the README says %v", rated, claimed)
	}
}

// number is the one that the expression finds in the text.
func number(t *testing.T, text, expression string) float64 {
	t.Helper()
	m := regexp.MustCompile(expression).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no %q in\n%s", expression, text)
	}
	n, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// The unit gives the program the time that it takes to stop, and asks for a
// reload by the signal that it hears.
func TestUnitFits(t *testing.T) {
	text := unit(t)
	seconds := func(key string) time.Duration {
		return time.Duration(number(t, text, `(?m)^`+key+`=([0-9]+)$`)) * time.Second
	}
	if got := seconds("TimeoutStopSec"); got < drainFor+patience+5*time.Second {
		t.Errorf("TimeoutStopSec: %v, and stopping may take %v", got, drainFor+patience)
	}
	if got := seconds("WatchdogSec"); got/3 < 10*probeTime-time.Second {
		t.Errorf("WatchdogSec: %v, and a disk may be slow", got)
	}
	c := defaults()
	names := map[string]bool{}
	for _, k := range keysOf(&c) {
		if k.secret() {
			names[k.variable()+"_FILE"] = true
		}
	}
	loads := regexp.MustCompile(`(?m)^Environment=(\w+)=%d/(\w+)$`).FindAllStringSubmatch(text, -1)
	for _, m := range loads {
		if !names[m[1]] || !strings.Contains(text, "\nLoadCredential="+m[2]+":/") {
			t.Errorf("%s: no such variable, or no such credential", m[0])
		}
	}
	if len(loads) == 0 || !strings.Contains(text, "\nExecReload=/bin/kill -HUP $MAINPID\n") || !strings.Contains(text, "\nType=notify\n") {
		t.Errorf("a unit without secrets, reload or notice:\n%s", text)
	}
}
