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
	files, err := filepath.Glob("testdata/dialogs/*.txt")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d dialogues, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { bottest.Replay(t, file, newLiveWorld(t), *update) })
		})
	}
}
