package bottest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weizhangbot/weizhangbot/bot"
)

// parrot repeats what it hears; every message that holds 付费 costs.
type parrot struct {
	paid    int
	changes []string
	mute    bool
}

func (p *parrot) Say(_ testing.TB, user, text string) []bot.Reply {
	if p.mute {
		return nil
	}
	if strings.Contains(text, "付费") {
		p.paid++
	}
	return []bot.Reply{{Text: user + "：" + text, Options: []bot.Option{{Label: "是", Send: "是"}}}}
}

func (p *parrot) Do(_ testing.TB, words []string) { p.changes = append(p.changes, words...) }

func (p *parrot) Pushed(_ testing.TB, user string) []bot.Reply {
	var pushed []bot.Reply
	for _, word := range p.changes {
		pushed = append(pushed, bot.Reply{Text: user + "听说" + word, Options: []bot.Option{{Label: "知道", Send: "知道"}}})
	}
	p.changes = nil
	return pushed
}

func (p *parrot) Paid() int { return p.paid }

// A witness notes what a test would fail with.
type witness struct {
	testing.TB
	faults []string
}

func (w *witness) Helper() {}

func (w *witness) Errorf(format string, args ...any) {
	w.faults = append(w.faults, fmt.Sprintf(format, args...))
}

func replay(t *testing.T, script string, world World, update bool) (faults []string, after string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "talk.txt")
	if err := os.WriteFile(path, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	w := &witness{TB: t}
	Replay(w, path, world, update)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return w.faults, string(b)
}

func TestReplay(t *testing.T) {
	tests := map[string]struct{ script, fault string }{
		"what is true passes": {"# 说明\n\n> 你好\n< driver：你好\n- 再见\n[ 是\n= 0\n> 付费\n= 1\n@ 老王\n> 一\\n二\n< 老王：一\n< 二\n", ""},
		"a missing text":      {"> 你好\n< 再见\n", `:2: the answer lacks "再见"`},
		"a forbidden text":    {"> 你好\n- 你好\n", `:2: the answer must not hold "你好"`},
		"a missing option":    {"> 你好\n[ 不是\n", `:2: "不是" is not offered`},
		"a wrong count":       {"> 付费\n= 0\n", ":2: 1 paid queries so far, want 0"},
		"a code":              {"> 邀请码 K7M2-9QXP\n> 用 {code}\n< 用 K7M2-9QXP\n< 用 {code}\n", ""},
		"what is pushed":      {"* 下雨 天晴\n! driver听说下雨\n! driver听说天晴\n[ 知道\n- 刮风\n> 你好\n!\n", ""},
		"nothing pushed":      {"! 下雨\n", `:1: what was pushed lacks "下雨"`},
		"other news":          {"* 天晴\n! 下雨\n", `:2: what was pushed lacks "下雨"`},
		"needless news":       {"* 天晴\n!\n", ":2: pushed without need"},
		"an unknown line":     {"? 你好\n", ":1: what is this line"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			faults, _ := replay(t, test.script, &parrot{}, false)
			switch {
			case test.fault == "" && len(faults) > 0:
				t.Errorf("faults: %q", faults)
			case test.fault != "" && (len(faults) != 1 || !strings.Contains(faults[0], test.fault)):
				t.Errorf("faults: %q, want %q", faults, test.fault)
			}
		})
	}
}

// A bot that does not answer is a fault, whatever the file demands.
func TestReplayWantsAnAnswer(t *testing.T) {
	if faults, _ := replay(t, "> 你好\n", &parrot{mute: true}, false); len(faults) != 1 {
		t.Errorf("faults: %q", faults)
	}
}

func TestReplayChangesTheWorld(t *testing.T) {
	p := &parrot{}
	replay(t, "* wait 3h\n* restart\n", p, false)
	if got := strings.Join(p.changes, " "); got != "wait 3h restart" {
		t.Errorf("changes: %q", got)
	}
}

// -update writes what came back, and nothing else.
func TestUpdate(t *testing.T) {
	_, after := replay(t, "# 说明\n> 一\\n二\n< 旧的\n- 不许\n= 0\n!\n* 雨 晴\n! 旧\n! 的\n", &parrot{}, true)
	if want := "# 说明\n> 一\\n二\n< driver：一\n< 二\n- 不许\n= 0\n!\n* 雨 晴\n! driver听说雨\n! driver听说晴\n"; after != want {
		t.Errorf("the file became:\n%s", after)
	}
}
