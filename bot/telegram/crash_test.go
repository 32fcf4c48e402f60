package telegram

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/weizhangbot/weizhangbot/bot"
	"github.com/weizhangbot/weizhangbot/bot/telegram/telegramtest"
	"github.com/weizhangbot/weizhangbot/storage/boltstore"
)

var crashRounds = flag.Int("crash.rounds", 8, "how often TestCrash kills its child, in each mode")

// What tells this process that it is TestCrash's child.
const (
	crashFile = "TELEGRAM_CRASH_FILE"
	crashAPI  = "TELEGRAM_CRASH_API"
	crashMode = "TELEGRAM_CRASH_MODE"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(crashFile); path != "" {
		fmt.Fprintln(os.Stderr, crashChild(path, os.Getenv(crashAPI), Mode(os.Getenv(crashMode)), os.Stdout))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// crashChild is a bot that repeats what it hears, until it is killed.
func crashChild(path, api string, mode Mode, ready io.Writer) error {
	store, err := boltstore.Open(path, boltstore.Options{})
	if err != nil {
		return err
	}
	hook := httptest.NewUnstartedServer(nil)
	hook.StartTLS()
	a, err := newAdapter(Config{
		Token: testToken, APIBase: api, Mode: mode, WebhookURL: hook.URL, WebhookSecret: "s",
		Bot: &parrot{}, Inbox: bot.NewInbox(store, Channel),
	}, hasty())
	if err != nil {
		return err
	}
	hook.Config.Handler = a
	fmt.Fprintln(ready, "ready")
	return a.Run(context.Background())
}

// Killed at any moment, again and again: every message is answered, and a
// person's messages in their order. What may happen is that an answer comes
// twice: Telegram does not recognise a repeated sendMessage.
func TestCrash(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes for some seconds")
	}
	for _, mode := range []Mode{Polling, Webhook} {
		t.Run(string(mode), func(t *testing.T) {
			tg := telegramtest.New(testToken).SpeedUp(200)
			api := httptest.NewServer(tg)
			t.Cleanup(func() { tg.Close(); api.Close() })
			const people = 5
			path := filepath.Join(t.TempDir(), "inbox.db")
			sent := 0
			for round := range *crashRounds {
				child := startChild(t, path, api.URL, mode)
				for until := time.Now().Add(rand.N(400 * time.Millisecond)); time.Now().Before(until); sent++ {
					tg.Say(int64(1+sent%people), fmt.Sprint(sent))
					time.Sleep(rand.N(2 * time.Millisecond))
				}
				kill(t, child)
				if round%3 == 2 { // what is said while nobody is there
					for range 10 {
						tg.Say(int64(1+sent%people), fmt.Sprint(sent))
						sent++
					}
				}
			}
			child := startChild(t, path, api.URL, mode)
			if !tg.Wait(time.Minute, func() bool { return answered(tg, people) == sent }) {
				t.Errorf("%d messages, %d answered, %d pending", sent, answered(tg, people), tg.Pending())
			}
			kill(t, child)
			twice := checkOrder(t, tg, people)
			t.Logf("%d messages, %d kills: all answered, %d of the answers twice", sent, *crashRounds, twice)
		})
	}
}

func startChild(t *testing.T, path, api string, mode Mode) *exec.Cmd {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), crashFile+"="+path, crashAPI+"="+api, crashMode+"="+string(mode))
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("the child says %q, %v", line, err)
	}
	return c
}

func kill(t *testing.T, c *exec.Cmd) {
	t.Helper()
	if err := c.Process.Kill(); err != nil { // SIGKILL: nothing is told to it
		t.Fatal(err)
	}
	_ = c.Wait()
}

// answered counts the different answers.
func answered(tg *telegramtest.Server, people int64) int {
	n := 0
	for p := range people {
		seen := map[string]bool{}
		for _, m := range tg.Messages(1 + p) {
			seen[m.Text] = true
		}
		n += len(seen)
	}
	return n
}

// checkOrder compares each person's answers, repetitions left out, with the
// order of asking, and counts the repetitions.
func checkOrder(t *testing.T, tg *telegramtest.Server, people int64) (twice int) {
	t.Helper()
	for p := range people {
		last, seen := -1, map[int]bool{}
		for _, m := range tg.Messages(1 + p) {
			var n int
			if _, err := fmt.Sscan(strings.TrimPrefix(m.Text, "答 "), &n); err != nil {
				t.Fatalf("answer %q", m.Text)
			}
			if seen[n] {
				twice++
				continue
			}
			seen[n] = true
			if n < last {
				t.Errorf("person %d: %d is answered after %d", p, n, last)
			}
			last = n
		}
	}
	return twice
}
