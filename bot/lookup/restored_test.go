package lookup

import (
	"context"
	"testing"
	"time"

	"github.com/weizhangbot/weizhangbot/bot"
)

// What people were waiting for when a backup was made is not paid again after it
// was restored, unless they ask once more; what is kept is shown; checks go on.
func TestRestored(t *testing.T) {
	s := newStory(t, Config{})
	kept := s.wish("a", "苏E11111")
	s.wants(kept, "")
	s.line.set("before")
	out := s.wish("a", "苏E22222")
	s.wants(out, died)
	waiting, due := s.wish("a", "苏E33333"), s.wish("", "苏E44444")
	due.Check = true
	timeless := s.wish("a", "苏E55555")
	timeless.At = time.Time{}

	s.wait(time.Hour)
	s.restart()
	if err := Restored(context.Background(), s.store, s.now()); err != nil {
		t.Fatal(err)
	}
	s.wait(time.Minute)
	before := s.juhe.Meter().Queries
	s.wants(kept, "")
	s.wants(out, bot.Uncertain)
	s.wants(waiting, bot.Uncertain)
	s.wants(waiting, bot.Uncertain)
	s.wantsCalls(before)
	s.wants(s.wish("a", "苏E33333"), "")
	s.wants(due, "")
	s.wants(timeless, "")
	s.wantsCalls(before + 3)
	if day, _ := s.today(); day.Unknown != 1 {
		t.Errorf("the one that was out is unknown: %+v", day)
	}
}
