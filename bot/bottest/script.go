// Package bottest replays conversations. A conversation is a text file that is
// a test, a piece of documentation and a demonstration at once:
//
//	# 两项都要，用户先少输一位
//	> 沪C12345
//	< 需要：发动机号后6位、车架号后6位
//	> 12345
//	< 需要6位，您发了5位
//
// A line "> " is what the person sends ("> " alone: an empty message; \n within
// it is a line break). Each line "< " must be contained in the answer to it;
// "- " must not be. "[ " names an option that must be offered, and "= 2" is how
// many paid queries there have been since the file began. "@ name" goes on as
// another person. "* words" changes the world: what is understood there is the
// replayer's World's to say. "#" is a comment.
//
// What reaches the person without a message of theirs is read with "! text": it
// must be contained in what was pushed to them since they wrote, or the world
// changed, last. "!" alone says that nothing was:
//
//   - violation 沪C12345
//   - pass 168h
//     ! 新违章 1 条
//
// "- " and "[ " behind it speak of what was pushed. "{code}" in any line stands
// for the invitation code that was read last.
package bottest

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/weizhangbot/weizhangbot/bot"
)

// A World is where a conversation takes place: an engine, or an adapter with
// its platform.
type World interface {
	// Say sends text as user and returns what came back.
	Say(t testing.TB, user, text string) []bot.Reply
	// Do changes the world by the words of a "*" line.
	Do(t testing.TB, words []string)
	// Paid is how many paid queries there have been.
	Paid() int
	// Pushed is what reached user without a message of theirs since it was last
	// asked for; it waits for what is under way.
	Pushed(t testing.TB, user string) []bot.Reply
}

// Replay plays the file at path in w. With update it rewrites the file's "< "
// lines by what came back.
func Replay(t testing.TB, path string, w World, update bool) {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p := &player{t: t, path: path, w: w, user: "driver", update: update, paid: w.Paid()}
	lines := bufio.NewScanner(bytes.NewReader(src))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		p.line++
		p.play(lines.Text())
	}
	if lines.Err() != nil {
		t.Fatal(lines.Err())
	}
	if update && !bytes.Equal(p.out.Bytes(), src) {
		if err := os.WriteFile(path, p.out.Bytes(), 0o644); err != nil { //nolint:gosec // a source file
			t.Fatal(err)
		}
	}
}

// codeMark stands for an invitation code, which nobody knows before.
const codeMark = "{code}"

var codePattern = regexp.MustCompile(`\b[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}\b`)

// A player is a file under way.
type player struct {
	t      testing.TB
	path   string
	line   int
	w      World
	user   string
	update bool
	paid   int
	code   string // the invitation that was read last
	answer []bot.Reply
	pushed map[string][]bot.Reply // by person, since something happened last
	out    bytes.Buffer
}

func (p *player) play(line string) {
	kind, rest, _ := strings.Cut(line, " ")
	if p.update && kind == "<" {
		return // written anew after its message
	}
	if kind == "!" {
		p.push(line, rest)
		return
	}
	fmt.Fprintln(&p.out, line)
	if p.code != "" {
		rest = strings.ReplaceAll(rest, codeMark, p.code)
	}
	switch kind {
	case "", "#":
	case ">":
		p.pushed = nil
		p.answer = p.w.Say(p.t, p.user, strings.ReplaceAll(rest, `\n`, "\n"))
		if len(p.answer) == 0 {
			p.fail("no answer to %q", rest)
		}
		if code := codePattern.FindString(p.text()); code != "" {
			p.code = code
		}
		p.record()
	case "<":
		if !strings.Contains(p.text(), rest) {
			p.fail("the answer lacks %q:\n%s", rest, p.text())
		}
	case "-":
		if strings.Contains(p.text(), rest) {
			p.fail("the answer must not hold %q:\n%s", rest, p.text())
		}
	case "[":
		if !p.offered(rest) {
			p.fail("%q is not offered: %v", rest, p.answer[len(p.answer)-1].Options)
		}
	case "=":
		if got := fmt.Sprint(p.w.Paid() - p.paid); got != rest {
			p.fail("%s paid queries so far, want %s", got, rest)
		}
	case "@":
		p.user = rest
	case "*":
		p.pushed = nil
		p.w.Do(p.t, strings.Fields(rest))
	default:
		p.fail("what is this line: %q", line)
	}
}

// push compares with what was pushed, which is asked for once after every change.
func (p *player) push(line, want string) {
	p.t.Helper()
	pushed, known := p.pushed[p.user]
	if !known {
		pushed = p.w.Pushed(p.t, p.user)
		if p.pushed == nil {
			p.pushed = map[string][]bot.Reply{}
		}
		p.pushed[p.user] = pushed
	}
	p.answer = pushed
	switch {
	case p.update && known: // written already
	case p.update && len(pushed) > 0:
		p.write("!")
	default:
		fmt.Fprintln(&p.out, line)
	}
	switch {
	case p.update:
	case want == "" && len(pushed) > 0:
		p.fail("pushed without need:\n%s", p.text())
	case !strings.Contains(p.text(), want) || want != "" && len(pushed) == 0:
		p.fail("what was pushed lacks %q:\n%s", want, p.text())
	}
}

func (p *player) fail(format string, args ...any) {
	p.t.Helper()
	p.t.Errorf("%s:%d: %s", p.path, p.line, fmt.Sprintf(format, args...))
}

// text is everything that was answered.
func (p *player) text() string {
	texts := make([]string, len(p.answer))
	for i, r := range p.answer {
		texts[i] = r.Text
	}
	return strings.Join(texts, "\n\n")
}

func (p *player) offered(label string) bool {
	for _, r := range p.answer {
		for _, o := range r.Options {
			if o.Label == label {
				return true
			}
		}
	}
	return false
}

// record writes the answer into the updated file.
func (p *player) record() {
	if p.update {
		p.write("<")
	}
}

// write writes p.answer into the updated file, each line behind a mark.
func (p *player) write(mark string) {
	text := p.text()
	if p.code != "" {
		text = strings.ReplaceAll(text, p.code, codeMark)
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\n"); line != "" {
			fmt.Fprintln(&p.out, mark, line)
		}
	}
}
