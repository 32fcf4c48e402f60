package bot_test

import (
	"flag"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/weizhangbot/weizhangbot/bot/bottest"
)

var update = flag.Bool("update", false, "rewrite what the bot says in testdata/dialogs")

// Every conversation of testdata/dialogs, through the whole bot.
func TestDialogs(t *testing.T) {
	replayAll(t, "testdata/dialogs/*.txt", 60)
}

// The same for what goes on over days: checks, pushes, who shares a car with
// whom. Beside the dialogues, as platforms let no push through after two days.
// When a car is checked next is drawn by lot: a line ends before such a date, also
// after -update.
func TestStories(t *testing.T) {
	replayAll(t, "testdata/stories/*.txt", 15)
}

func replayAll(t *testing.T, pattern string, least int) {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) < least {
		t.Fatalf("%d dialogues, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { bottest.Replay(t, file, newLiveWorld(t), *update) })
		})
	}
}
